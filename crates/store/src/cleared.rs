//! What an owner has ordered to be forgotten of stored answers. They lie in the memory of servers, so that an order is a number which
//! goes up, and whoever keeps answers acts when it has. An app's go with it, as all its settings do.

use crate::{Result, Store, settings};

/// The scope of what holds for all apps.
const ALL: &str = "server";
/// The setting that counts the orders: a number, and behind a space the host that the last one named, if it named one.
const CLEARED: &str = "cache.cleared";

/// The last order of one scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    count: u64,
    host: Option<String>,
}

/// The last orders that concern an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearings {
    /// That for all apps.
    pub everywhere: Cleared,
    /// The app's own.
    pub app: Cleared,
}

/// What is to be forgotten by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<'a> {
    /// Nothing: no order came.
    Nothing,
    /// The answers of this host.
    Host(&'a str),
    /// All answers.
    All,
}

impl Cleared {
    /// What this order asks for of somebody who knew an earlier one. Of several in between only the last one's host is known: then
    /// everything goes.
    #[must_use]
    pub fn since(&self, before: &Self) -> Due<'_> {
        match &self.host {
            _ if self.count == before.count => Due::Nothing,
            Some(host) if Some(self.count) == before.count.checked_add(1) => Due::Host(host),
            Some(_) | None => Due::All,
        }
    }

    /// What cannot be read counts as an order that nobody has seen, once.
    fn of(value: Option<String>) -> Self {
        let Some(value) = value else { return Self::default() };
        let (count, host) = value.split_once(' ').map_or((&*value, None), |(count, host)| (count, Some(host.to_owned())));
        Self { count: count.parse().unwrap_or(u64::MAX), host }
    }
}

impl Store {
    /// The last orders for the app of this id, and for all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn clearings(&self, app: Option<&str>) -> Result<Clearings> {
        self.read(|db| {
            let of = |scope| settings::value(db, scope, CLEARED).map(Cleared::of);
            Ok(Clearings { everywhere: of(ALL)?, app: app.map_or(Ok(Cleared::default()), of)? })
        })
    }

    /// Orders that the stored answers of the app of this id be forgotten, or those of all; those of a host, or of all.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_cache(&self, app: Option<&str>, host: Option<&str>) -> Result<()> {
        let (scope, host) = (app.unwrap_or(ALL).to_owned(), host.map(str::to_owned));
        self.control(move |db| {
            let count = Cleared::of(settings::value(db, &scope, CLEARED)?).count.checked_add(1).unwrap_or(1);
            let value = host.as_ref().map_or_else(|| count.to_string(), |host| format!("{count} {host}"));
            settings::set(db, &scope, CLEARED, &value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_names_a_host_and_several_that_were_not_seen_mean_everything() {
        let order = |value: &str| Cleared::of(Some(value.to_owned()));
        let never = Cleared::default();
        assert_eq!(never.since(&never), Due::Nothing);
        assert_eq!(order("1 a.test").since(&never), Due::Host("a.test"));
        assert_eq!(order("1").since(&never), Due::All);
        assert_eq!(order("2 b.test").since(&order("1 a.test")), Due::Host("b.test"));
        assert_eq!(order("3 b.test").since(&order("1 a.test")), Due::All, "the one between is not known");
        assert_eq!(order("3 b.test").since(&order("3 b.test")), Due::Nothing);
        assert_eq!(never.since(&order("3 b.test")), Due::All, "it was taken back");
        assert_eq!(order("what is this").since(&order("3")), Due::All);
    }
}

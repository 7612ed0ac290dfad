//! Values that somebody set, and what counts of them: narrower downwards, never wider.

use crate::limit::{Fault, Limit, Scope};
use crate::list::find;
use crate::value::Value;
use std::collections::BTreeMap;

/// The limits that one owner set: of the server, of an app, or by a manifest. What is not in it was not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<&'static str, Value>);

/// What counts of a limit, and by whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    /// What counts.
    pub value: Value,
    /// By whose word.
    pub origin: Origin,
}

/// By whose word a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody's.
    Default,
    /// The server's owner's, for all apps.
    Server,
    /// The owner's, for this app.
    App,
    /// The app's own manifest's.
    Manifest,
}

impl Settings {
    /// Reads settings as they are kept: names with values as people write them. A name that is not known is left out, since a newer
    /// version may have set it; a value that cannot be is a fault.
    ///
    /// # Errors
    /// The first fault. A limit that cannot be read must not count as none.
    pub fn read<'a>(scope: Scope, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Fault> {
        let mut settings = Self::default();
        for (name, text) in pairs {
            if let Some(limit) = find(name) {
                limit.has(scope)?;
                settings.set(limit, limit.read(text)?);
            }
        }
        Ok(settings)
    }

    /// Sets a value that was read by the limit.
    pub fn set(&mut self, limit: &'static Limit, value: Value) {
        self.0.insert(limit.name, value);
    }

    /// What a limit was set to.
    #[must_use]
    pub fn get(&self, limit: &Limit) -> Option<Value> {
        self.0.get(limit.name).copied()
    }

    /// The same settings without the limits that a test says no to.
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|name, _| keep(name));
        self
    }
}

/// What counts of a limit for an app: its owner's word before its manifest's, and never more than the server's owner set.
#[must_use]
pub fn effective(limit: &Limit, server: &Settings, manifest: &Settings, app: &Settings) -> Effective {
    let own = app.get(limit).map(|value| Effective { value, origin: Origin::App });
    let own = own.or_else(|| manifest.get(limit).map(|value| Effective { value, origin: Origin::Manifest }));
    match (own, server.get(limit)) {
        (Some(own), Some(bound)) if !own.value.is_within(bound) => Effective { value: own.value.narrower(bound), origin: Origin::Server },
        (Some(own), _) => own,
        (None, Some(value)) => Effective { value, origin: Origin::Server },
        (None, None) => Effective { value: limit.default, origin: Origin::Default },
    }
}

/// Whether an app may be given a value: one that the server's owner did not bound tighter.
///
/// # Errors
/// [`Fault::Wider`], which says the server's value.
pub fn fits(limit: &Limit, value: Value, server: &Settings) -> Result<(), Fault> {
    match server.get(limit) {
        Some(bound) if !value.is_within(bound) => Err(Fault::Wider(format!(
            "{} is {} for all apps of this server; {} for one of them would be wider",
            limit.name,
            limit.write(bound),
            limit.write(value)
        ))),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::invocation::{CALLS, WALL};

    fn of(scope: Scope, name: &str, value: &str) -> Settings {
        Settings::read(scope, [(name, value)]).unwrap()
    }

    #[test]
    fn an_app_narrows_the_server_and_never_widens_it() {
        let (none, server) = (Settings::default(), of(Scope::Server, "invocation.calls", "20"));
        let app = |value: &str| of(Scope::App, "invocation.calls", value);
        let counts = |server: &Settings, manifest: &Settings, app: &Settings| {
            let Effective { value, origin } = effective(&CALLS, server, manifest, app);
            (value.number(), origin)
        };
        assert_eq!(counts(&none, &none, &none), (Some(50), Origin::Default));
        assert_eq!(counts(&server, &none, &none), (Some(20), Origin::Server));
        assert_eq!(counts(&server, &none, &app("5")), (Some(5), Origin::App));
        assert_eq!(counts(&server, &none, &app("200")), (Some(20), Origin::Server));
        assert_eq!(counts(&none, &none, &app("200")), (Some(200), Origin::App));
        assert_eq!(counts(&none, &app("7"), &app("9")), (Some(9), Origin::App));
        assert_eq!(counts(&server, &app("30"), &none), (Some(20), Origin::Server));
        let Err(Fault::Wider(words)) = fits(&CALLS, Value::Is(21), &server) else { panic!("21 fits in 20") };
        assert_eq!(words, "invocation.calls is 20 for all apps of this server; 21 for one of them would be wider");
        assert_eq!(fits(&CALLS, Value::Is(20), &server), Ok(()));
        assert_eq!(fits(&CALLS, Value::Is(1000), &none), Ok(()));
    }

    #[test]
    fn what_is_kept_and_cannot_be_read_is_a_fault_and_what_is_unknown_is_left_out() {
        assert!(matches!(Settings::read(Scope::Server, [("invocation.wall", "soon")]), Err(Fault::Form(_))));
        assert!(matches!(Settings::read(Scope::Server, [("invocation.wall", "1h")]), Err(Fault::Range(_))));
        assert!(matches!(Settings::read(Scope::App, [("outbound.in_flight", "5")]), Err(Fault::Scope(_))));
        let kept = Settings::read(Scope::Server, [("invocation.moon", "full"), ("invocation.wall", "5s")]).unwrap();
        assert_eq!(kept.get(&WALL), Some(Value::Is(5_000)));
        assert_eq!(kept.only(|_| false), Settings::default());
    }
}

//! What an owner can ask for. As JSON it is one object with one key, the command's name.

use crate::Value;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A command. `app` may be left out where exactly one app exists: nothing is ever granted to all of them by accident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// What answers, and what it holds.
    Status {},
    /// Makes an app. Its name is new to the store, and what another app of that name had is gone for good.
    AppCreate {
        /// A label: lower-case letters, digits and hyphens.
        name: String,
        /// The folder of its code, absolute.
        folder: Option<String>,
    },
    /// All apps.
    AppList {},
    /// One app, with its rules and its secrets' names.
    AppShow {
        /// Its name.
        app: Option<String>,
    },
    /// Removes an app with all that it had.
    AppRemove {
        /// Its name; never guessed.
        app: String,
    },
    /// Pauses an app, or lets it go on: no request comes in and no call goes out while it is paused.
    AppPause {
        /// Its name; never guessed.
        app: String,
        /// Whether it is paused from now on.
        on: bool,
    },
    /// Locks the network down, or opens it again.
    Lockdown {
        /// The app's name; absent, all apps, those too that are made later.
        app: Option<String>,
        /// Whether it is locked down from now on.
        on: bool,
    },
    /// Has servers forget answers that they store to be used again.
    CacheClear {
        /// The app's name; absent, all apps.
        app: Option<String>,
        /// The host, as URLs write it; absent, all hosts.
        host: Option<String>,
    },
    /// Adds a rule. One that says the same is there already changes nothing.
    RuleAdd {
        /// The app's name.
        app: Option<String>,
        /// One rule, as a manifest writes it: a table `[[net]]` in TOML.
        rule: String,
    },
    /// Removes rules.
    RuleRemove {
        /// The app's name.
        app: Option<String>,
        /// The id of one rule, or a host as rules write it.
        which: String,
        /// Whether all rules of that host go, where it has several.
        all: bool,
    },
    /// The rules of an app.
    RuleList {
        /// The app's name.
        app: Option<String>,
    },
    /// Sets a secret. An earlier value of that name is gone at once.
    SecretSet {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// Its value.
        value: Value,
        /// Takes a value that is too short to be taken out of what comes back.
        force: bool,
    },
    /// Replaces a secret's value; the earlier one is known for a while yet.
    SecretRotate {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// Its new value.
        value: Value,
        /// For how long the earlier value is still taken out of what comes back, and still verifies.
        grace: Grace,
        /// Takes a value that is too short to be taken out of what comes back.
        force: bool,
    },
    /// Removes a secret with its grants.
    SecretRemove {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
    },
    /// The names of an app's secrets, their versions and grants.
    SecretList {
        /// The app's name.
        app: Option<String>,
    },
    /// Lets a secret go to an origin, in one place.
    SecretGrant {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// A URL; its scheme, host and port count.
        to: String,
        /// `bearer`, `basic`, `header:NAME`, `query:NAME`, `path` or `body`.
        place: String,
        /// Whether plain http may carry it.
        http_ok: bool,
    },
    /// Takes grants back: those of an origin and a place, or of either, or all.
    SecretRevoke {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// A URL; absent, all origins.
        to: Option<String>,
        /// A place; absent, all places.
        place: Option<String>,
    },
    /// Says whether code may have the host compute an HMAC with a secret.
    SecretHmac {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// Whether it may.
        on: bool,
    },
    /// Says whether the first echo of a secret ends its use.
    SecretTrip {
        /// The app's name.
        app: Option<String>,
        /// The secret's name.
        name: String,
        /// Whether it does.
        on: bool,
    },
    /// The limits of the server, or of one app: what counts, and by whose word.
    LimitList {
        /// The app's name; absent, the server's.
        app: Option<String>,
    },
    /// Sets a limit for all apps of the server, or for one.
    LimitSet {
        /// The app's name; absent, all apps. The only app is never guessed.
        app: Option<String>,
        /// The limit's name.
        name: String,
        /// Its value as people write it: `5s`, `64MiB`, `60/min`, `off`.
        value: String,
    },
    /// Takes back what a limit was set to.
    LimitReset {
        /// The app's name; absent, all apps.
        app: Option<String>,
        /// The limit's name.
        name: String,
    },
    /// Writes a consistent copy of the store. The master key is not in it.
    Backup {
        /// Where to, absolute; must not exist.
        file: String,
    },
}

/// A time of grace, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grace(pub u64);

impl From<Grace> for Duration {
    fn from(grace: Grace) -> Self {
        Self::from_secs(grace.0)
    }
}

impl Command {
    /// How long whoever sent it waits for the answer.
    pub(crate) const fn patience(&self) -> Duration {
        // A copy takes as long as the disk takes; all else is one write.
        if matches!(self, Self::Backup { .. }) { Duration::from_secs(3600) } else { Duration::from_secs(60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn a_command_is_one_object_with_its_name() {
        let command = Command::RuleList { app: Some("shop".to_owned()) };
        assert_eq!(serde_json::to_string(&command).unwrap(), r#"{"rule_list":{"app":"shop"}}"#);
        assert_eq!(serde_json::to_string(&Command::Status {}).unwrap(), r#"{"status":{}}"#);
    }

    #[test]
    fn what_a_command_does_not_know_is_refused() {
        for text in [r#"{"rule_list":{"app":"a","all":true}}"#, r#"{"nothing":{}}"#, r#"{"app_list":{},"status":{}}"#, "[]", "{}"] {
            assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_in_no_debug_output() {
        let value = Value::new(Zeroizing::new(b"sk_live_hunter2".to_vec()));
        let command = Command::SecretSet { app: None, name: "A".to_owned(), value, force: false };
        assert!(!format!("{command:?}").contains("hunter2"));
    }
}

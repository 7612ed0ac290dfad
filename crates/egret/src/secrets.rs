//! Secrets by reference: the program hands them over once, and whoever makes requests names them.

use egret_egress::{Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::SecretName;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Finds the value of a secret of a tenant, where there is one.
pub(crate) type Find = Arc<dyn Fn(&str, &SecretName) -> Option<SecretValue> + Send + Sync>;

/// What a client knows of secrets.
#[derive(Default)]
pub(crate) struct Keeper {
    entries: Vec<Entry>,
    /// Tells one value from another without keeping either: another value is another credential.
    versions: RandomState,
}

struct Entry {
    name: SecretName,
    grants: Vec<SecretGrant>,
    source: Source,
}

/// Where a value comes from.
enum Source {
    /// The client's own tenant has it, and nobody else.
    Own(SecretValue),
    /// Whoever the program says.
    Found(Find),
}

impl Keeper {
    pub fn own(&mut self, name: SecretName, value: SecretValue, grants: Vec<SecretGrant>) {
        self.entries.push(Entry { name, grants, source: Source::Own(value) });
    }

    pub fn found(&mut self, name: SecretName, grants: Vec<SecretGrant>, find: Find) {
        self.entries.push(Entry { name, grants, source: Source::Found(find) });
    }

    /// The secrets of a tenant as they stand now.
    pub fn secrets(&self, app: &str, is_own: bool) -> Secrets {
        if self.entries.is_empty() {
            return Secrets::none();
        }
        let secret = |entry: &Entry| {
            let value = match &entry.source {
                Source::Own(value) => is_own.then(|| value.clone()),
                Source::Found(find) => find(app, &entry.name),
            }?;
            let version = self.versions.hash_one(value.expose());
            Some(Secret {
                name: entry.name.clone(),
                version,
                value,
                former: Vec::new(),
                grants: entry.grants.clone(),
                hmac: false,
                trip: false,
            })
        };
        Secrets::new(self.entries.iter().filter_map(secret).collect())
    }
}

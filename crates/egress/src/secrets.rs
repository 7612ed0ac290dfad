//! The secrets of an app as they stand now: what is granted, to whom, and in which place. Guests see none of it.

use egret_policy::{Place, Scheme, SecretName, Target};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// A secret's value. Wiped from memory when the last of its clones goes; never shown.
#[derive(Clone)]
pub struct SecretValue(Arc<Zeroizing<Vec<u8>>>);

impl SecretValue {
    /// Takes over a value. Whoever made the bytes wipes the copies that it keeps.
    #[must_use]
    pub fn new(value: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// The bytes, for the one who puts them on the wire or looks for them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

/// Where a secret may go: an origin, and a place in a request to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    /// The scheme; `Http` only where the owner wrote it for this origin.
    pub scheme: Scheme,
    /// The host, exact and canonical.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The place.
    pub place: Place,
    /// The only rule under which it holds, if it was bound to one: a changed rule is another one.
    pub rule: Option<egret_policy::RuleVersion>,
}

impl SecretGrant {
    /// Whether it is for the origin of a target.
    pub(crate) fn is_for(&self, target: &Target) -> bool {
        self.scheme == target.scheme() && self.port == target.port() && target.host().is(&self.host)
    }
}

/// One secret of an app.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name.
    pub name: SecretName,
    /// Which of its values this is; a rotated secret is another credential (I5).
    pub version: u64,
    /// The value that is put in.
    pub value: SecretValue,
    /// Values that are still to be taken out of what comes back: earlier ones in their time of grace.
    pub former: Vec<SecretValue>,
    /// Where it may go.
    pub grants: Vec<SecretGrant>,
    /// Whether code may have the host compute an HMAC with it.
    pub hmac: bool,
}

impl Secret {
    /// Its value and the former ones.
    fn values(&self) -> Vec<SecretValue> {
        std::iter::once(&self.value).chain(&self.former).cloned().collect()
    }
}

/// The secrets of an app with their changes. Clones are the same secrets; a change counts from the next hop on.
#[derive(Clone, Debug)]
pub struct Secrets(Arc<watch::Sender<Arc<Vec<Secret>>>>);

impl Secrets {
    /// Secrets that begin as these.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(secrets))))
    }

    /// No secrets.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new())
    }

    /// The secrets as they stand.
    #[must_use]
    pub fn current(&self) -> Arc<Vec<Secret>> {
        Arc::clone(&self.0.borrow())
    }

    /// The secrets that are granted to the origin of a target in any place, with all the values that they have or had a moment ago:
    /// what must not come back from there, injected now or not.
    #[expect(dead_code, reason = "what comes back is read for them by the scrubber")]
    pub(crate) fn granted_to(&self, target: &Target) -> Vec<(SecretName, Vec<SecretValue>)> {
        let current = self.current();
        let granted = current.iter().filter(|secret| secret.grants.iter().any(|grant| grant.is_for(target)));
        granted.map(|secret| (secret.name.clone(), secret.values())).collect()
    }

    /// Puts others in their place, whole.
    pub fn replace(&self, secrets: Vec<Secret>) {
        self.0.send_replace(Arc::new(secrets));
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::none()
    }
}

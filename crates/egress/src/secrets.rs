//! The secrets of an app as they stand now: what is granted, to whom, and in which place. Guests see none of it.

use crate::scrub::{Ready, Scrubber};
use egret_policy::{Place, Scheme, SecretName, Target};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// A grant for a host over https on its own port, under any rule that names the secret.
    #[must_use]
    pub fn https(host: impl Into<String>, place: Place) -> Self {
        Self { scheme: Scheme::Https, host: host.into(), port: Scheme::Https.default_port(), place, rule: None }
    }

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
    /// Whether it is put in no more once it came back from where it went, until the secrets are replaced.
    pub trip: bool,
}

impl Secret {
    fn is_granted_to(&self, target: &Target) -> bool {
        self.grants.iter().any(|grant| grant.is_for(target))
    }

    /// Its value and the former ones.
    fn values(&self) -> Vec<SecretValue> {
        std::iter::once(&self.value).chain(&self.former).cloned().collect()
    }
}

/// The secrets of an app with their changes. Clones are the same secrets; a change counts from the next hop on.
#[derive(Clone, Debug)]
pub struct Secrets {
    kept: Arc<Kept>,
    /// What stands for this clone, whatever changes.
    pinned: Option<Arc<Vec<Secret>>>,
    /// Those that are put in nowhere under this clone, and must not be seen in what comes back either.
    beside: Option<Arc<Secrets>>,
}

#[derive(Debug)]
struct Kept {
    standing: watch::Sender<Arc<Vec<Secret>>>,
    /// Names and versions of those that came back and are put in no more.
    tripped: Mutex<Vec<(SecretName, u64)>>,
    ready: Ready,
}

impl Secrets {
    /// Secrets that begin as these.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        let kept = Kept { standing: watch::Sender::new(Arc::new(secrets)), tripped: Mutex::default(), ready: Ready::default() };
        Self { kept: Arc::new(kept), pinned: None, beside: None }
    }

    /// No secrets.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new())
    }

    /// The secrets as they stand.
    #[must_use]
    pub fn current(&self) -> Arc<Vec<Secret>> {
        self.pinned.as_ref().map_or_else(|| Arc::clone(&self.kept.standing.borrow()), Arc::clone)
    }

    /// The same secrets, standing still: what goes into a request is then what is looked for in its response.
    pub(crate) fn pinned(&self) -> Self {
        Self { pinned: Some(self.current()), ..self.clone() }
    }

    /// A hook's own secrets for a request of a caller's, standing still: the guest is who reads the response, so the caller's are
    /// looked for in it, too.
    pub(crate) fn in_place_of(&self, callers: &Self) -> Self {
        Self { beside: Some(Arc::new(callers.pinned())), ..self.pinned() }
    }

    /// The secrets as they stand by now, standing still, for one more try. Those of the try before may come back from it yet.
    pub(crate) fn renewed(&self) -> Self {
        let now = Arc::clone(&self.kept.standing.borrow());
        if self.pinned.as_ref().is_some_and(|pinned| Arc::ptr_eq(pinned, &now)) {
            return self.clone();
        }
        Self { kept: Arc::clone(&self.kept), pinned: Some(now), beside: Some(Arc::new(self.clone())) }
    }

    /// Whether there is nothing to put in and nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.current().is_empty() && self.beside.as_ref().is_none_or(|beside| beside.is_empty())
    }

    /// The secrets that are granted to the origin of a target in any place, with all the values that they have or had a moment ago:
    /// what must not come back from there, injected now or not.
    pub(crate) fn granted_to(&self, target: &Target) -> Vec<(SecretName, Vec<SecretValue>)> {
        let current = self.current();
        let granted = current.iter().filter(|secret| secret.is_granted_to(target));
        let own = granted.map(|secret| (secret.name.clone(), secret.values()));
        own.chain(self.beside.iter().flat_map(|beside| beside.granted_to(target))).collect()
    }

    /// Those secrets by name and version: two answers from which the same was taken out have the same marks.
    pub(crate) fn marks(&self, target: &Target) -> Vec<(SecretName, u64)> {
        let current = self.current();
        let granted = current.iter().filter(|secret| secret.is_granted_to(target));
        let own = granted.map(|secret| (secret.name.clone(), secret.version));
        own.chain(self.beside.iter().flat_map(|beside| beside.marks(target))).collect()
    }

    /// What takes those out of a text; `None` if there are none.
    pub(crate) fn scrubber(&self, target: &Target) -> Option<Arc<Scrubber>> {
        if self.beside.as_ref().is_some_and(|beside| !beside.marks(target).is_empty()) {
            // Two sets at once are rare; no scrubber is kept for them.
            return Some(Arc::new(Scrubber::new(&self.granted_to(target))));
        }
        let current = self.current();
        let granted = current.iter().zip(0..).filter(|(secret, _)| secret.is_granted_to(target));
        let granted: Vec<usize> = granted.map(|(_, number)| number).collect();
        if granted.is_empty() {
            return None;
        }
        Some(self.kept.ready.scrubber(&current, granted, || Scrubber::new(&self.granted_to(target))))
    }

    /// Puts others in their place, whole. Those that had tripped may be put in again.
    pub fn replace(&self, secrets: Vec<Secret>) {
        self.tripped().clear();
        self.kept.standing.send_replace(Arc::new(secrets));
        self.kept.ready.clear();
    }

    /// Those of these secrets that are to trip are put in no more, at once.
    pub(crate) fn trip(&self, names: &[SecretName]) {
        let current = self.current();
        let tripping = current.iter().filter(|secret| secret.trip && names.contains(&secret.name));
        let mut tripped = self.tripped();
        for secret in tripping.map(|secret| (secret.name.clone(), secret.version)) {
            if !tripped.contains(&secret) {
                tripped.push(secret);
            }
        }
        drop(tripped);
        if let Some(beside) = &self.beside {
            beside.trip(names);
        }
    }

    /// Whether this one came back from where it went and is put in no more.
    pub(crate) fn is_tripped(&self, secret: &Secret) -> bool {
        self.tripped().iter().any(|(name, version)| *name == secret.name && *version == secret.version)
    }

    fn tripped(&self) -> std::sync::MutexGuard<'_, Vec<(SecretName, u64)>> {
        self.kept.tripped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::none()
    }
}

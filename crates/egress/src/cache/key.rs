//! Whose answer it is, to what. Everything that a decision depended on is in the key (I5), so that an answer is never another
//! app's, another credential's, or that of a rule which has changed. A secret's value is in none (I6).

use crate::draft::{Caller, Decode, Draft};
use crate::inject::{Credential, Identity};
use bytes::Bytes;
use egret_policy::{Permit, RuleVersion, SecretName, names_a_credential};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The app, the canonical URL with its query, and all else that tells two requests apart but for what `Vary` names.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(super) app: Arc<str>,
    pub(super) url: Arc<str>,
    pub(super) part: Arc<Part>,
}

/// What tells apart the answers to one URL of one app.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Part {
    rule: RuleVersion,
    /// The hook under whose own grants it was fetched, with secrets of its own.
    hook: Option<Arc<str>>,
    credential: Option<Identity>,
    /// The secrets that were looked for in the answer, and which values.
    masked: Vec<(SecretName, u64)>,
    /// SHA-256 over the credentials that the code sends of its own; of nothing where it sends none.
    own: [u8; 32],
    decode: Decode,
    /// What the call adds.
    extra: Option<Arc<str>>,
}

#[cfg(test)]
impl Part {
    /// A part like any other.
    pub fn plain() -> Arc<Self> {
        let rule = RuleVersion::of(&egret_policy::RuleSpec::host("a.test"));
        Arc::new(Self { rule, hook: None, credential: None, masked: Vec::new(), own: [0; 32], decode: Decode::Auto, extra: None })
    }
}

impl Key {
    pub fn of(caller: &Caller, permit: &Permit, credential: Option<&Credential>, draft: &Draft) -> Self {
        let part = Part {
            rule: permit.rule_version(),
            hook: caller.grants.hook(),
            credential: credential.map(|credential| credential.identity().clone()),
            masked: caller.secrets.marks(permit.target()),
            own: own(permit.headers()),
            decode: draft.decode,
            extra: draft.cache.key.clone(),
        };
        Self { app: Arc::clone(&caller.app), url: permit.target().to_url().into(), part: Arc::new(part) }
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        self.url.len() + self.part.extra.as_ref().map_or(0, |extra| extra.len())
    }
}

/// Names and values with their lengths, so that no two lists read the same.
fn own(headers: &HeaderMap) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).filter(|name| names_a_credential(name)).collect();
    names.sort_unstable();
    for name in names {
        for value in headers.get_all(name) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
    }
    digest.finalize().into()
}

/// The value of a field by which an answer is selected (RFC 9111, 4.1): all its lines as one.
pub(super) fn selecting(headers: &HeaderMap, name: &HeaderName) -> Option<Bytes> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let first = values.next()?;
    let mut all = first.to_vec();
    values.for_each(|value| all.extend([b", ", value].concat()));
    Some(all.into())
}

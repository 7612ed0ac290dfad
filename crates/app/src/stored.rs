//! What the store remembers of an app, in the kernel's words.

use egret_admin::{Fault, rule_of};
use egret_egress::{Secret, SecretGrant, SecretValue};
use egret_policy::{Closed, RuleSpec, Scheme};
use egret_store::{Grant, OpenSecret, SecretGrantRow, Standing};
use std::time::SystemTime;

/// The rules that an owner gave an app beside its manifest.
///
/// # Errors
/// `Fault::Store` for one that cannot be read: nothing is left out, for what is left out may be a refusal (I9).
pub fn rules(grants: &[Grant]) -> Result<Vec<RuleSpec>, Fault> {
    grants.iter().map(|grant| rule_of(&grant.rule)).collect()
}

/// Why an app's policy is closed, if it is.
#[must_use]
pub fn closed(standing: Standing) -> Option<Closed> {
    egret_admin::Standing::from(standing).closed()
}

/// An app's secrets for the kernel, as of now. A secret or a grant that cannot be read is left out: what is not granted goes nowhere.
#[must_use]
pub fn secrets(open: Vec<OpenSecret>, now: SystemTime) -> Vec<Secret> {
    open.into_iter().filter_map(|secret| self::secret(secret, now)).collect()
}

fn secret(mut open: OpenSecret, now: SystemTime) -> Option<Secret> {
    let value = |bytes: &mut zeroize::Zeroizing<Vec<u8>>| SecretValue::new(std::mem::take(&mut **bytes));
    Some(Secret {
        name: open.name.parse().ok()?,
        version: open.version,
        value: value(&mut open.value),
        former: open.former.iter_mut().filter(|former| former.until > now).map(|former| value(&mut former.value)).collect(),
        grants: open.grants.iter().filter_map(grant).collect(),
        hmac: open.hmac,
        trip: open.trip,
    })
}

/// A grant that is bound to a rule is left out as well: nothing here knows such a rule by its text.
fn grant(row: &SecretGrantRow) -> Option<SecretGrant> {
    let scheme = match row.scheme.as_str() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return None,
    };
    let place = row.place.parse().ok()?;
    row.rule.is_none().then(|| SecretGrant { scheme, host: row.host.clone(), port: row.port, place, rule: None })
}

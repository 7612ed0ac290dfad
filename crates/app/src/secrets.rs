//! The secrets of an app: their values, where they may go, and the placeholders that its code holds in their place.
//!
//! A value comes from `.env` or from the store, and goes from here to the kernel and nowhere else.

mod looks;

pub use looks::exposed;

use crate::config::Folder;
use aws_lc_rs::rand;
use egret_egress::{Secret, SecretGrant, SecretValue};
use egret_policy::{AuthSpec, Placeholder, PortRange, RuleSpec, RuleVersion, Scheme, SecretName};
use std::collections::BTreeMap;
use std::fmt;

/// Versions of values from `.env` have this bit, so that none is taken for a version of the store's (I5).
const OF_DOTENV: u64 = 1 << 63;
/// The length from which a value can be taken out of answers without taking out what only looks like it.
const SHORT: usize = 12;

/// What an app would have done with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is put into requests to an origin.
    Sent {
        /// The secret and its place.
        auth: AuthSpec,
        /// `https://api.example.com`, with a port that is not the scheme's own.
        origin: String,
    },
    /// Code has the host compute HMACs with it.
    Hmac(SecretName),
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { auth, origin } => write!(f, "the secret {} to {origin} as {}", auth.secret, auth.place),
            Self::Hmac(name) => write!(f, "the secret {name} for HMACs that the code asks for"),
        }
    }
}

/// What a folder's manifest would have done with secrets.
#[must_use]
pub fn uses(folder: &Folder) -> Vec<Use> {
    let sent = rules(folder).flat_map(|(rule, auth)| {
        origins(rule).map(|(scheme, port)| Use::Sent { auth: auth.clone(), origin: origin(scheme, &rule.host, port) })
    });
    let mut uses: Vec<Use> = sent.chain(folder.manifest.secrets.hmac.iter().cloned().map(Use::Hmac)).collect();
    uses.sort_by_key(ToString::to_string);
    uses.dedup();
    uses
}

/// The secrets that the kernel gets, once the owner has said yes to the manifest: `stored` ones, and over them the values of
/// `.env`. What the manifest asks for is granted to the values of `.env` alone; a stored secret goes where its owner granted it by
/// command, so that `egret secret revoke` has the last word. `before` are those that the kernel has now: a value that has not
/// changed keeps its version, and so its connections.
#[must_use]
pub fn compose(folder: &Folder, stored: Vec<Secret>, before: &[Secret]) -> Vec<Secret> {
    let mut all: BTreeMap<SecretName, Secret> = stored.into_iter().map(|secret| (secret.name.clone(), secret)).collect();
    for (name, value) in &folder.secrets {
        let version = version(value, before.iter().find(|secret| secret.name == *name));
        let of_dotenv = || Secret {
            name: name.clone(),
            version,
            value: value.clone(),
            former: Vec::new(),
            grants: Vec::new(),
            hmac: false,
            trip: false,
        };
        let secret = all.entry(name.clone()).or_insert_with(of_dotenv);
        (secret.version, secret.value) = (version, value.clone());
    }
    for (rule, auth) in rules(folder).filter(|(_, auth)| folder.secrets.contains_key(&auth.secret)) {
        if let Some(secret) = all.get_mut(&auth.secret) {
            secret.grants.extend(grants(rule, auth));
        }
    }
    for name in folder.manifest.secrets.hmac.iter().filter(|name| folder.secrets.contains_key(name)) {
        all.entry(name.clone()).and_modify(|secret| secret.hmac = true);
    }
    all.into_values().collect()
}

fn version(value: &SecretValue, before: Option<&Secret>) -> u64 {
    match before.filter(|before| before.version & OF_DOTENV != 0) {
        Some(before) if before.value.expose() == value.expose() => before.version,
        Some(before) => before.version.wrapping_add(1) | OF_DOTENV,
        None => OF_DOTENV,
    }
}

/// The rules that put a secret in.
fn rules(folder: &Folder) -> impl Iterator<Item = (&RuleSpec, &AuthSpec)> {
    let manifest = &folder.manifest;
    manifest.net.iter().chain(&manifest.dev_net).filter_map(|rule| rule.auth.as_ref().map(|auth| (rule, auth)))
}

/// A grant holds for its own rule alone, and for plain http only where the rule says so.
fn grants(rule: &RuleSpec, auth: &AuthSpec) -> impl Iterator<Item = SecretGrant> {
    let version = RuleVersion::of(rule);
    let grant = move |(scheme, port)| SecretGrant { scheme, host: rule.host.clone(), port, place: auth.place.clone(), rule: Some(version) };
    origins(rule).map(grant)
}

fn origins(rule: &RuleSpec) -> impl Iterator<Item = (Scheme, u16)> {
    let schemes: &[_] = if rule.https_only { &[Scheme::Https] } else { &[Scheme::Https, Scheme::Http] };
    schemes.iter().flat_map(|scheme| {
        let own = [PortRange::single(scheme.default_port())];
        let ports = rule.ports.clone().unwrap_or_else(|| own.to_vec());
        ports.into_iter().flat_map(PortRange::ports).map(|port| (*scheme, port))
    })
}

fn origin(scheme: Scheme, host: &str, port: u16) -> String {
    let own = port == scheme.default_port();
    if own { format!("{}://{host}", scheme.as_str()) } else { format!("{}://{host}:{port}", scheme.as_str()) }
}

/// What `env` holds: the plain values, and a new placeholder for each secret that the manifest asks for.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn env(folder: &Folder) -> Result<BTreeMap<String, String>, Unpredictable> {
    let mut env = folder.env.clone();
    for name in folder.manifest.secrets.names() {
        let mut random = [0; 16];
        rand::fill(&mut random).map_err(|_| Unpredictable)?;
        env.insert(name.to_string(), Placeholder::make(name, random));
    }
    Ok(env)
}

/// No randomness can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no randomness can be had from the operating system")]
pub struct Unpredictable;

/// What the owner should know of the secrets: those without a value, short ones, and plain values that look like secrets.
#[must_use]
pub fn warnings(folder: &Folder, secrets: &[Secret]) -> Vec<String> {
    let (asks, app) = (&folder.manifest.secrets, &folder.manifest.name);
    let ungranted = uses(folder).into_iter().filter_map(|used| {
        let Use::Sent { auth, origin } = used else { return None };
        let secret = secrets.iter().find(|secret| secret.name == auth.secret)?;
        let words = || {
            let (name, place) = (&auth.secret, &auth.place);
            format!("the secret {name} is kept and goes nowhere; to let it, run: egret secret grant {name} --app {app} --to {origin} --as {place}")
        };
        secret.grants.is_empty().then(words)
    });
    let value = |name: &SecretName| secrets.iter().find(|secret| secret.name == *name).map(|secret| secret.value.expose());
    let words = |name: &SecretName| match value(name) {
        None => Some(format!(
            "the secret {name} has no value, so what needs it fails with NET_AUTH; write {name}=... in .env, or run: egret secret set {name} --app {app}"
        )),
        Some(value) if value.len() < SHORT => {
            Some(format!("the secret {name} is shorter than {SHORT} bytes, and may not be recognised where it comes back"))
        }
        Some(_) => None,
    };
    asks.names().filter_map(words).chain(ungranted).chain(exposed(&folder.env)).collect()
}

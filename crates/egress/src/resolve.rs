//! The only resolver of the house. It takes a [`Permit`], so no query leaves for a name that was not allowed (I4).
//!
//! Only addresses are asked for (A and AAAA) and only addresses are judged: which names an answer went through decides
//! nothing, so an alias to a forbidden or local name is as good as the addresses at its end. SVCB and HTTPS records are
//! neither asked for nor followed: they would name other hosts, ports and protocols than were decided.

mod answers;
mod lookups;
mod servers;

use crate::config::{BuildError, Config};
use crate::error::{Phase, Reason};
use egret_policy::{Host, Permit, Target};
use futures_util::future::BoxFuture;
use lookups::Lookups;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Where an embedding program takes addresses from in place of DNS: its service registry, for instance.
///
/// It is asked after the name was allowed (I4), and every address that it gives is judged like an answer of DNS (I5).
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a canonical name; an empty list is a name that does not exist. Dropped when the call's time is up.
    ///
    /// # Errors
    /// Words for the log.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, String>>;
}

impl std::fmt::Debug for dyn Resolve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a resolver of the program's own")
    }
}

/// Names to addresses: first the overrides, then the program's own resolver or DNS. Neither the hosts file nor search
/// domains take part.
pub(crate) struct Resolver {
    own: Option<Arc<dyn Resolve>>,
    lookups: Arc<Lookups>,
    overrides: HashMap<String, Vec<IpAddr>>,
    limit: Duration,
}

impl Resolver {
    pub fn build(config: &Config) -> Result<Self, BuildError> {
        let lookups = Lookups::new(servers::resolver(config)?, config.caps, config.dns);
        Ok(Self { own: config.resolver.clone(), lookups: Arc::new(lookups), overrides: overrides(config)?, limit: config.timeouts.dns })
    }

    /// All addresses of a permitted target's host, unjudged.
    pub async fn resolve(&self, permit: &Permit) -> Result<Vec<IpAddr>, Reason> {
        let name = match permit.target().host() {
            Host::V4(address) => return Ok(vec![IpAddr::V4(*address)]),
            Host::V6(address) => return Ok(vec![IpAddr::V6(*address)]),
            Host::Name(name) => name.as_str(),
        };
        if let Some(addresses) = self.overrides.get(name) {
            return Ok(addresses.clone());
        }
        let asking = async {
            match &self.own {
                Some(own) => told(name, own.resolve(name).await),
                None => self.lookups.addresses(name).await.map(|addresses| addresses.to_vec()),
            }
        };
        timeout(self.limit, asking).await.unwrap_or(Err(Reason::Timeout(Phase::Dns)))
    }
}

/// What the program's own resolver came to.
fn told(name: &str, answer: Result<Vec<IpAddr>, String>) -> Result<Vec<IpAddr>, Reason> {
    match answer {
        Ok(addresses) if addresses.is_empty() => Err(Reason::NoSuchName(name.to_owned())),
        Ok(addresses) => Ok(addresses),
        Err(words) => Err(Reason::Resolver(name.to_owned(), words)),
    }
}

/// Overrides are keyed by the canonical name, so that they match what is decided.
fn overrides(config: &Config) -> Result<HashMap<String, Vec<IpAddr>>, BuildError> {
    let canonical = |name: &String| match Target::parse(&format!("https://{name}/")) {
        Ok(target) => Ok(target.host().to_string()),
        Err(denial) => {
            let reason = crate::Error::new(denial.into(), 0, crate::Detail::Full, "");
            Err(BuildError::Host { name: name.clone(), reason: Box::new(reason) })
        }
    };
    config.hosts.iter().map(|(name, addresses)| Ok((canonical(name)?, addresses.clone()))).collect()
}

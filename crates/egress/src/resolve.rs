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
use lookups::Lookups;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Names to addresses: first the overrides, then DNS. Neither the hosts file nor search domains take part.
pub(crate) struct Resolver {
    lookups: Arc<Lookups>,
    overrides: HashMap<String, Vec<IpAddr>>,
    limit: Duration,
}

impl Resolver {
    pub fn build(config: &Config) -> Result<Self, BuildError> {
        let lookups = Lookups::new(servers::resolver(config)?, config.caps, config.dns);
        Ok(Self { lookups: Arc::new(lookups), overrides: overrides(config)?, limit: config.timeouts.dns })
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
        match timeout(self.limit, self.lookups.addresses(name)).await {
            Err(_) => Err(Reason::Timeout(Phase::Dns)),
            Ok(addresses) => Ok(addresses?.to_vec()),
        }
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

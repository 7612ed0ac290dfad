//! The only resolver of the house. It takes a [`Permit`], so no query leaves for a name that was not allowed (I4).

use crate::config::{BuildError, Caps, Config, Nameservers};
use crate::error::{Phase, Reason};
use egret_policy::{Host, Permit, Target};
use hickory_resolver::config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::{Resolver as Hickory, ResolverBuilder};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;

/// Names to addresses: first the overrides, then DNS. Neither the hosts file nor search domains take part.
pub(crate) struct Resolver {
    dns: Hickory<TokioRuntimeProvider>,
    overrides: HashMap<String, Vec<IpAddr>>,
    caps: Caps,
    limit: Duration,
}

impl Resolver {
    pub fn build(config: &Config) -> Result<Self, BuildError> {
        let failed = |error: hickory_resolver::net::NetError| BuildError::Dns(error.to_string());
        let mut builder = builder(&config.nameservers).map_err(failed)?;
        let options = builder.options_mut();
        options.timeout = config.timeouts.dns;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.use_hosts_file = ResolveHosts::Never;
        options.positive_max_ttl = Some(Duration::from_secs(3600));
        options.negative_max_ttl = Some(Duration::from_secs(30));
        let dns = builder.build().map_err(failed)?;
        Ok(Self { dns, overrides: overrides(config)?, caps: config.caps, limit: config.timeouts.dns })
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
        // The dot at the end makes the name absolute: no search domain is tried.
        let lookup = timeout(self.limit, self.dns.lookup_ip(format!("{name}."))).await;
        match lookup {
            Err(_) => Err(Reason::Timeout(Phase::Dns)),
            Ok(Err(error)) if error.is_no_records_found() || error.is_nx_domain() => Err(Reason::NoSuchName(name.to_owned())),
            Ok(Err(error)) => Err(Reason::Resolver(name.to_owned(), error.to_string())),
            Ok(Ok(lookup)) => self.bounded(name, &lookup),
        }
    }

    fn bounded(&self, name: &str, lookup: &LookupIp) -> Result<Vec<IpAddr>, Reason> {
        let addresses: Vec<IpAddr> = lookup.iter().collect();
        let aliases = lookup.as_lookup().answers().iter().filter(|record| record.record_type() == RecordType::CNAME).count();
        if addresses.len() > self.caps.dns_answers || aliases > self.caps.dns_aliases {
            return Err(Reason::Resolver(name.to_owned(), "too many answers or aliases".to_owned()));
        }
        Ok(addresses)
    }
}

fn builder(nameservers: &Nameservers) -> Result<ResolverBuilder<TokioRuntimeProvider>, hickory_resolver::net::NetError> {
    match nameservers {
        Nameservers::System => Hickory::builder_tokio(),
        Nameservers::At(addresses) => {
            let servers = addresses.iter().map(server).collect();
            let config = ResolverConfig::from_name_servers(servers);
            Ok(Hickory::builder_with_config(config, TokioRuntimeProvider::default()))
        }
    }
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    ways.iter_mut().for_each(|way| way.port = address.port());
    NameServerConfig::new(address.ip(), true, ways.to_vec())
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

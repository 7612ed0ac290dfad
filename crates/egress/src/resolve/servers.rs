//! The name servers and how they are asked: UDP and TCP, TLS, or HTTPS, and never one in place of another.

use crate::config::{BuildError, Config, Nameservers, SecureServer};
use crate::tls;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ProtocolConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;

/// The most that a datagram may hold (EDNS): what passes every link unfragmented, because fragments can be forged.
const DATAGRAM: u16 = 1232;

/// The library that speaks DNS, with what it must and must not do. It keeps no answers; `answers.rs` does.
pub(super) fn resolver(config: &Config) -> Result<TokioResolver, BuildError> {
    let mut builder = builder(&config.nameservers)?;
    harden(builder.options_mut(), config);
    builder.with_tls_config(tls(config)?).build().map_err(failed)
}

/// Every option that matters is set here, because `/etc/resolv.conf` may have set it otherwise. Ids and source ports are
/// random without being asked for. DNSSEC is not validated: what is authentic is the certificate, addresses are judged
/// whoever says them, and an owner who wants both takes a validating server over TLS.
fn harden(options: &mut ResolverOpts, config: &Config) {
    // Two tries within the time of all: the second goes to servers that did not fail the first.
    options.timeout = config.timeouts.dns / 2;
    options.attempts = 1;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    // Two servers at once, so that a dead one costs no time.
    options.num_concurrent_reqs = 2;
    // As many as there can be on one connection: two queries a lookup.
    options.max_active_requests = config.dns.lookups.saturating_mul(2).max(1);
    options.edns0 = true;
    options.edns_payload_len = DATAGRAM;
    // The letters' case must come back as it went: what is forged blindly has to guess it too. A mismatch asks by TCP.
    options.case_randomization = true;
    // A datagram that was truncated is asked for again by TCP in any case; one that was lost is sent again.
    options.try_tcp_on_error = false;
}

fn builder(nameservers: &Nameservers) -> Result<ResolverBuilder<TokioRuntimeProvider>, BuildError> {
    let servers = match nameservers {
        Nameservers::System => return TokioResolver::builder_tokio().map_err(failed),
        Nameservers::At(addresses) => addresses.iter().map(plain).collect(),
        Nameservers::Tls(servers) => {
            servers.iter().map(|server| secure(server, |server_name| ProtocolConfig::Tls { server_name })).collect::<Result<_, _>>()?
        }
        Nameservers::Https { servers, path } => {
            let path = checked(path)?;
            let https = |server_name| ProtocolConfig::Https { server_name, path: Arc::clone(&path) };
            servers.iter().map(|server| secure(server, https)).collect::<Result<_, _>>()?
        }
    };
    let config = ResolverConfig::from_name_servers(servers);
    Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
}

fn plain(address: &SocketAddr) -> NameServerConfig {
    let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    ways.iter_mut().for_each(|way| way.port = address.port());
    NameServerConfig::new(address.ip(), true, ways.to_vec())
}

/// The one way to a server is the protected one: there is nothing to fall back to.
fn secure(server: &SecureServer, protocol: impl Fn(Arc<str>) -> ProtocolConfig) -> Result<NameServerConfig, BuildError> {
    let name = &server.name;
    ServerName::try_from(name.as_str()).map_err(|error| BuildError::Nameserver { name: name.clone(), reason: error.to_string() })?;
    let mut way = ConnectionConfig::new(protocol(name.as_str().into()));
    way.port = server.address.port();
    Ok(NameServerConfig::new(server.address.ip(), true, vec![way]))
}

fn checked(path: &str) -> Result<Arc<str>, BuildError> {
    match path.parse::<http::uri::PathAndQuery>() {
        Ok(parsed) if path.starts_with('/') && parsed.query().is_none() => Ok(path.into()),
        Ok(_) => Err(BuildError::Nameserver { name: path.to_owned(), reason: "a path begins with / and has no query".to_owned() }),
        Err(error) => Err(BuildError::Nameserver { name: path.to_owned(), reason: error.to_string() }),
    }
}

/// What name servers must show: a certificate of the authorities that the kernel trusts. No protocol is negotiated for DNS
/// over TLS; the library adds HTTP/2 for HTTPS.
fn tls(config: &Config) -> Result<ClientConfig, BuildError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| BuildError::Dns(error.to_string()))?;
    Ok(builder.with_root_certificates(tls::authorities(config)?).with_no_client_auth())
}

fn failed(error: NetError) -> BuildError {
    BuildError::Dns(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Timeouts;
    use std::time::Duration;

    #[test]
    fn queries_are_hardened_whatever_the_system_says() {
        let timeouts = Timeouts { dns: Duration::from_secs(8), ..Timeouts::default() };
        let mut options = ResolverOpts::default();
        (options.edns0, options.attempts, options.timeout) = (false, 9, Duration::from_secs(90));
        harden(&mut options, &Config { timeouts, ..Config::default() });
        assert_eq!((options.attempts, options.timeout), (1, Duration::from_secs(4)), "all tries fit into the time of all");
        assert!(options.case_randomization && options.edns0 && !options.os_port_selection);
        assert_eq!((options.edns_payload_len, options.cache_size), (1232, 0));
        assert_eq!(options.use_hosts_file, ResolveHosts::Never);
    }

    #[test]
    fn malformed_names_and_paths_of_servers_are_faults_when_building() {
        let server = |name: &str| vec![SecureServer { address: ([192, 0, 2, 53], 853).into(), name: name.to_owned() }];
        assert!(builder(&Nameservers::Tls(server("dns.example"))).is_ok());
        assert!(builder(&Nameservers::Tls(server("192.0.2.53"))).is_ok());
        assert!(matches!(builder(&Nameservers::Tls(server("no name"))), Err(BuildError::Nameserver { .. })));
        for path in ["dns-query", "", "/a b", "/q?dns=1"] {
            let https = Nameservers::Https { servers: server("dns.example"), path: path.to_owned() };
            assert!(matches!(builder(&https), Err(BuildError::Nameserver { .. })), "{path:?}");
        }
    }
}

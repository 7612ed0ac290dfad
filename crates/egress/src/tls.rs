//! TLS to the upstream: rustls, the web's authorities and the configured ones, and the name from the target (I3).

use crate::config::{BuildError, Config, Protocols};
use crate::connection::Protocol;
use crate::error::{Phase, Reason};
use egret_policy::{Host, Target};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The client's side of TLS.
pub(crate) struct Tls {
    both: TlsConnector,
    http1: TlsConnector,
    limit: Duration,
}

impl Tls {
    pub fn build(config: &Config) -> Result<Self, BuildError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for (index, root) in config.roots.iter().enumerate() {
            roots.add(root.clone()).map_err(|reason| BuildError::Root { index, reason })?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // No tickets: one app's session must not be resumed for another.
        client.resumption = rustls::client::Resumption::disabled();
        let offering = |protocols: &[&[u8]]| {
            let mut client = client.clone();
            client.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            TlsConnector::from(Arc::new(client))
        };
        Ok(Self { both: offering(&[b"h2", b"http/1.1"]), http1: offering(&[b"http/1.1"]), limit: config.timeouts.tls })
    }

    /// Makes the handshake, with these protocols on offer; the certificate must be for the target's host.
    pub async fn handshake(&self, target: &Target, protocols: Protocols, stream: TcpStream) -> Result<TlsStream<TcpStream>, Reason> {
        let host = target.host().to_string();
        let name = match target.host() {
            Host::Name(name) => {
                ServerName::try_from(name.as_str().to_owned()).map_err(|error| Reason::Handshake(host.clone(), error.to_string()))?
            }
            Host::V4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
            Host::V6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
        };
        let connector = match protocols {
            Protocols::Both => &self.both,
            Protocols::Http1 => &self.http1,
        };
        match timeout(self.limit, connector.connect(name, stream)).await {
            Err(_) => Err(Reason::Timeout(Phase::Tls)),
            Ok(Err(error)) => Err(reason(host, &error)),
            Ok(Ok(stream)) => Ok(stream),
        }
    }
}

/// What was agreed to. The TLS library refuses what was not offered.
pub(crate) fn negotiated(stream: &TlsStream<TcpStream>) -> Protocol {
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") { Protocol::Http2 } else { Protocol::Http1 }
}

fn reason(host: String, error: &std::io::Error) -> Reason {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::InvalidCertificate(certificate)) = tls {
        return Reason::Certificate(host, certificate.to_string());
    }
    Reason::Handshake(host, tls.map_or_else(|| error.to_string(), ToString::to_string))
}

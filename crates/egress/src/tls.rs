//! TLS to the upstream: known authorities, the name from the target (I3), and what the rule demands beyond that.
//!
//! One rustls configuration is made for each distinct [`TlsSpec`] and kept. Absent on purpose: session resumption (a ticket is
//! a thread between two calls, and may not cross apps, rules or identities; kept connections save the same handshake),
//! early data, key logging, and any switch that turns verification off.

mod fault;
mod identity;
mod read;
mod trust;
mod verify;

pub use fault::TlsFault;
pub use identity::ClientIdentity;
pub(crate) use read::behind;
pub(crate) use trust::load as authorities;

use crate::config::{BuildError, Config};
use crate::error::{Phase, Reason};
use egret_policy::{Host, Target, TlsSpec, TlsVersion};
use identity::Shown;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use verify::Verifier;

/// Configurations that are kept. Beyond that all are dropped and made again: they cost microseconds, and an app that brings
/// ever new ones must not hold memory.
const MAX_CLIENTS: usize = 256;

/// What may be spoken over an encrypted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// The name in ALPN (RFC 7301 and its registry).
    const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

/// The client's side of TLS.
pub(crate) struct Tls {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    identities: BTreeMap<String, ClientIdentity>,
    clients: Mutex<HashMap<TlsSpec, Arc<ClientConfig>>>,
    limit: Duration,
}

impl Tls {
    pub fn build(config: &Config) -> Result<Self, BuildError> {
        Ok(Self {
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            roots: Arc::new(trust::load(config)?),
            identities: config.identities.clone(),
            clients: Mutex::default(),
            limit: config.timeouts.tls,
        })
    }

    /// Makes the handshake as the rule demands; the certificate must be for the target's host. A peer that chooses no protocol
    /// speaks HTTP/1.1, if that was offered; one that was not offered is refused.
    pub async fn handshake<S>(
        &self,
        target: &Target,
        spec: Option<&TlsSpec>,
        offered: &[Protocol],
        stream: S,
    ) -> Result<(TlsStream<S>, Protocol), Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let refuse = |fault| Reason::Tls(target.host().to_string(), fault);
        let name = server_name(target).map_err(refuse)?;
        let client = self.client(spec.unwrap_or(&TlsSpec::default())).map_err(refuse)?;
        let shown = Shown::over(Arc::clone(&client.client_auth_cert_resolver));
        let mut client = ClientConfig::clone(&client);
        client.alpn_protocols = offered.iter().map(|protocol| protocol.alpn().to_vec()).collect();
        client.client_auth_cert_resolver = Arc::clone(&shown) as _;
        match timeout(self.limit, TlsConnector::from(Arc::new(client)).connect(name, stream)).await {
            Err(_) => Err(Reason::Timeout(Phase::Tls)),
            Ok(Err(error)) => Err(refuse(fault(&error, &shown))),
            Ok(Ok(stream)) => match negotiated(stream.get_ref().1.alpn_protocol(), offered) {
                Some(protocol) => Ok((stream, protocol)),
                None => Err(refuse(TlsFault::Protocol)),
            },
        }
    }

    /// The configuration for what a rule demands, made once.
    fn client(&self, spec: &TlsSpec) -> Result<Arc<ClientConfig>, TlsFault> {
        if let Some(client) = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(spec) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.configure(spec)?);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(spec.clone(), Arc::clone(&client));
        Ok(client)
    }

    fn configure(&self, spec: &TlsSpec) -> Result<ClientConfig, TlsFault> {
        let unusable = |error: rustls::Error| TlsFault::Settings(error.to_string());
        let versions: &[_] = match spec.min {
            TlsVersion::V12 => &[&TLS12, &TLS13],
            TlsVersion::V13 => &[&TLS13],
        };
        let verifier = Verifier::build(trust::narrowed(&self.roots, spec)?, spec.pins.clone(), &self.provider)?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(versions)
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut client = match &spec.identity {
            None => builder.with_no_client_auth(),
            Some(name) => match self.identities.get(name) {
                Some(identity) => builder.with_client_cert_resolver(Arc::new(identity.clone())),
                None => return Err(TlsFault::Settings(format!("there is no identity {name:?}"))),
            },
        };
        // rustls resumes under the very same identity only, which is made anew for each handshake; this stores no session at all.
        client.resumption = rustls::client::Resumption::disabled();
        Ok(client)
    }
}

/// The name that is asked for and checked: the target's and no other.
fn server_name(target: &Target) -> Result<ServerName<'static>, TlsFault> {
    match target.host() {
        Host::Name(name) => ServerName::try_from(name.as_str().to_owned()).map_err(|error| TlsFault::Settings(error.to_string())),
        Host::V4(address) => Ok(ServerName::from(std::net::IpAddr::V4(*address))),
        Host::V6(address) => Ok(ServerName::from(std::net::IpAddr::V6(*address))),
    }
}

/// A refusal that came after the server had asked for a certificate, and got none, is about that.
fn fault(error: &io::Error, shown: &Shown) -> TlsFault {
    let fault = read::of_io(error);
    if shown.was_asked_in_vain() && matches!(fault, TlsFault::NoCommonSuite(_) | TlsFault::Alert(_) | TlsFault::ClosedEarly) {
        return TlsFault::ClientCertificate("it asked for one and got none".to_owned());
    }
    fault
}

fn negotiated(chosen: Option<&[u8]>, offered: &[Protocol]) -> Option<Protocol> {
    let wanted = |protocol: &&Protocol| chosen.map_or(**protocol == Protocol::Http1, |chosen| protocol.alpn() == chosen);
    offered.iter().find(wanted).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use egret_policy::Pin;

    #[test]
    fn configurations_are_made_once_for_each_demand_and_bounded() {
        let tls = Tls::build(&Config::default()).unwrap();
        let pinned = |byte| TlsSpec { pins: Some(vec![Pin::new([byte; 32])]), ..TlsSpec::default() };
        let first = tls.client(&pinned(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &tls.client(&pinned(0)).unwrap()));
        assert!(!Arc::ptr_eq(&first, &tls.client(&pinned(1)).unwrap()));
        for number in 0..=MAX_CLIENTS {
            let pin = Pin::new(std::array::from_fn(|index| number.to_be_bytes().get(index).copied().unwrap_or(9)));
            tls.client(&TlsSpec { pins: Some(vec![pin]), ..TlsSpec::default() }).unwrap();
        }
        assert!(tls.clients.lock().unwrap().len() <= MAX_CLIENTS);
    }

    #[test]
    fn no_protocol_is_spoken_that_was_not_offered() {
        use Protocol::{Http1, Http2};
        assert_eq!(negotiated(None, &[Http2, Http1]), Some(Http1));
        assert_eq!(negotiated(Some(b"h2"), &[Http2, Http1]), Some(Http2));
        for (chosen, offered) in [(None, &[Http2][..]), (Some(&b"h2"[..]), &[Http1]), (Some(b"h3"), &[Http2, Http1]), (None, &[])] {
            assert_eq!(negotiated(chosen, offered), None);
        }
    }
}

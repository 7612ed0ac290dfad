//! Who the kernel is towards servers that ask: a certificate and its key, shown under rules that name it and under no other.

use crate::config::BuildError;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A client certificate and its key. Neither `Debug` nor an error ever shows the key.
#[derive(Clone)]
pub struct ClientIdentity(Arc<CertifiedKey>);

impl ClientIdentity {
    /// Takes a chain, the client's own certificate first, and its key.
    ///
    /// # Errors
    /// When the chain is empty, the key cannot be used, or the two do not belong together.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, BuildError> {
        if chain.is_empty() {
            return Err(BuildError::Identity("has no certificate".to_owned()));
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| BuildError::Identity(error.to_string()))?;
        Ok(Self(Arc::new(key)))
    }

    /// The same from PEM texts.
    ///
    /// # Errors
    /// As [`ClientIdentity::new`], and when a text is no PEM.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, BuildError> {
        let unreadable = |what: &str| BuildError::Identity(format!("{what} is no PEM text"));
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| unreadable("its key"))?;
        Self::new(chain.map_err(|_| unreadable("its chain"))?, key)
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientIdentity({} certificates)", self.0.cert.len())
    }
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The identity of one handshake. It remembers whether the server asked for one that there is not: a server of TLS 1.2 says
/// no more than `handshake_failure` then.
#[derive(Debug)]
pub(super) struct Shown {
    identity: Arc<dyn ResolvesClientCert>,
    in_vain: AtomicBool,
}

impl Shown {
    pub fn over(identity: Arc<dyn ResolvesClientCert>) -> Arc<Self> {
        Arc::new(Self { identity, in_vain: AtomicBool::new(false) })
    }

    pub fn was_asked_in_vain(&self) -> bool {
        self.in_vain.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let found = self.identity.resolve(authorities, schemes);
        self.in_vain.store(found.is_none(), Ordering::Relaxed);
        found
    }

    fn has_certs(&self) -> bool {
        self.identity.has_certs()
    }
}

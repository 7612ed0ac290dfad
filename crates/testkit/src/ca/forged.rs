//! Certificates that no honest tool makes any more, and a server that shows whatever it is given.

use super::provider;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;

/// A TLS server that shows `chain` although `key` need not belong to it: for refusals that come before its signature counts.
#[must_use]
pub fn forged_config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let key = provider().key_provider.load_private_key(key).unwrap();
    let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_cert_resolver(Arc::new(Always(Arc::new(CertifiedKey::new(chain, key))))))
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A certificate that was signed with RSA and SHA-256, made to say that it was SHA-1. Its signature is then wrong too; a
/// verifier that looks at the kind first never gets there.
#[must_use]
pub fn with_sha1(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    // 1.2.840.113549.1.1.11, sha256WithRSAEncryption; the 5 in place of its last number is sha1WithRSAEncryption.
    const SHA256: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let mut der = certificate.to_vec();
    let places: Vec<usize> = der.windows(SHA256.len()).enumerate().filter(|(_, bytes)| *bytes == SHA256).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2, "the kind stands inside and outside of what is signed");
    for place in places {
        der[place + SHA256.len() - 1] = 0x05;
    }
    der.into()
}

/// A public RSA key with a modulus of so many bits, to which there is no private key.
pub struct RsaKey(Vec<u8>);

impl RsaKey {
    /// `bits` must be a multiple of 8 from 512 on.
    #[must_use]
    pub fn new(bits: u16) -> Self {
        let length = bits / 8 + 1;
        let [high, low] = length.to_be_bytes();
        let [all_high, all_low] = (length + 4 + 5).to_be_bytes();
        let mut der = vec![0x30, 0x82, all_high, all_low, 0x02, 0x82, high, low, 0x00];
        der.resize(der.len() + usize::from(bits / 8), 0xc5);
        der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
        Self(der)
    }
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

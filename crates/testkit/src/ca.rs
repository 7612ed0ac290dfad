//! A certificate authority that lives as long as a test, and the certificates that it signs, good and bad.
//!
//! What cannot be signed with an honest key is made in `ca/forged.rs`.

mod forged;

pub use forged::{RsaKey, forged_config, with_sha1};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize, date_time_ymd,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An authority with a key of its own. No machine trusts it unless a test says so.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    name: DistinguishedName,
    /// From this authority's certificate up to, and without, the one that signed itself.
    chain: Vec<CertificateDer<'static>>,
}

/// When a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// From 1975 to 4096.
    Current,
    /// Ended with the year 1999.
    Expired,
    /// Begins with the year 4000.
    Future,
}

/// A server's certificate chain and its key.
pub struct Leaf {
    /// The leaf first; the authority itself is not in it.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's private key.
    pub key: PrivateKeyDer<'static>,
    /// The leaf's public key as a SubjectPublicKeyInfo: what a pin is over.
    pub public: Vec<u8>,
}

impl Authority {
    /// Makes an authority that nobody has seen before, with a fresh ECDSA P-256 key.
    #[must_use]
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self::with(key_pair(), |params| params.distinguished_name.push(DnType::CommonName, format!("testkit authority {number}")))
    }

    /// Somebody else's authority that bears the name of this one.
    #[must_use]
    pub fn impostor(&self) -> Self {
        Self::with(key_pair(), |params| params.distinguished_name = self.name.clone())
    }

    /// The same with this key, and with whatever is changed of its certificate.
    #[must_use]
    pub fn with(key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let params = authority("testkit authority", change);
        let name = params.distinguished_name.clone();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap(), name, chain: Vec::new() }
    }

    /// An authority below this one.
    #[must_use]
    pub fn intermediate(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let params = authority(name, change);
        let name = params.distinguished_name.clone();
        let issuer = CertifiedIssuer::signed_by(params, key_pair(), &self.issuer).unwrap();
        let chain = std::iter::once(issuer.der().clone()).chain(self.chain.iter().cloned()).collect();
        Self { issuer, name, chain }
    }

    /// The authority's public key as a SubjectPublicKeyInfo.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.issuer.key().subject_public_key_info()
    }

    /// Its certificate and key as if it were a server's own.
    #[must_use]
    pub fn as_leaf(&self) -> Leaf {
        let key = PrivatePkcs8KeyDer::from(self.issuer.key().serialize_der()).into();
        Leaf { chain: vec![self.certificate_der()], key, public: self.public() }
    }

    /// A certificate for a key whose private half nobody has, signed by this authority. Its extensions are a leaf's, unless they
    /// are changed.
    #[must_use]
    pub fn certify(
        &self,
        names: &[&str],
        key: &impl PublicKeyData,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        leaf_params(names, change).signed_by(key, &self.issuer).unwrap().der().clone()
    }

    /// The authority's own certificate: what a client must be given to trust its leaves.
    #[must_use]
    pub fn certificate_der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// The same as PEM text.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A currently valid leaf for these host names and IP addresses.
    #[must_use]
    pub fn leaf(&self, names: &[&str]) -> Leaf {
        self.leaf_with(names, Validity::Current)
    }

    /// A leaf for these names with the validity asked for. A wrong name is simply another name.
    #[must_use]
    pub fn leaf_with(&self, names: &[&str], validity: Validity) -> Leaf {
        self.leaf_of(names, key_pair(), |params| limit(params, validity))
    }

    /// A leaf with this key, and with whatever is changed of its certificate.
    #[must_use]
    pub fn leaf_of(&self, names: &[&str], key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let chain = std::iter::once(self.certify(names, &key, change)).chain(self.chain.iter().cloned()).collect();
        Leaf { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(), public: key.subject_public_key_info() }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A TLS server that shows `leaf`, asks for no client certificate and offers `http/1.1` by ALPN.
#[must_use]
pub fn server_config(leaf: Leaf) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(leaf.chain, leaf.key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// A TLS client that trusts `authority` and nobody else.
#[must_use]
pub fn client_config(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate_der()).unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The same for clients of `authority` alone: who shows no certificate of it is refused.
#[must_use]
pub fn mutual_config(leaf: Leaf, authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate_der()).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
    Arc::new(config.with_client_cert_verifier(clients).with_single_cert(leaf.chain, leaf.key).unwrap())
}

/// A TLS server that speaks these versions alone.
#[must_use]
pub fn versioned_config(leaf: Leaf, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(leaf.chain, leaf.key).unwrap())
}

/// A certificate that signs itself, marked as a server's.
#[must_use]
pub fn self_signed(names: &[&str]) -> Leaf {
    let key = key_pair();
    let certificate = leaf_params(names, |_| {}).self_signed(&key).unwrap();
    Leaf {
        chain: vec![certificate.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        public: key.subject_public_key_info(),
    }
}

/// An RSA key of 2,048, 4,096 or 8,192 bits that signs with SHA-256. The largest takes minutes to make, so it is one that was
/// made before; nothing trusts it.
#[must_use]
pub fn rsa_key(bits: u16) -> KeyPair {
    let fresh = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap();
    match bits {
        2048 => fresh(RsaKeySize::_2048),
        4096 => fresh(RsaKeySize::_4096),
        8192 => KeyPair::from_pkcs8_pem_and_sign_algo(include_str!("ca/rsa8192.pem"), &PKCS_RSA_SHA256).unwrap(),
        _ => panic!("no key of {bits} bits"),
    }
}

fn authority(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    params
}

fn leaf_params(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    params
}

fn key_pair() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn limit(params: &mut CertificateParams, validity: Validity) {
    match validity {
        Validity::Current => {}
        Validity::Expired => params.not_after = date_time_ymd(2000, 1, 1),
        Validity::Future => params.not_before = date_time_ymd(4000, 1, 1),
    }
}

/// Given by hand so that no test depends on which provider another one installed for the process.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

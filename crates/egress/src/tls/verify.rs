//! Judging a server's certificate: rustls's own verifier first and always, then the rule's pins, and clearer words for refusals.

use super::fault::TlsFault;
use egret_policy::Pin;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use webpki::{EndEntityCert, KeyUsage};

/// The smallest RSA key that authenticates anybody, in bits (CA/Browser Forum, baseline requirements 6.1.5).
const MIN_RSA: usize = 2048;

/// Verifies servers for one rule.
#[derive(Debug)]
pub(super) struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    pins: Option<Vec<Pin>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub fn build(roots: Arc<RootCertStore>, pins: Option<Vec<Pin>>, provider: &Arc<CryptoProvider>) -> Result<Self, TlsFault> {
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(provider))
            .build()
            .map_err(|_| TlsFault::Settings("no authority is trusted".to_owned()))?;
        Ok(Self { inner, roots, pins, algorithms: provider.signature_verification_algorithms })
    }

    /// Whether a key of the verified chain, the authority's included, is one of the rule's.
    fn is_pinned(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        pins: &[Pin],
        now: UnixTime,
    ) -> Result<bool, webpki::Error> {
        let leaf = EndEntityCert::try_from(leaf)?;
        let path = leaf.verify_for_usage(self.algorithms.all, &self.roots.roots, others, now, KeyUsage::server_auth(), None, None)?;
        let is_pin = |key: &[u8]| pins.iter().any(|pin| pin.hash()[..] == Sha256::digest(key)[..]);
        let anchor = sequence(&path.anchor().subject_public_key_info);
        let presented = is_pin(&path.end_entity().subject_public_key_info())
            || path.intermediate_certificates().any(|certificate| is_pin(&certificate.subject_public_key_info()));
        Ok(presented || is_pin(&anchor))
    }

    /// What the verifier found, told apart further where it tells too little.
    fn clearer(&self, error: Error, leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Error {
        let Error::InvalidCertificate(reason) = &error else { return error };
        let signed_by_itself = || EndEntityCert::try_from(leaf).is_ok_and(|leaf| leaf.issuer() == leaf.subject());
        if *reason == CertificateError::BadSignature
            && let Some(bits) = std::iter::once(leaf).chain(others).find_map(weak_key)
        {
            return refusal(TlsFault::WeakKey(bits));
        }
        // Most tools mark what they sign with itself as an authority, which is then no leaf either.
        let lonely = *reason == CertificateError::UnknownIssuer || is_authority(reason) && !self.is_root(leaf);
        if lonely && signed_by_itself() { refusal(TlsFault::SelfSigned) } else { error }
    }

    fn is_root(&self, leaf: &CertificateDer<'_>) -> bool {
        let key = EndEntityCert::try_from(leaf).map(|leaf| leaf.subject_public_key_info());
        key.is_ok_and(|key| self.roots.roots.iter().any(|root| sequence(&root.subject_public_key_info) == key[..]))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(leaf, others, name, ocsp, now).map_err(|error| self.clearer(error, leaf, others))?;
        if let Some(bits) = weak_key(leaf) {
            return Err(refusal(TlsFault::WeakKey(bits)));
        }
        match &self.pins {
            Some(pins) if !self.is_pinned(leaf, others, pins, now).is_ok_and(|pinned| pinned) => Err(refusal(TlsFault::Pin)),
            Some(_) | None => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// A refusal of our own on its way through rustls, unpacked in `read.rs`.
fn refusal(fault: TlsFault) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(fault))))
}

fn is_authority(reason: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(inner)) = reason else { return false };
    matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// The size in bits of an RSA key that is too small; `None` for any other key.
fn weak_key(certificate: &CertificateDer<'_>) -> Option<usize> {
    let key = EndEntityCert::try_from(certificate).ok()?.subject_public_key_info();
    rsa_bits(&key).filter(|bits| *bits < MIN_RSA)
}

/// The size of an RSA key from its SubjectPublicKeyInfo (RFC 5280 4.1, RFC 8017 A.1.1).
fn rsa_bits(info: &[u8]) -> Option<usize> {
    const SEQUENCE: u8 = 0x30;
    const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let (algorithm, bits) = element(SEQUENCE, element(SEQUENCE, info)?.0)?;
    if element(0x06, algorithm)?.0 != RSA_ENCRYPTION {
        return None;
    }
    let key = element(SEQUENCE, element(0x03, bits)?.0.strip_prefix(&[0])?)?.0;
    let modulus = element(0x02, key)?.0;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    Some((modulus.len() - first) * 8 - modulus.get(first)?.leading_zeros() as usize)
}

/// The content of the DER element at the front, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// An anchor's fields are kept without the head of their sequence; a pin is over the whole.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = vec![0x30];
    match significant {
        [short @ 0..=0x7f] => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(content);
    der
}

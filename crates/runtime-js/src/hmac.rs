//! HMACs with secrets that guests do not have: webhooks are signed and verified here, and only the result goes in.
//!
//! A secret is used so only if its owner said that code may: an HMAC of chosen data is no small power over a key that also
//! signs elsewhere.

use crate::outbound::{Hash, Hmac, Rejection};
use aws_lc_rs::hmac::{self, Algorithm, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key};
use bytes::Bytes;
use egret_egress::{Secret, SecretValue, Secrets};
use std::sync::Arc;

/// One sentence for every reason: a guest must not learn which secrets there are.
const UNAVAILABLE: &str = "the secret is missing, or this app may not use it so";

/// The HMAC by the value that counts now.
pub(crate) fn sign(secrets: &Secrets, ask: &Hmac) -> Result<Bytes, Rejection> {
    let all = secrets.current();
    let secret = usable(&all, &ask.secret)?;
    Ok(Bytes::copy_from_slice(hmac::sign(&key(ask.hash, &secret.value), &ask.data).as_ref()))
}

/// Compared in constant time, and with every value that may still be in use.
pub(crate) fn verify(secrets: &Secrets, ask: &Hmac, signature: &[u8]) -> Result<bool, Rejection> {
    let all = secrets.current();
    let secret = usable(&all, &ask.secret)?;
    let is_by = |value: &SecretValue| hmac::verify(&key(ask.hash, value), &ask.data, signature).is_ok();
    let former = secret.former.iter().filter(|value| is_by(value)).count();
    Ok(is_by(&secret.value) | (former > 0))
}

/// An empty value would make HMACs that anybody can make.
fn usable<'a>(secrets: &'a Arc<Vec<Secret>>, name: &str) -> Result<&'a Secret, Rejection> {
    let secret = secrets.iter().find(|secret| secret.name.as_str() == name);
    secret.filter(|secret| secret.hmac && !secret.value.expose().is_empty()).ok_or_else(|| Rejection::new("NET_AUTH", false, UNAVAILABLE))
}

/// The library wipes its copy of the value when the key is dropped.
fn key(hash: Hash, value: &SecretValue) -> Key {
    Key::new(algorithm(hash), value.expose())
}

const fn algorithm(hash: Hash) -> Algorithm {
    match hash {
        Hash::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => HMAC_SHA256,
        Hash::Sha384 => HMAC_SHA384,
        Hash::Sha512 => HMAC_SHA512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, 4.3 (test case 2), and RFC 2202, 3, case 2.
    #[test]
    fn published_test_vectors_hold() {
        let secrets = Secrets::new(vec![secret("JEFE", b"Jefe", &[], true)]);
        let ask = |hash| Hmac { secret: "JEFE".to_owned(), hash, data: Bytes::from_static(b"what do ya want for nothing?") };
        let hex = |hash| sign(&secrets, &ask(hash)).unwrap().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(Hash::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(hex(Hash::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(hex(Hash::Sha384).starts_with("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"));
        assert!(hex(Hash::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"));
    }

    #[test]
    fn a_value_in_its_time_of_grace_still_verifies_and_no_longer_signs() {
        let old = Secrets::new(vec![secret("K", b"first", &[], true)]);
        let new = Secrets::new(vec![secret("K", b"second", &[b"first"], true)]);
        let ask = Hmac { secret: "K".to_owned(), hash: Hash::Sha256, data: Bytes::from_static(b"data") };
        let by_old = sign(&old, &ask).unwrap();
        assert!(verify(&new, &ask, &by_old).unwrap());
        assert!(verify(&new, &ask, &sign(&new, &ask).unwrap()).unwrap());
        assert_ne!(sign(&new, &ask).unwrap(), by_old);
        new.replace(vec![secret("K", b"second", &[], true)]);
        assert!(!verify(&new, &ask, &by_old).unwrap());
        for wrong in [&by_old[..31], &[], &[0; 64]] {
            assert!(!verify(&old, &ask, wrong).unwrap(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_missing_not_granted_or_empty_is_refused_alike() {
        let secrets = Secrets::new(vec![secret("SENT", b"value", &[], false), secret("EMPTY", b"", &[], true)]);
        let refused = |name: &str| {
            let ask = Hmac { secret: name.to_owned(), hash: Hash::Sha256, data: Bytes::new() };
            assert_eq!(sign(&secrets, &ask).unwrap_err(), verify(&secrets, &ask, b"x").unwrap_err());
            sign(&secrets, &ask).unwrap_err()
        };
        let first = refused("SENT");
        assert_eq!((first.code, first.retryable), ("NET_AUTH", false));
        for other in ["EMPTY", "NONE", "", "sent", "\u{0}"] {
            assert_eq!(refused(other), first, "{other:?}");
        }
    }

    fn secret(name: &str, value: &[u8], former: &[&[u8]], hmac: bool) -> Secret {
        let former = former.iter().map(|bytes| SecretValue::new(bytes.to_vec())).collect();
        Secret {
            name: name.parse().unwrap(),
            version: 1,
            value: SecretValue::new(value.to_vec()),
            former,
            grants: Vec::new(),
            hmac,
            trip: false,
        }
    }
}

//! Values at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under the master key, with a random nonce of 24 bytes before what is
//! sealed. What a value is for goes into the additional data, so that a row moved to another secret or version does not open.

use crate::{Key, Result, StoreError};
use aws_lc_rs::rand;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

const NONCE: usize = 24;
const TAG: usize = 16;

/// What the check value of a store holds; it tells whether a master key is the store's.
const CHECK: &[u8] = b"the master key of this store";

/// Whose value it is.
pub struct Label<'a> {
    /// The app's id.
    pub app: &'a str,
    /// The secret's name.
    pub name: &'a str,
}

impl Label<'_> {
    /// Each part after its length: no two labels have the same bytes.
    fn bytes(&self, version: u64) -> Vec<u8> {
        let mut bytes = b"egret secret 1".to_vec();
        for part in [self.app.as_bytes(), self.name.as_bytes(), &version.to_be_bytes()] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

/// Seals a value.
pub fn seal(key: &Key, label: &Label<'_>, version: u64, value: &[u8]) -> Result<Vec<u8>> {
    sealed(key, &label.bytes(version), value)
}

/// Opens what [`seal`] made.
pub fn open(key: &Key, label: &Label<'_>, version: u64, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let damaged = || StoreError::Unsealable { name: label.name.to_owned(), version };
    opened(key, &label.bytes(version), sealed).ok_or_else(damaged)
}

/// A value by which the key is known again.
pub fn check_value(key: &Key) -> Result<Vec<u8>> {
    sealed(key, b"egret check 1", CHECK)
}

/// Whether a check value was made with this key.
pub fn is_check_value(key: &Key, sealed: &[u8]) -> bool {
    opened(key, b"egret check 1", sealed).is_some_and(|check| check.as_slice() == CHECK)
}

fn sealed(key: &Key, label: &[u8], value: &[u8]) -> Result<Vec<u8>> {
    let failed = || StoreError::Database("the system gave no random numbers".to_owned());
    let mut nonce = [0; NONCE];
    rand::fill(&mut nonce).map_err(|_| failed())?;
    // Room for all of it at once: a buffer that grew would leave the value behind where it was.
    let mut body = Zeroizing::new(Vec::with_capacity(value.len() + TAG));
    body.extend_from_slice(value);
    cipher(key).encrypt_in_place(&XNonce::from(nonce), label, &mut *body).map_err(|_| failed())?;
    Ok([nonce.as_slice(), &body].concat())
}

fn opened(key: &Key, label: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_at_checked(NONCE)?;
    let mut body = Zeroizing::new(body.to_vec());
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    cipher(key).decrypt_in_place(&XNonce::from(nonce), label, &mut *body).ok()?;
    Some(body)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_under_its_own_label_only() {
        let key = Key::new([7; 32]);
        let label = Label { app: "a", name: "bc" };
        let sealed = seal(&key, &label, 1, b"the value").unwrap();
        assert_eq!(open(&key, &label, 1, &sealed).unwrap().as_slice(), b"the value");
        for (app, name, version) in [("ab", "c", 1), ("a", "bc", 2), ("b", "bc", 1), ("a", "bd", 1)] {
            assert!(open(&key, &Label { app, name }, version, &sealed).is_err());
        }
        assert!(open(&Key::new([8; 32]), &label, 1, &sealed).is_err());
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let (key, label) = (Key::new([7; 32]), Label { app: "a", name: "b" });
        let sealed = seal(&key, &label, 1, b"v").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &label, 1, &changed).is_err());
            assert!(open(&key, &label, 1, &sealed[..at]).is_err());
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_bytes() {
        let (key, label) = (Key::new([7; 32]), Label { app: "a", name: "b" });
        assert_ne!(seal(&key, &label, 1, b"v").unwrap(), seal(&key, &label, 1, b"v").unwrap());
    }
}

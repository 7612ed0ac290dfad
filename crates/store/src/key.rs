//! The master key: what the secrets of a store are sealed with. It lies beside the store or comes from elsewhere; it is never in it.

mod file;

use crate::{Result, StoreError};
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// The name of the key's file in a data directory.
pub(crate) const FILE: &str = "master.key";

/// A master key of 32 bytes; wiped from memory when it goes, never shown.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key of a data directory: the file `master.key` in it (mode 0600), which is made with a random key at the first use.
    ///
    /// # Errors
    /// When others may read the file, it is a link or no key, or it is missing although the directory has a store.
    pub fn of_data_dir(data_dir: &Path) -> Result<Self> {
        file::read_or_make(data_dir)
    }

    /// A key from bytes as a variable or a credential holds them: 32 bytes as they are, or a text of [`Key::from_text`].
    ///
    /// # Errors
    /// When it is none of these.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if let Ok(bytes) = <[u8; 32]>::try_from(bytes) {
            return Ok(Self::new(bytes));
        }
        Self::from_text(std::str::from_utf8(bytes).map_err(|_| StoreError::BadKey)?)
    }

    /// A key written as 64 hex digits or in base64 (RFC 4648, with or without padding, either alphabet); white space around
    /// it does not matter.
    ///
    /// # Errors
    /// When it is neither.
    pub fn from_text(text: &str) -> Result<Self> {
        use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
        let text = text.trim();
        let bare = text.trim_end_matches('=');
        let bytes = match (text.len(), bare.len()) {
            (64, 64) => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
            (43 | 44, 43) => BASE64_NOPAD.decode(bare.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(bare.as_bytes())),
            _ => return Err(StoreError::BadKey),
        };
        let bytes = Zeroizing::new(bytes.map_err(|_| StoreError::BadKey)?);
        bytes.as_slice().try_into().map(Self::new).map_err(|_| StoreError::BadKey)
    }

    /// The bytes, for the cipher.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_every_form_that_people_write() {
        let bytes: [u8; 32] = std::array::from_fn(|at| 250 - u8::try_from(at).unwrap());
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        let base64 = data_encoding::BASE64.encode(&bytes);
        let url = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        for text in [hex.clone(), hex.to_uppercase(), format!("{hex}\n"), base64.clone(), base64.replace('=', ""), url] {
            assert_eq!(*Key::from_bytes(text.as_bytes()).unwrap().bytes(), bytes, "{text}");
        }
        assert_eq!(*Key::from_bytes(&bytes).unwrap().bytes(), bytes);
    }

    #[test]
    fn what_has_not_32_bytes_is_no_key() {
        for text in ["", "secret", &"0".repeat(63), &"0".repeat(66), &"z".repeat(64), &"*".repeat(43)] {
            assert!(matches!(Key::from_text(text), Err(StoreError::BadKey)), "{text}");
        }
        assert!(matches!(Key::from_bytes(&[255; 33]), Err(StoreError::BadKey)));
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", Key::new([65; 32])), "Key(..)");
    }
}

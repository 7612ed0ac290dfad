//! What a rule says about TLS: whom to trust, which keys, who to be, and how old a version may be. Data only; the kernel acts.
//!
//! Everything here is checked when it is read. What can only be told by whoever holds them stays with the kernel: whether an
//! identity exists, and whether an authority's certificate can be used. Keys never stand in a rule, a rule names an identity.

use super::FieldFault;
use super::spec::{RuleSpec, list, quoted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fmt::{self, Write};
use std::str::FromStr;

/// What a rule asks of TLS beyond what always holds: a chain to a known authority, the host's name, TLS 1.2 or newer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsSpec {
    /// Authorities that are trusted for this rule beside the kernel's own.
    pub roots: Vec<Root>,
    /// Whether `roots` alone are trusted. Default false.
    pub only_roots: bool,
    /// Keys of which the verified chain must have one, beside all that always holds; `None` means any key.
    pub pins: Option<Vec<Pin>>,
    /// The name of the identity (a certificate and its key, held by the kernel) that is shown to a server that asks.
    pub identity: Option<String>,
    /// The oldest version that may be spoken.
    pub min: TlsVersion,
}

impl TlsSpec {
    /// Whether it trusts or shows what a rule without it would not: such a rule is its owner's to allow. Pins and a newer
    /// version only narrow.
    #[must_use]
    pub fn widens(&self) -> bool {
        !self.roots.is_empty() || self.only_roots || self.identity.is_some()
    }

    /// The value of `tls` in a manifest: an inline table.
    pub(super) fn to_toml(&self) -> String {
        let mut fields = Vec::new();
        if !self.roots.is_empty() {
            fields.push(format!("roots = {}", list(&self.roots.iter().map(Root::to_pem).collect::<Vec<_>>())));
        }
        if self.only_roots {
            fields.push("only_roots = true".to_owned());
        }
        if let Some(pins) = &self.pins {
            fields.push(format!("pins = {}", list(&pins.iter().map(ToString::to_string).collect::<Vec<_>>())));
        }
        fields.extend(self.identity.iter().map(|identity| format!("identity = {}", quoted(identity))));
        if self.min != TlsVersion::default() {
            fields.push(format!("min = \"{}\"", self.min));
        }
        if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
    }
}

/// What of a rule's `tls` cannot be meant.
pub(super) fn faults(spec: &RuleSpec) -> Vec<FieldFault> {
    let Some(tls) = &spec.tls else { return Vec::new() };
    let checks = [
        (spec.deny, "tls", "a deny rule makes no connection; remove one of the two"),
        (!spec.deny && !spec.https_only, "tls", "holds for https alone, and the rule allows plain http; remove `https_only = false`"),
        (tls.only_roots && tls.roots.is_empty(), "tls.only_roots", "without `roots` nobody would be trusted; name them or remove it"),
        (tls.pins.as_ref().is_some_and(Vec::is_empty), "tls.pins", "an empty list allows no key; leave it out to allow any"),
        (tls.identity.as_ref().is_some_and(String::is_empty), "tls.identity", "is empty; write the name of an identity"),
    ];
    let found = checks.into_iter().filter(|(wrong, ..)| *wrong);
    found.map(|(_, field, words)| (field.to_owned(), words.to_owned())).collect()
}

/// The certificate of an authority, in DER. That it is one certificate is checked here, that it can be used by the kernel.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Root(Vec<u8>);

impl Root {
    /// Takes a certificate in DER.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self, String> {
        let der = der.into();
        if is_one_sequence(&der) { Ok(Self(der)) } else { Err("is no certificate in DER".to_owned()) }
    }

    /// Reads all certificates of a PEM text (RFC 7468).
    ///
    /// # Errors
    /// What is wrong with it, in words; a text without a certificate is wrong.
    pub fn read_pem(text: &str) -> Result<Vec<Self>, String> {
        let mut roots = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let der = certificate.map_err(|error| format!("is no PEM text: {error}"))?;
            roots.push(Self::from_der(der.as_ref())?);
        }
        if roots.is_empty() { Err("has no `-----BEGIN CERTIFICATE-----`; write a certificate as PEM text".to_owned()) } else { Ok(roots) }
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.0);
        let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\n");
        format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({} bytes)", self.0.len())
    }
}

/// Whether these bytes are one DER sequence with nothing behind it: the outside of every certificate. Lengths of two bytes
/// are enough: certificates of fewer than 128 bytes or more than 64 KiB do not exist.
fn is_one_sequence(der: &[u8]) -> bool {
    let length = match der {
        [0x30, 0x81, length, ..] => usize::from(*length) + 3,
        [0x30, 0x82, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])) + 4,
        _ => return false,
    };
    der.len() == length
}

/// The SHA-256 of a key (the DER of a certificate's SubjectPublicKeyInfo), written `sha256/` and base64 as in RFC 7469.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// A pin from the hash itself.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hash = text.strip_prefix("sha256/").and_then(|text| STANDARD.decode(text).ok()?.try_into().ok());
        hash.map(Self).ok_or_else(|| format!("{text:?} is no pin; write \"sha256/\" and the base64 of 32 bytes"))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256/")?;
        f.write_str(&STANDARD.encode(self.0))
    }
}

/// A version of TLS. Older ones than these are never spoken (RFC 8996).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    #[default]
    V12,
    /// TLS 1.3, RFC 8446.
    V13,
}

impl FromStr for TlsVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1.2" => Ok(Self::V12),
            "1.3" => Ok(Self::V13),
            _ => Err(format!("{text:?} is no version; write \"1.2\" or \"1.3\"")),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1.")?;
        f.write_char(if *self == Self::V12 { '2' } else { '3' })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn fields(change: impl FnOnce(&mut RuleSpec, &mut TlsSpec)) -> Vec<String> {
        let (mut rule, mut tls) = (RuleSpec::host("a.test"), TlsSpec::default());
        change(&mut rule, &mut tls);
        faults(&RuleSpec { tls: Some(tls), ..rule }).into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn pins_are_read_strictly_and_written_back() {
        assert_eq!(PIN.parse::<Pin>().unwrap().to_string(), PIN);
        let short = format!("{}=", &PIN[..PIN.len() - 2]);
        let loose = PIN.replace("8=", "9=");
        for bad in ["", "sha256/", &PIN[7..], &short, &loose, &PIN.replace('=', ""), &PIN.replace("sha256", "sha1"), &format!(" {PIN}")] {
            assert!(bad.parse::<Pin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pem_text_must_have_a_certificate() {
        for bad in ["", "hello", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
            assert!(Root::read_pem(bad).is_err(), "{bad}");
        }
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(Root::read_pem(empty).unwrap_err(), "is no certificate in DER");
    }

    #[test]
    fn settings_of_tls_that_cannot_be_meant_are_faults() {
        assert_eq!(fields(|_, _| {}), [""; 0]);
        assert_eq!(fields(|rule, _| rule.https_only = false), ["tls"]);
        assert_eq!(fields(|rule, _| rule.deny = true), ["tls"]);
        assert_eq!(fields(|_, tls| tls.only_roots = true), ["tls.only_roots"]);
        assert_eq!(fields(|_, tls| tls.pins = Some(vec![])), ["tls.pins"]);
        assert_eq!(fields(|_, tls| tls.identity = Some(String::new())), ["tls.identity"]);
    }

    #[test]
    fn tls_written_as_toml_is_read_as_the_same() {
        let mut der = vec![0x30, 0x81, 200];
        der.resize(203, 7);
        let root = Root::from_der(der).unwrap();
        let tls = TlsSpec {
            roots: vec![root.clone()],
            only_roots: true,
            pins: Some(vec![PIN.parse().unwrap()]),
            identity: Some("a\"b\n".to_owned()),
            min: TlsVersion::V13,
        };
        let rule = RuleSpec { tls: Some(tls), ..RuleSpec::host("a.test") };
        let table: toml::Table = rule.to_toml("net").parse().unwrap();
        let tls = &table["net"][0]["tls"];
        assert_eq!(Root::read_pem(tls["roots"][0].as_str().unwrap()).unwrap(), [root]);
        assert_eq!((tls["only_roots"].as_bool(), tls["pins"][0].as_str()), (Some(true), Some(PIN)));
        assert_eq!((tls["identity"].as_str(), tls["min"].as_str()), (Some("a\"b\n"), Some("1.3")));
    }
}

//! From an error of the TLS library to a fault of ours. What a certificate says of itself is cut and cleaned before it is shown.
#![expect(clippy::wildcard_enum_match_arm, reason = "the library's enums grow; what is new is told in its own words")]

use super::fault::TlsFault;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible, PeerMisbehaved};
use std::io;

/// Names of a certificate that are shown, and characters of each.
const MAX_NAMES: usize = 5;
const MAX_NAME: usize = 100;

/// What an I/O error of a handshake means.
pub(super) fn of_io(error: &io::Error) -> TlsFault {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => of_tls(error),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted => TlsFault::ClosedEarly,
            _ => TlsFault::Handshake(error.to_string()),
        },
    }
}

/// The fault of TLS that an error of the HTTP library stands on, if one does: a server of TLS 1.3 refuses a client
/// certificate only when the client has already begun to speak.
pub(crate) fn behind(error: &(dyn std::error::Error + 'static)) -> Option<TlsFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>().filter(|error| error.get_ref().is_some_and(|inner| inner.is::<Error>())) {
            return Some(of_io(error));
        }
        next = error.source();
    }
    None
}

fn of_tls(error: &Error) -> TlsFault {
    match error {
        Error::InvalidCertificate(reason) => of_certificate(reason),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::Tls12NotOffered,
        )
        | Error::PeerMisbehaved(
            PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported | PeerMisbehaved::SelectedTls12UsingTls13VersionExtension,
        )
        | Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => TlsFault::Version,
        Error::PeerIncompatible(reason) => TlsFault::NoCommonSuite(format!("{reason:?}")),
        Error::PeerMisbehaved(
            reason @ (PeerMisbehaved::SelectedUnofferedCipherSuite
            | PeerMisbehaved::SelectedUnofferedKxGroup
            | PeerMisbehaved::SelectedUnofferedCompression
            | PeerMisbehaved::SelectedUnusableCipherSuiteForVersion
            | PeerMisbehaved::SignedKxWithWrongAlgorithm
            | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme),
        ) => TlsFault::NoCommonSuite(format!("{reason:?}")),
        Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) | Error::NoApplicationProtocol => TlsFault::Protocol,
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => TlsFault::NotTls,
        Error::PeerSentOversizedRecord
        | Error::InvalidMessage(
            InvalidMessage::MessageTooLarge | InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => TlsFault::Oversized,
        other => TlsFault::Handshake(other.to_string()),
    }
}

fn of_certificate(reason: &CertificateError) -> TlsFault {
    let days = |from: u64, to: u64| to.saturating_sub(from) / 86_400;
    match reason {
        CertificateError::ExpiredContext { time, not_after } => TlsFault::Expired(days(not_after.as_secs(), time.as_secs())),
        CertificateError::NotValidYetContext { time, not_before } => TlsFault::NotYetValid(days(time.as_secs(), not_before.as_secs())),
        CertificateError::NotValidForNameContext { presented, .. } => TlsFault::WrongName(names(presented)),
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::BadSignature => TlsFault::BadSignature,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => TlsFault::WeakSignature,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => TlsFault::Purpose,
        CertificateError::Other(OtherError(inner)) => match (inner.downcast_ref::<TlsFault>(), inner.downcast_ref::<webpki::Error>()) {
            (Some(fault), _) => fault.clone(),
            (None, Some(error)) => of_chain(error),
            (None, None) => TlsFault::Certificate(inner.to_string()),
        },
        other => TlsFault::Certificate(other.to_string()),
    }
}

/// Errors for which rustls has no name of its own.
fn of_chain(error: &webpki::Error) -> TlsFault {
    match error {
        webpki::Error::CaUsedAsEndEntity => TlsFault::AuthorityAsLeaf,
        webpki::Error::NameConstraintViolation => TlsFault::NameConstraint,
        webpki::Error::EndEntityUsedAsCa => TlsFault::Chain("a certificate that is no authority has signed another".to_owned()),
        webpki::Error::PathLenConstraintViolated
        | webpki::Error::MaximumPathDepthExceeded
        | webpki::Error::MaximumPathBuildCallsExceeded
        | webpki::Error::MaximumSignatureChecksExceeded
        | webpki::Error::MaximumNameConstraintComparisonsExceeded => {
            TlsFault::Chain("it is longer or more branched than allowed".to_owned())
        }
        other => TlsFault::Certificate(other.to_string()),
    }
}

/// Alerts about a certificate can only be about ours.
fn of_alert(alert: AlertDescription) -> TlsFault {
    match alert {
        AlertDescription::ProtocolVersion => TlsFault::Version,
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => TlsFault::NoCommonSuite(name(alert)),
        AlertDescription::NoApplicationProtocol => TlsFault::Protocol,
        AlertDescription::RecordOverflow => TlsFault::Oversized,
        AlertDescription::CertificateRequired
        | AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => TlsFault::ClientCertificate(name(alert)),
        _ => TlsFault::Alert(name(alert)),
    }
}

/// An alert's name as RFC 8446 writes it, made from the library's: `HandshakeFailure` is `handshake_failure`.
fn name(alert: AlertDescription) -> String {
    if let AlertDescription::Unknown(number) = alert {
        return format!("number {number}");
    }
    let mut out = String::new();
    let mut last = '_';
    for c in format!("{alert:?}").chars() {
        if c.is_ascii_uppercase() && (last.is_ascii_lowercase() || last.is_ascii_digit()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        last = c;
    }
    out
}

/// The first names of a certificate. The library writes them `DnsName("a.test")`; whoever made the certificate chose them.
fn names(presented: &[String]) -> String {
    let clean = |text: &String| {
        let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(text);
        let shown = inner.trim_matches('"').chars().take(MAX_NAME);
        shown.map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect::<String>()
    };
    let shown: Vec<String> = presented.iter().take(MAX_NAMES).map(clean).collect();
    match presented.len().saturating_sub(MAX_NAMES) {
        _ if shown.is_empty() => "no name at all".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_certificate_has_are_cut_and_cleaned() {
        let dns = |name: &str| format!("DnsName(\"{name}\")");
        assert_eq!(names(&[dns("a.test"), "IpAddress(10.0.0.1)".to_owned()]), "a.test, 10.0.0.1");
        assert_eq!(names(&[]), "no name at all");
        assert_eq!(names(&[dns("a\u{1b}[2J\n\"é")]), "a?[2J?\"?");
        assert_eq!(names(&[dns(&"x".repeat(5_000))]).len(), MAX_NAME);
        let many: Vec<String> = (0..1_000).map(|number| dns(&format!("n{number}"))).collect();
        assert_eq!(names(&many), "n0, n1, n2, n3, n4 and 995 more");
    }

    #[test]
    fn alerts_are_named_as_the_standard_names_them() {
        let alerts = [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::InternalError, "internal_error"),
            (AlertDescription::Unknown(200), "number 200"),
        ];
        for (alert, expected) in alerts {
            assert_eq!(name(alert), expected);
        }
    }

    #[test]
    fn an_alert_about_a_certificate_is_about_ours() {
        assert_eq!(of_alert(AlertDescription::CertificateRequired).path(), "egress.tls.client_certificate");
        assert_eq!(of_alert(AlertDescription::UnrecognisedName).path(), "egress.tls.alert");
    }
}

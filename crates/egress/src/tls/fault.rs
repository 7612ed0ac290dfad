//! Why TLS failed: one case for each thing that somebody must do something else about. Words say what was wrong and what to do.

/// Why a TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// The certificate has ended; so many days ago.
    #[error("its certificate ended {0} days ago; whoever runs the host must renew it, or this machine's clock is wrong")]
    Expired(u64),
    /// The certificate begins in the future; in so many days.
    #[error("its certificate is good in {0} days only; whoever runs the host must replace it, or this machine's clock is wrong")]
    NotYetValid(u64),
    /// The certificate is for other names: these.
    #[error("its certificate is for {0}; write one of these names, or let whoever runs the host add yours")]
    WrongName(String),
    /// No trusted authority stands behind it.
    #[error(
        "no trusted authority stands behind its certificate, or the chain to one is not whole; if the authority is yours, name it in the rule's `tls.roots`"
    )]
    UnknownIssuer,
    /// It is signed by itself.
    #[error(
        "its certificate is signed by itself; if it is yours, let an authority of yours sign it and name that in the rule's `tls.roots`"
    )]
    SelfSigned,
    /// A signature in the chain is wrong.
    #[error("a signature in its chain is wrong: this is no chain, or somebody plays a trusted authority")]
    BadSignature,
    /// A signature in the chain is of a kind that is no longer believed, SHA-1 for instance.
    #[error("a signature in its chain is of a kind that is not believed (SHA-1, for instance); whoever runs the host must replace it")]
    WeakSignature,
    /// An RSA key in the chain is too short; it has so many bits.
    #[error("its chain has an RSA key of {0} bits, and 2,048 are the least; whoever runs the host must replace it")]
    WeakKey(usize),
    /// The certificate is for another purpose than being a server.
    #[error("its certificate is not for servers; whoever runs the host must use another")]
    Purpose,
    /// An authority in the chain may not sign for this name.
    #[error("an authority in its chain may not sign for this name; whoever runs the host must use another")]
    NameConstraint,
    /// The certificate is an authority's own.
    #[error("it shows an authority's own certificate as its own; whoever runs the host must let that authority sign another")]
    AuthorityAsLeaf,
    /// A certificate that is no authority has signed another, or the chain is too long.
    #[error("its chain is none: {0}")]
    Chain(String),
    /// The chain is good, but has none of the rule's keys.
    #[error("no key of its chain is among the rule's `tls.pins`; if the host has changed its key on purpose, change the pins")]
    Pin,
    /// The certificate cannot be used for another reason.
    #[error("its certificate cannot be used: {0}")]
    Certificate(String),
    /// The server wants a client certificate, or another one.
    #[error("it refuses without a client certificate that it accepts ({0}); name one in the rule's `tls.identity`")]
    ClientCertificate(String),
    /// The server speaks no version that is allowed.
    #[error("it speaks no version of TLS that is allowed here: 1.2 and newer, or what the rule's `tls.min` says")]
    Version,
    /// No cipher suite or key exchange is common.
    #[error("it offers no cipher suite or key exchange that is believed here ({0})")]
    NoCommonSuite(String),
    /// The server speaks none of the HTTP versions that were offered, or another.
    #[error("it does not speak the version of HTTP that was offered")]
    Protocol,
    /// What answers does not speak TLS.
    #[error("what answers there does not speak TLS; if it is plain http, write http:// and `https_only = false`")]
    NotTls,
    /// A record or message is larger than TLS allows.
    #[error("it sent a record or a chain larger than TLS allows")]
    Oversized,
    /// The server gave up with this alert (RFC 8446 6).
    #[error("it gave up with the alert {0}")]
    Alert(String),
    /// The server closed in the middle.
    #[error("it closed the connection in the middle of the handshake")]
    ClosedEarly,
    /// What the rule demands cannot be done.
    #[error("what the rule demands of TLS cannot be done: {0}")]
    Settings(String),
    /// The handshake failed otherwise.
    #[error("the handshake failed: {0}")]
    Handshake(String),
}

impl TlsFault {
    /// The stable dotted code.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Expired(_) => "egress.tls.expired",
            Self::NotYetValid(_) => "egress.tls.not_yet_valid",
            Self::WrongName(_) => "egress.tls.wrong_name",
            Self::UnknownIssuer => "egress.tls.unknown_issuer",
            Self::SelfSigned => "egress.tls.self_signed",
            Self::BadSignature => "egress.tls.bad_signature",
            Self::WeakSignature => "egress.tls.weak_signature",
            Self::WeakKey(_) => "egress.tls.weak_key",
            Self::Purpose => "egress.tls.purpose",
            Self::NameConstraint => "egress.tls.name_constraint",
            Self::AuthorityAsLeaf => "egress.tls.authority_as_leaf",
            Self::Chain(_) => "egress.tls.chain",
            Self::Pin => "egress.tls.pin",
            Self::Certificate(_) => "egress.tls.certificate",
            Self::ClientCertificate(_) => "egress.tls.client_certificate",
            Self::Version => "egress.tls.version",
            Self::NoCommonSuite(_) => "egress.tls.no_common_suite",
            Self::Protocol => "egress.tls.protocol",
            Self::NotTls => "egress.tls.not_tls",
            Self::Oversized => "egress.tls.oversized",
            Self::Alert(_) => "egress.tls.alert",
            Self::ClosedEarly => "egress.tls.closed_early",
            Self::Settings(_) => "egress.tls.settings",
            Self::Handshake(_) => "egress.tls.handshake",
        }
    }
}

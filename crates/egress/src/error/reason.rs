//! The reasons of the kernel's errors, for the log. Their words name hosts and addresses, never a query or a secret.

use super::{AuthFault, Code, HookFault, Limit, RateScope};
use crate::TlsFault;
use egret_policy::Denial;
use std::sync::Arc;
use std::time::Duration;

/// The phase of a call that a timeout belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Resolving the name.
    Dns,
    /// Connecting.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Waiting for the response's head, when the request's body has gone out.
    FirstByte,
    /// Waiting for more of the response's body, or for the peer to take more of the request's.
    BetweenBytes,
    /// The invocation's deadline.
    Total,
}

impl Phase {
    /// The name that guests see, for example `first_byte`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::BetweenBytes => "between_bytes",
            Self::Total => "total",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Dns => "egress.timeout.dns",
            Self::Connect => "egress.timeout.connect",
            Self::Tls => "egress.timeout.tls",
            Self::FirstByte => "egress.timeout.first_byte",
            Self::BetweenBytes => "egress.timeout.between_bytes",
            Self::Total => "egress.timeout.total",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The policy refused.
    #[error("{}", .0.message())]
    Denied(Denial),
    /// A secret that the request needs is not available to it.
    #[error("{0}")]
    Auth(AuthFault),
    /// A secret goes into the body, and the body is a stream.
    #[error("a secret goes into the body, which is a stream and not looked through")]
    AuthStreamed,
    /// A middleware, by its name, did not do its part.
    #[error("the middleware {0} {1}")]
    Hook(Arc<str>, HookFault),
    /// A phase took too long.
    #[error("the {} timeout passed", .0.as_str())]
    Timeout(Phase),
    /// The name does not exist or has no address.
    #[error("{0} does not resolve")]
    NoSuchName(String),
    /// The resolver failed.
    #[error("resolving {0} failed: {1}")]
    Resolver(String, String),
    /// Every admitted address refused or was unreachable.
    #[error("connecting to {0} failed: {1}")]
    Connect(String, String),
    /// TLS with this host failed.
    #[error("TLS with {0} failed: {1}")]
    Tls(String, TlsFault),
    /// A limit on calls, and when it may have passed if that is known.
    #[error("{0}")]
    Limit(Limit, Option<Duration>),
    /// A rate is used up, and when there is a call again if nobody takes it; `None` for never.
    #[error("the rate of {0} is used up")]
    Rate(RateScope, Option<Duration>),
    /// The origin failed too often, and is left alone for so long.
    #[error("{0} failed too often and is left alone for a while")]
    Breaker(String, Duration),
    /// The request's body is over its cap.
    #[error("the request's body is over {0} bytes")]
    RequestSize(usize),
    /// The request's body, a stream, failed before its end: the caller's own doing.
    #[error("the request's body failed: {0}")]
    RequestBody(&'static str),
    /// The response's head is over its caps.
    #[error("the response's head is over {0} bytes or {1} fields")]
    HeadSize(usize, usize),
    /// The response's body is over a cap.
    #[error("the response's body is over {0} bytes")]
    BodySize(u64),
    /// The response's body comes in too many pieces for its size.
    #[error("the response's body comes in over {0} pieces of less than 32 bytes")]
    Pieces(u64),
    /// The response's body, decoded, is over a cap.
    #[error("the response's body is over {0} bytes when it is decoded")]
    DecodedSize(u64),
    /// The response's body decodes to more than this many times what came.
    #[error("the response's body decodes to over {0} times its size")]
    Ratio(u64),
    /// The peer closed before the message was whole.
    #[error("{0} closed the connection before the response was whole")]
    ClosedEarly(String),
    /// The peer sent what is no HTTP/1.1 response.
    #[error("{0} sent no valid HTTP response: {1}")]
    Malformed(String, String),
    /// The peer sent more informational responses than it may.
    #[error("{0} sent over {1} informational responses")]
    Informational(String, u32),
    /// The body is not what its `Content-Encoding` says.
    #[error("{0} sent a body that cannot be decoded: {1}")]
    Coding(String, String),
    /// The body has more than one content coding.
    #[error("{0} sent a body under {1} content codings")]
    CodingLayers(String, usize),
    /// The body had to be decoded and has a coding that is not known, or cannot be taken off a part.
    #[error("{0} sent a body under a content coding that was not asked for")]
    CodingUnknown(String),
    /// The peer did not agree to a WebSocket, or not to the one that was asked for.
    #[error("{0} refused the WebSocket handshake: {1}")]
    Upgrade(String, String),
    /// The peer broke the WebSocket protocol.
    #[error("{0} broke the WebSocket protocol: {1}")]
    WebSocket(String, &'static str),
    /// A WebSocket message is over its cap.
    #[error("a WebSocket message or frame is over {0} bytes")]
    MessageSize(usize),
    /// The WebSocket was closed before.
    #[error("the WebSocket is closed")]
    Closed,
    /// A close code or its words are none that a caller may send.
    #[error("the WebSocket cannot be closed so: {0}")]
    CloseCode(&'static str),
}

impl Reason {
    /// The guest's class.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(_) | Self::Hook(..) => Code::Blocked,
            Self::Auth(_) | Self::AuthStreamed => Code::Auth,
            Self::Timeout(_) => Code::Timeout,
            Self::Limit(..) => Code::Limit,
            Self::Rate(..) | Self::Breaker(..) => Code::Rate,
            Self::NoSuchName(_) | Self::Resolver(..) => Code::Dns,
            Self::Connect(..) => Code::Connect,
            Self::Tls(..) => Code::Tls,
            Self::RequestSize(_) | Self::HeadSize(..) | Self::BodySize(_) | Self::MessageSize(_) => Code::Size,
            Self::Pieces(_) | Self::DecodedSize(_) | Self::Ratio(_) => Code::Size,
            Self::RequestBody(_) => Code::Body,
            Self::ClosedEarly(_) | Self::Malformed(..) | Self::Informational(..) => Code::Protocol,
            Self::Coding(..) | Self::CodingLayers(..) | Self::CodingUnknown(_) => Code::Protocol,
            Self::Upgrade(..) | Self::WebSocket(..) | Self::Closed | Self::CloseCode(_) => Code::Protocol,
        }
    }

    /// The stable dotted code.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.code().as_str(),
            Self::Auth(_) => "egress.auth.unavailable",
            Self::AuthStreamed => "egress.auth.streamed",
            Self::Hook(_, fault) => fault.path(),
            Self::Timeout(phase) => phase.path(),
            Self::Limit(limit, _) => limit.path(),
            Self::Rate(scope, _) => scope.path(),
            Self::Breaker(..) => "egress.breaker.open",
            Self::NoSuchName(_) => "egress.dns.no_such_name",
            Self::Resolver(..) => "egress.dns.failed",
            Self::Connect(..) => "egress.connect.failed",
            Self::Tls(_, fault) => fault.path(),
            Self::RequestSize(_) => "egress.size.request_body",
            Self::RequestBody(_) => "egress.body.broken",
            Self::HeadSize(..) => "egress.size.response_head",
            Self::BodySize(_) => "egress.size.response_body",
            Self::Pieces(_) => "egress.size.pieces",
            Self::DecodedSize(_) => "egress.size.decoded",
            Self::Ratio(_) => "egress.size.ratio",
            Self::ClosedEarly(_) => "egress.protocol.closed_early",
            Self::Malformed(..) => "egress.protocol.malformed",
            Self::Informational(..) => "egress.protocol.informational",
            Self::Coding(..) => "egress.protocol.coding",
            Self::CodingLayers(..) => "egress.protocol.coding_layers",
            Self::CodingUnknown(_) => "egress.protocol.coding_unknown",
            Self::Upgrade(..) => "egress.websocket.handshake",
            Self::WebSocket(..) => "egress.websocket.protocol",
            Self::MessageSize(_) => "egress.size.websocket_message",
            Self::Closed => "egress.websocket.closed",
            Self::CloseCode(_) => "egress.websocket.close_code",
        }
    }

    /// The refusal, if it was one.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            Self::Auth(_) | Self::AuthStreamed | Self::Hook(..) | Self::Limit(..) | Self::Rate(..) | Self::Breaker(..) => None,
            Self::Timeout(_) | Self::NoSuchName(_) | Self::Resolver(..) | Self::Connect(..) | Self::Tls(..) => None,
            Self::RequestSize(_) | Self::HeadSize(..) | Self::BodySize(_) => None,
            Self::Pieces(_) | Self::DecodedSize(_) | Self::Ratio(_) | Self::RequestBody(_) => None,
            Self::ClosedEarly(_) | Self::Malformed(..) | Self::Informational(..) => None,
            Self::Coding(..) | Self::CodingLayers(..) | Self::CodingUnknown(_) => None,
            Self::Upgrade(..) | Self::WebSocket(..) | Self::MessageSize(_) | Self::Closed | Self::CloseCode(_) => None,
        }
    }
}

impl Reason {
    /// Whether the law said no, and not the network or a limit.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Auth(_) | Self::AuthStreamed)
    }

    /// Whether the same request may get through a moment later: what failed is the way, not the message.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Timeout(Phase::Dns | Phase::Connect | Phase::Tls | Phase::FirstByte)
                | Self::Resolver(..)
                | Self::Connect(..)
                | Self::ClosedEarly(_)
        )
    }

    /// Whether it says that the origin does not work: it could not be reached, or gave no valid head in time.
    pub(crate) const fn is_of_the_connection(&self) -> bool {
        let late = matches!(self, Self::Timeout(Phase::Connect | Phase::Tls | Phase::FirstByte | Phase::Total));
        late || matches!(self, Self::Connect(..) | Self::Tls(..) | Self::ClosedEarly(_) | Self::Malformed(..) | Self::Informational(..))
    }
}

impl From<AuthFault> for Reason {
    fn from(fault: AuthFault) -> Self {
        Self::Auth(fault)
    }
}

impl From<Denial> for Reason {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

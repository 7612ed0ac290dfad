//! What ends a WebSocket before its time, and what the peer is told of it (RFC 6455, 7.4.1).

use crate::error::{Phase, Reason};

/// Why a socket cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The peer broke the protocol.
    Protocol(&'static str),
    /// A text is no UTF-8.
    NotUtf8,
    /// A message or a frame is over its cap, in bytes.
    MessageSize(usize),
    /// All messages together are over their cap, in bytes.
    Total(u64),
    /// The peer is gone without a word.
    Gone,
    /// Anything that may end a call of any kind.
    Reason(Reason),
}

impl Fault {
    /// The close code for the peer; `None` where nobody listens any more.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            Self::Protocol(_) => Some(1002),
            Self::NotUtf8 => Some(1007),
            Self::Reason(Reason::Denied(_)) => Some(1008),
            Self::MessageSize(_) | Self::Total(_) => Some(1009),
            Self::Reason(Reason::Timeout(Phase::Total)) => Some(1001),
            Self::Gone | Self::Reason(_) => None,
        }
    }

    /// The same for the log and the guest.
    pub fn into_reason(self, host: String) -> Reason {
        match self {
            Self::Protocol(words) => Reason::WebSocket(host, words),
            Self::NotUtf8 => Reason::WebSocket(host, "a text that is no UTF-8"),
            Self::MessageSize(cap) => Reason::MessageSize(cap),
            Self::Total(cap) => Reason::BodySize(cap),
            Self::Gone => Reason::ClosedEarly(host),
            Self::Reason(reason) => reason,
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

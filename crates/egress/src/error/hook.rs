//! What became of a middleware that a call depended on. Its own words are the log's.

/// Why a middleware did not do its part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookFault {
    /// It failed, in its own words.
    #[error("failed: {0}")]
    Failed(String),
    /// It panicked.
    #[error("panicked")]
    Panicked,
    /// It neither handed the request on nor answered.
    #[error("gave no response and asked for none")]
    Silent,
    /// A rule names it, and nobody registered it.
    #[error("is not known here")]
    Unknown,
    /// Hooks stand around the request, and it came past them: as a WebSocket, or because the rules changed in that moment.
    #[error("was not run: the request came past it")]
    NotRun,
}

impl HookFault {
    pub(super) const fn path(&self) -> &'static str {
        match self {
            Self::Failed(_) => "egress.hook.failed",
            Self::Panicked => "egress.hook.panicked",
            Self::Silent => "egress.hook.no_response",
            Self::Unknown => "egress.hook.unknown",
            Self::NotRun => "egress.hook.not_run",
        }
    }
}

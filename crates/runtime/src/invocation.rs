//! One run of a function: what it is given and what it gives back. Bodies are whole; streams come with the web surface.

use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// The id of one invocation: a ULID in its 26-character form. It is the request id that people see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvocationId(Arc<str>);

impl InvocationId {
    /// Wraps an id that the door made.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One run of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its id, which is also the request id in answers and logs.
    pub id: InvocationId,
    /// Which function: the file's path inside the app's function folder, for example `users/get.[id].js`.
    pub function: Arc<str>,
    /// The inbound request with an absolute URI and its whole body.
    pub request: http::Request<Bytes>,
    /// What the route's parameters matched, decoded, in the order of the path.
    pub params: Vec<(String, String)>,
    /// When the whole invocation must have ended (I7): every call, hop and wait spends from it.
    pub deadline: Instant,
}

/// What a function answers, whole.
pub type Answer = http::Response<Bytes>;

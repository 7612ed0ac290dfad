//! How much a WebSocket may carry, and how fast.

use std::time::Duration;

/// Bounds of one WebSocket. What it carries in all is bounded by [`crate::Caps::request_body`] and
/// [`crate::Caps::response_body`], a pause by [`crate::Timeouts::between_bytes`], its life by the caller's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketCaps {
    /// Bytes of a message, in either direction. Default 1 MiB: a message is held whole.
    pub message: usize,
    /// Bytes of one incoming frame. Default 1 MiB, as for a message: most peers send a message in one frame.
    pub frame: usize,
    /// Messages a second, each way. Default 1,000. An incoming piece of a message of less than 1 KiB and a control frame count as
    /// a message. Over it the kernel stops reading, and sending waits: a burst of an honest peer is then late and not lost, and a
    /// flood costs the sender its own buffers.
    pub rate: u32,
    /// Messages that may come at once after a pause. Default 1,000: one second's worth.
    pub burst: u32,
    /// How often the peer is asked whether it is there. Default 15 s: twice within the pause that is allowed, and under the
    /// minute after which middle boxes forget a connection.
    pub ping: Duration,
}

impl Default for WebSocketCaps {
    fn default() -> Self {
        Self { message: 1 << 20, frame: 1 << 20, rate: 1_000, burst: 1_000, ping: Duration::from_secs(15) }
    }
}

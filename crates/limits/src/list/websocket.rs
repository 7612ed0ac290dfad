//! What one WebSocket may carry.

use super::{KIB, Limit, MIB, SERVER, Unit, Value};

/// A message.
pub static MESSAGE: Limit = Limit {
    name: "websocket.message",
    about: "Bytes of a message, in either direction.",
    reason: "A message is held whole.",
    default: Value::Is(MIB),
    least: KIB,
    most: 100 * MIB,
    unit: Unit::Size,
    code: "egress.size.websocket_message",
    held_by: &["a_message_over_its_cap_is_refused_before_it_is_read"],
    ..SERVER
};
/// A frame.
pub static FRAME: Limit = Limit {
    name: "websocket.frame",
    about: "Bytes of one incoming frame.",
    reason: "As for a message: most peers send a message in one frame.",
    default: Value::Is(MIB),
    least: KIB,
    most: 100 * MIB,
    unit: Unit::Size,
    code: "egress.size.websocket_message",
    held_by: &["a_message_over_its_cap_is_refused_before_it_is_read"],
    ..SERVER
};
/// How often messages come.
pub static RATE: Limit = Limit {
    name: "websocket.rate",
    about: "Messages a second each way; over it the kernel reads no faster, and sending waits.",
    reason: "A burst of an honest peer is late and not lost, and a flood costs the sender its own buffers.",
    default: Value::Is(1_000),
    least: 1,
    most: 1_000_000,
    held_by: &["floods_of_pieces_and_pings_are_read_at_the_rate_and_no_faster"],
    ..SERVER
};

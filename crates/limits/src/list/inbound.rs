//! What clients can make the process hold.

use super::{KIB, Limit, MIB, SECOND, SERVER, Unit, Value};

/// A wait for a client.
const PATIENCE: Limit = Limit { least: 1, most: 900 * SECOND, unit: Unit::Time, ..SERVER };

/// A request's body.
pub static BODY: Limit = Limit {
    name: "inbound.body",
    about: "Bytes of a request's body.",
    reason: "A photograph, not a film.",
    default: Value::Is(10 * MIB),
    least: 0,
    most: 1024 * MIB,
    unit: Unit::Size,
    code: "gateway.body_too_large",
    held_by: &["a_body_over_the_cap_is_refused_by_its_announced_length", "a_body_over_the_cap_is_refused_while_it_comes"],
    ..SERVER
};
/// Bodies of all requests.
pub static BODIES: Limit = Limit {
    name: "inbound.bodies",
    about: "Bytes of requests' bodies held at once, over all connections.",
    reason: "Fifty of the longest, thousands of common ones, and no machine of today runs out of memory.",
    default: Value::Is(512 * MIB),
    least: MIB,
    most: 65_536 * MIB,
    unit: Unit::Size,
    code: "gateway.overloaded",
    held_by: &["bodies_of_all_connections_together_are_bounded"],
    ..SERVER
};
/// A request's head.
pub static HEAD: Limit = Limit {
    name: "inbound.head",
    about: "Bytes of a request's head, request line included.",
    reason: "Cookies and long tokens fit, as they do in common servers.",
    default: Value::Is(64 * KIB),
    least: 4 * KIB,
    most: MIB,
    unit: Unit::Size,
    code: "gateway.head_too_large",
    held_by: &["a_head_that_is_too_long_or_has_too_many_fields_is_refused"],
    ..SERVER
};
/// Fields of a request's head.
pub static FIELDS: Limit = Limit {
    name: "inbound.fields",
    about: "Header fields of a request.",
    reason: "Browsers send twenty.",
    default: Value::Is(100),
    least: 1,
    most: 1_000,
    code: "gateway.head_too_large",
    held_by: &["a_head_that_is_too_long_or_has_too_many_fields_is_refused"],
    ..SERVER
};
/// The wait for a head.
pub static HEAD_TIME: Limit = Limit {
    name: "inbound.head_time",
    about: "Time for a head to arrive, and so how long a connection may idle.",
    reason: "An honest client sends its head at once.",
    default: Value::Is(10 * SECOND),
    held_by: &["a_connection_that_idles_is_closed_without_a_word", "a_head_that_does_not_end_is_answered_408_and_closed"],
    ..PATIENCE
};
/// The wait for a body.
pub static BODY_TIME: Limit = Limit {
    name: "inbound.body_time",
    about: "Time for a body to arrive.",
    reason: "10 MiB over a slow mobile line.",
    default: Value::Is(60 * SECOND),
    code: "gateway.body_timeout",
    held_by: &["a_body_that_does_not_come_is_answered_408_and_closed"],
    ..PATIENCE
};
/// The wait for a client that takes nothing.
pub static WRITE_TIME: Limit = Limit {
    name: "inbound.write_time",
    about: "Time that a client may refuse to take a byte of its answer.",
    reason: "Lines that break for a moment come back within it.",
    default: Value::Is(30 * SECOND),
    held_by: &["a_client_that_takes_nothing_of_its_answer_is_dropped"],
    ..PATIENCE
};
/// Connections at once.
pub static CONNECTIONS: Limit = Limit {
    name: "inbound.connections",
    about: "Connections of clients at once; more wait in the system's queue.",
    reason: "Below common limits of descriptors.",
    default: Value::Is(10_000),
    least: 1,
    most: 1_000_000,
    held_by: &["connections_over_the_number_allowed_wait_for_their_turn"],
    ..SERVER
};
/// Requests at once.
pub static IN_FLIGHT: Limit = Limit {
    name: "inbound.in_flight",
    about: "Requests in work at once.",
    reason: "More than invocations at once: refusing is done here, waiting there.",
    default: Value::Is(12_000),
    least: 1,
    most: 1_000_000,
    code: "gateway.overloaded",
    held_by: &["requests_over_the_number_in_work_are_told_to_come_back"],
    ..SERVER
};

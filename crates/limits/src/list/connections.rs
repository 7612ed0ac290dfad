//! How many connections to upstreams are kept, and for how long.

use super::{Limit, SECOND, SERVER, Unit, Value};

/// Connections that are kept in all.
pub static IDLE: Limit = Limit {
    name: "connections.idle",
    about: "Connections to upstreams that are kept for later calls, of all apps.",
    reason: "The descriptors of most systems allow it.",
    default: Value::Is(1_024),
    least: 0,
    most: 100_000,
    held_by: &["no_more_connections_are_kept_than_may_be"],
    ..SERVER
};
/// Connections that are kept for one app.
pub static IDLE_APP: Limit = Limit {
    name: "connections.idle_app",
    about: "Connections that are kept for one app.",
    reason: "Half of all: no app takes the room of the others.",
    default: Value::Is(512),
    least: 0,
    most: 100_000,
    held_by: &["no_more_connections_are_kept_than_may_be"],
    ..SERVER
};
/// How long one rests.
pub static IDLE_TIME: Limit = Limit {
    name: "connections.idle_time",
    about: "How long a connection is kept that nobody uses.",
    reason: "Under the 60 s after which many servers close.",
    default: Value::Is(30 * SECOND),
    least: 10,
    most: 900 * SECOND,
    unit: Unit::Time,
    held_by: &["a_connection_that_rested_too_long_or_grew_too_old_is_not_used_again"],
    ..SERVER
};
/// How old one grows.
pub static AGE: Limit = Limit {
    name: "connections.age",
    about: "How old a connection may be when a call begins on it.",
    reason: "Names move.",
    default: Value::Is(600 * SECOND),
    least: 0,
    most: 86_400 * SECOND,
    unit: Unit::Time,
    held_by: &["a_connection_that_rested_too_long_or_grew_too_old_is_not_used_again"],
    ..SERVER
};
/// Calls that share one.
pub static STREAMS: Limit = Limit {
    name: "connections.streams",
    about: "Calls that share one HTTP/2 connection.",
    reason: "As many as every server should allow (RFC 9113, 6.5.2).",
    default: Value::Is(100),
    least: 1,
    most: 1_000,
    held_by: &["calls_over_the_cap_of_streams_open_another_connection"],
    ..SERVER
};

//! How long each phase of a call may take, and how large each part of it may be.

use super::{KIB, Limit, MIB, SECOND, SERVER, Unit, Value};

/// A phase of a call.
const PHASE: Limit = Limit { least: 10, most: 900 * SECOND, unit: Unit::Time, ..SERVER };

/// DNS queries of a name.
pub static DNS: Limit = Limit {
    name: "call.dns",
    about: "All DNS queries of a name.",
    reason: "Servers answer in milliseconds; one lost packet and its second try fit.",
    default: Value::Is(3 * SECOND),
    code: "egress.timeout.dns",
    held_by: &["each_phase_has_its_timeout"],
    ..PHASE
};
/// Connecting.
pub static CONNECT: Limit = Limit {
    name: "call.connect",
    about: "Connecting, over all addresses of a name.",
    reason: "A handshake across the world takes 0.3 s.",
    default: Value::Is(3 * SECOND),
    code: "egress.timeout.connect",
    held_by: &["a_peer_that_never_accepts_is_a_timeout_of_connecting"],
    ..PHASE
};
/// The TLS handshake.
pub static TLS: Limit = Limit {
    name: "call.tls",
    about: "The TLS handshake.",
    reason: "Two ways across the world and some computing.",
    default: Value::Is(3 * SECOND),
    code: "egress.timeout.tls",
    held_by: &["each_phase_has_its_timeout"],
    ..PHASE
};
/// The wait for a response.
pub static FIRST_BYTE: Limit = Limit {
    name: "call.first_byte",
    about: "From the request's last byte to the response's head.",
    reason: "Language models think.",
    default: Value::Is(60 * SECOND),
    code: "egress.timeout.first_byte",
    held_by: &["each_phase_has_its_timeout", "the_wait_for_a_response_begins_with_the_bodys_end"],
    ..PHASE
};
/// A pause of a body.
pub static BETWEEN_BYTES: Limit = Limit {
    name: "call.between_bytes",
    about: "A pause of a response's body, or of a peer that takes nothing of the request's.",
    reason: "Streams of events send a sign of life more often.",
    default: Value::Is(30 * SECOND),
    code: "egress.timeout.between_bytes",
    held_by: &["each_phase_has_its_timeout", "a_peer_that_takes_nothing_more_is_given_up"],
    ..PHASE
};
/// A response's head.
pub static RESPONSE_HEAD: Limit = Limit {
    name: "call.response_head",
    about: "Bytes of a response's head.",
    reason: "Large sets of cookies and policies fit.",
    default: Value::Is(64 * KIB),
    least: 4 * KIB,
    most: MIB,
    unit: Unit::Size,
    code: "egress.size.response_head",
    held_by: &["head_is_bounded_in_size_and_fields", "size_and_fields_of_a_head_are_bounded_before_it_has_ended"],
    ..SERVER
};
/// Fields of a response's head.
pub static RESPONSE_FIELDS: Limit = Limit {
    name: "call.response_fields",
    about: "Fields of a response's head.",
    reason: "Honest servers send twenty.",
    default: Value::Is(100),
    least: 1,
    most: 1_000,
    code: "egress.size.response_head",
    held_by: &["head_is_bounded_in_size_and_fields", "size_and_fields_of_a_head_are_bounded_before_it_has_ended"],
    ..SERVER
};
/// Informational responses.
pub static INFORMATIONAL: Limit = Limit {
    name: "call.informational",
    about: "Informational responses (1xx) before the final one.",
    reason: "Honest servers send one or two.",
    default: Value::Is(8),
    least: 0,
    most: 100,
    code: "egress.protocol.informational",
    held_by: &["informational_responses_are_counted", "informational_responses_are_judged_and_counted"],
    ..SERVER
};
/// A response's body, streamed.
pub static RESPONSE_BODY: Limit = Limit {
    name: "call.response_body",
    about: "Bytes of a response's body that is streamed: of what comes, and of what it is decoded to.",
    reason: "As much as an invocation's calls carry together.",
    default: Value::Is(100 * MIB),
    least: 0,
    most: 10_240 * MIB,
    unit: Unit::Size,
    code: "egress.size.response_body",
    held_by: &["endless_body_is_cut_at_the_cap", "the_cap_counts_what_comes_and_what_it_is_decoded_to"],
    ..SERVER
};
/// Decoded bytes for each that came.
pub static DECODED_RATIO: Limit = Limit {
    name: "call.decoded_ratio",
    about: "Decoded bytes for each one that came, once there is over 1 MiB of them.",
    reason: "Texts reach 20, a bomb 1000.",
    default: Value::Is(100),
    least: 1,
    most: 10_000,
    code: "egress.size.ratio",
    held_by: &["a_bomb_of_any_coding_is_refused_at_its_ratio"],
    ..SERVER
};
/// Pieces of a body.
pub static PIECES: Limit = Limit {
    name: "call.pieces",
    about: "Chunks or frames in which a response's body may come whatever their size; beyond that they must have 32 bytes on average.",
    reason: "A stream of events for an hour fits; each piece costs work.",
    default: Value::Is(65_536),
    least: 1,
    most: 10_000_000,
    code: "egress.size.pieces",
    held_by: &["chunks_that_are_no_chunks_or_too_many_are_refused"],
    ..SERVER
};
/// Redirects.
pub static REDIRECTS: Limit = Limit {
    name: "call.redirects",
    about: "Redirects that are followed.",
    reason: "Honest chains have two or three.",
    default: Value::Is(5),
    least: 0,
    most: 10,
    code: "policy.redirect.limit",
    held_by: &["downgrade_loop_and_broken_location_end_the_call"],
    ..SERVER
};
/// Addresses of a name.
pub static DNS_ANSWERS: Limit = Limit {
    name: "call.dns_answers",
    about: "Addresses in the answers of DNS for one name.",
    reason: "Large services give eight.",
    default: Value::Is(64),
    least: 1,
    most: 1_000,
    code: "egress.dns.failed",
    held_by: &["names_that_do_not_resolve_are_told_apart_for_the_log"],
    ..SERVER
};
/// Aliases of a name.
pub static DNS_ALIASES: Limit = Limit {
    name: "call.dns_aliases",
    about: "Aliases (CNAME) on the way to an address.",
    reason: "Delivery networks use three.",
    default: Value::Is(8),
    least: 0,
    most: 64,
    code: "egress.dns.failed",
    held_by: &["aliases_on_the_way_to_an_address_are_counted"],
    ..SERVER
};

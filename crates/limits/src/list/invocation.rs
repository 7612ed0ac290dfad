//! What one run of a function may use.

use super::{APP, KIB, Limit, MIB, SECOND, SERVER, Unit, Value};

/// Time from admission to answer.
pub static WALL: Limit = Limit {
    name: "invocation.wall",
    about: "Time from the request to the answer.",
    reason: "A slow call of a language model fits.",
    default: Value::Is(60 * SECOND),
    least: 100,
    most: 900 * SECOND,
    unit: Unit::Time,
    code: "limit.wall",
    key: "timeout",
    held_by: &["the_wall_limit_ends_an_invocation_that_waits", "an_apps_limits_count_from_its_next_invocation_on"],
    ..APP
};
/// Time on a processor.
pub static CPU: Limit = Limit {
    name: "invocation.cpu",
    about: "Time on a processor; waiting is not counted.",
    reason: "Handlers take milliseconds; who computes for a second is in a loop.",
    default: Value::Is(SECOND),
    least: 10,
    most: 60 * SECOND,
    unit: Unit::Time,
    code: "limit.cpu",
    key: "cpu",
    held_by: &["what_can_only_be_stopped_from_outside_is_stopped_by_the_cpu_limit"],
    ..APP
};
/// Memory.
pub static HEAP: Limit = Limit {
    name: "invocation.heap",
    about: "Memory that a function's heap may grow to.",
    reason: "A body of 10 MiB can be read, parsed and written again in it.",
    default: Value::Is(64 * MIB),
    least: 8 * MIB,
    most: 1024 * MIB,
    unit: Unit::Size,
    live: false,
    code: "limit.heap",
    key: "heap",
    held_by: &["a_memory_bomb_dies_of_the_heap_limit"],
    ..APP
};
/// Calls in all.
pub static CALLS: Limit = Limit {
    name: "invocation.calls",
    about: "Calls in all; each hop of a followed redirect is one, and what the policy refuses is none.",
    reason: "A page of a shop makes ten; who makes hundreds is in a loop.",
    default: Value::Is(50),
    least: 0,
    most: 1_000,
    code: "egress.limit.calls",
    held_by: &["calls_over_their_number_are_refused_and_not_retryable", "hops_pay_like_calls"],
    ..APP
};
/// Calls at once.
pub static OPEN_CALLS: Limit = Limit {
    name: "invocation.open_calls",
    about: "Calls open at once, from the decision to the end of the response's body.",
    reason: "More than browsers open to one host, and few enough that an app's slots are not one invocation's.",
    default: Value::Is(16),
    least: 1,
    most: 256,
    code: "egress.limit.open",
    held_by: &["calls_open_at_once_over_their_number_are_refused_and_retryable", "a_call_is_open_until_its_body_has_ended"],
    ..APP
};
/// Bytes of all bodies.
pub static BYTES: Limit = Limit {
    name: "invocation.bytes",
    about: "Bytes of the bodies of all calls, in both directions, streams included.",
    reason: "Ten calls of the longest body that is read whole.",
    default: Value::Is(100 * MIB),
    least: 0,
    most: 10_240 * MIB,
    unit: Unit::Size,
    code: "egress.limit.bytes",
    held_by: &["bytes_of_both_directions_are_paid_and_streams_too", "the_bytes_of_all_calls_together_have_a_limit"],
    ..APP
};
/// A call's body.
pub static REQUEST_BODY: Limit = Limit {
    name: "invocation.request_body",
    about: "Bytes of the body of one call.",
    reason: "A photograph fits. It lies whole in memory.",
    default: Value::Is(10 * MIB),
    least: 0,
    most: 100 * MIB,
    unit: Unit::Size,
    code: "egress.size.request_body",
    held_by: &["bodies_of_calls_have_their_limits", "framing_header_and_oversized_body_are_refused_before_connecting"],
    ..APP
};
/// A response's body that is read whole.
pub static RESPONSE_BODY: Limit = Limit {
    name: "invocation.response_body",
    about: "Bytes of a response's body that is read whole, decoded.",
    reason: "It lies whole in memory.",
    default: Value::Is(10 * MIB),
    least: 0,
    most: 100 * MIB,
    unit: Unit::Size,
    code: "egress.size.response_body",
    held_by: &["bodies_of_calls_have_their_limits"],
    ..APP
};
/// The answer's body.
pub static ANSWER_BODY: Limit = Limit {
    name: "invocation.answer_body",
    about: "Bytes of the answer's body.",
    reason: "It lies whole in memory until the client has taken it.",
    default: Value::Is(10 * MIB),
    least: 0,
    most: 100 * MIB,
    unit: Unit::Size,
    code: "limit.answer_body",
    held_by: &["an_answer_over_its_limit_is_refused_and_one_at_it_is_given"],
    ..APP
};
/// Console output.
pub static LOGS: Limit = Limit {
    name: "invocation.logs",
    about: "Bytes of console output; what comes after is counted and dropped.",
    reason: "A thousand lines.",
    default: Value::Is(64 * KIB),
    least: 0,
    most: MIB,
    unit: Unit::Size,
    held_by: &["console_lines_over_the_limit_are_counted_and_dropped"],
    ..APP
};
/// Invocations at once.
pub static SLOTS: Limit = Limit {
    name: "invocation.slots",
    about: "Invocations of all apps at once; one waits 250 ms for its turn. Lowered at the start to what vm.max_map_count allows.",
    reason: "A parked invocation holds a tenth of a megabyte, and its address space.",
    default: Value::Is(4_000),
    least: 1,
    most: 100_000,
    code: "limit.isolates",
    held_by: &["a_dropped_invocation_frees_its_slot_and_its_calls", "the_slots_that_the_machine_cannot_have_are_a_warning"],
    ..SERVER
};

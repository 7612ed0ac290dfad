//! How many calls there are, and how often they come.

use super::{APP, LIVE, Limit, MIB, SECOND, Unit, Value};
use crate::value::Rate;

/// The most calls, at once or in a period, that a limit can be set to.
const MANY: u64 = 1_000_000;

/// Calls of all apps under way.
pub static IN_FLIGHT: Limit = Limit {
    name: "outbound.in_flight",
    about: "Calls of all apps under way at once, each until its response's body has ended.",
    reason: "Ten thousand calls that wait for slow upstreams fit, with room.",
    default: Value::Is(12_000),
    least: 1,
    most: MANY,
    code: "egress.limit.in_flight",
    held_by: &["never_more_than_the_caps_are_inside_and_everyone_gets_in"],
    ..LIVE
};
/// Calls of one app under way.
pub static IN_FLIGHT_APP: Limit = Limit {
    name: "outbound.in_flight_app",
    about: "Calls of one app under way at once.",
    reason: "No app holds all sockets.",
    default: Value::Is(2_000),
    least: 1,
    most: MANY,
    code: "egress.limit.in_flight_app",
    held_by: &["an_app_at_its_cap_is_refused_and_the_others_are_not", "an_apps_own_rate_and_cap_narrow_the_kernels"],
    ..APP
};
/// How long a call waits for a slot.
pub static WAIT: Limit = Limit {
    name: "outbound.wait",
    about: "How long a call waits for its turn when too many are under way; 0ms is not at all.",
    reason: "A burst passes in it, and an overload is told soon.",
    default: Value::Is(250),
    least: 0,
    most: 60 * SECOND,
    unit: Unit::Time,
    code: "egress.limit.in_flight",
    held_by: &["a_call_waits_no_longer_than_it_may_and_is_told_what_was_full"],
    ..LIVE
};
/// Calls that wait.
pub static LINE: Limit = Limit {
    name: "outbound.line",
    about: "Calls of all apps that wait for their turn.",
    reason: "As many as may be under way.",
    default: Value::Is(12_000),
    least: 0,
    most: MANY,
    code: "egress.limit.in_flight",
    held_by: &["a_full_line_refuses_and_says_what_is_full"],
    ..LIVE
};
/// Calls of one app that wait.
pub static LINE_APP: Limit = Limit {
    name: "outbound.line_app",
    about: "Calls of one app that wait for their turn.",
    reason: "As many as may be under way.",
    default: Value::Is(2_000),
    least: 0,
    most: MANY,
    code: "egress.limit.in_flight_app",
    held_by: &["a_full_line_refuses_and_says_what_is_full"],
    ..LIVE
};
/// How often calls of all apps come.
pub static RATE: Limit = Limit {
    name: "outbound.rate",
    about: "How often calls of all apps may come.",
    reason: "What is under way at once bounds them already.",
    default: Value::Off,
    least: 1,
    most: MANY,
    unit: Unit::Rate,
    can_be_off: true,
    code: "egress.rate.global",
    held_by: &["a_call_takes_from_every_rate_or_from_none", "a_rate_that_is_used_up_refuses_before_anything_is_asked_and_says_until_when"],
    ..LIVE
};
/// How often calls of one app come.
pub static RATE_APP: Limit = Limit {
    name: "outbound.rate_app",
    about: "How often calls of one app may come.",
    reason: "Nobody knows beforehand how often an honest app calls.",
    default: Value::Off,
    least: 1,
    most: MANY,
    unit: Unit::Rate,
    can_be_off: true,
    code: "egress.rate.app",
    held_by: &["an_apps_own_rate_and_cap_narrow_the_kernels", "a_limit_that_is_set_counts_from_the_next_call_on"],
    ..APP
};
/// How often calls of one app to one domain come.
pub static RATE_DOMAIN: Limit = Limit {
    name: "outbound.rate_domain",
    about: "How often calls of one app may come towards the names below one registrable domain, or towards one address.",
    reason: "Nobody knows beforehand what an upstream bears.",
    default: Value::Off,
    least: 1,
    most: MANY,
    unit: Unit::Rate,
    can_be_off: true,
    code: "egress.rate.domain",
    held_by: &["names_of_one_owner_share_a_rate_however_they_are_written"],
    ..APP
};
/// How often an app is told why it is refused.
pub static REFUSALS: Limit = Limit {
    name: "outbound.refusals",
    about: "How often one app is told why its calls are refused; beyond it, it is told only when to ask again.",
    reason: "No honest app is refused so often, and who scans learns little.",
    default: Value::Rate(Rate::per_second(100)),
    least: 1,
    most: MANY,
    unit: Unit::Rate,
    can_be_off: true,
    code: "egress.rate.refusals",
    held_by: &["refusals_have_a_rate_of_their_own"],
    ..LIVE
};
/// Calls of one app in a day.
pub static CALLS_TODAY: Limit = Limit {
    name: "outbound.calls_today",
    about: "Calls of one app in a day, from midnight to midnight UTC.",
    reason: "Nobody knows beforehand how much an honest app calls.",
    default: Value::Off,
    least: 0,
    most: 1_000_000_000_000,
    can_be_off: true,
    code: "egress.limit.calls_today",
    held_by: &["a_days_calls_are_counted_until_midnight"],
    ..APP
};
/// Bytes of one app in a day.
pub static BYTES_TODAY: Limit = Limit {
    name: "outbound.bytes_today",
    about: "Bytes of the bodies of one app's calls in a day, in both directions, from midnight to midnight UTC.",
    reason: "Nobody knows beforehand how much an honest app carries.",
    default: Value::Off,
    least: 0,
    most: MIB << 30,
    unit: Unit::Size,
    can_be_off: true,
    code: "egress.limit.bytes_today",
    held_by: &["a_days_bytes_are_counted_in_both_directions"],
    ..APP
};

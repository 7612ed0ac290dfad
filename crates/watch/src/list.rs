//! The one list of metrics: from it come the exposition, the page of the reference, and the test that nothing else is shown.

/// What a metric counts, and what it is told apart by.
#[derive(Debug)]
pub(crate) struct Metric {
    /// Its name as it is shown; of a counter with `_total`.
    pub name: &'static str,
    pub kind: Kind,
    /// The names of its labels, in the order in which samples give their values.
    pub labels: &'static [&'static str],
    /// What it says, with the unit.
    pub about: &'static str,
}

/// The kinds that the text formats know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

const fn counter(name: &'static str, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, about }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, about }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, about }
}

pub(crate) const ATTEMPTS: Metric = counter(
    "egret_outbound_attempts_total",
    &["app", "outcome", "code"],
    "Outbound attempts that ended: each hop is one. `outcome` is `answered`, `abandoned`, `refused` or `failed`; the last two have a code.",
);
pub(crate) const RESPONSES: Metric = counter(
    "egret_outbound_responses_total",
    &["host", "method", "status"],
    "Responses that came, by the host's exact name in a rule, method and class of status (`2xx`).",
);
pub(crate) const SENT: Metric = counter("egret_outbound_sent_bytes_total", &["app"], "Bytes of outbound requests' bodies.");
pub(crate) const RECEIVED: Metric = counter("egret_outbound_received_bytes_total", &["app"], "Bytes of responses' bodies.");
pub(crate) const DURATION: Metric = histogram(
    "egret_outbound_duration_seconds",
    &["app"],
    "Time of an outbound attempt from its beginning to the end of the response's body.",
);
pub(crate) const PARTS: Metric = histogram(
    "egret_outbound_part_seconds",
    &["part"],
    "Time of the parts of an attempt, as far as it had them: `queue` (waiting for a slot), `dns`, `connect`, `tls`, `first_byte`.",
);
pub(crate) const CONNECTIONS: Metric = counter(
    "egret_outbound_connections_total",
    &["kind"],
    "Attempts that had a connection: `fresh` ones were made for it, `kept` ones were there before.",
);
pub(crate) const REPORTED: Metric = counter(
    "egret_outbound_reported_total",
    &["app", "code"],
    "Attempts that the report mode let through and enforcing would have refused.",
);
pub(crate) const ECHOES: Metric =
    counter("egret_outbound_echoes_total", &["app"], "Secrets that came back from an upstream and were masked.");
pub(crate) const IN_FLIGHT: Metric = gauge("egret_outbound_in_flight", &[], "Outbound calls that hold a slot.");
pub(crate) const WAITING: Metric = gauge("egret_outbound_waiting", &[], "Outbound calls that wait for a slot.");
pub(crate) const REQUESTS: Metric = counter(
    "egret_requests_total",
    &["function", "method", "status"],
    "Inbound requests that were answered, by function and class of status.",
);
pub(crate) const REQUEST_REFUSALS: Metric =
    counter("egret_request_refusals_total", &["code"], "Inbound requests that got a problem document in place of a function's answer.");
pub(crate) const REQUEST_DURATION: Metric =
    histogram("egret_request_duration_seconds", &["function"], "Time of an inbound request from its complete head to its answer.");
pub(crate) const INVOCATIONS: Metric = counter(
    "egret_invocations_total",
    &["end"],
    "Invocations that ended: `answered`, `dropped` (its client left), `thrown`, `bad_answer`, `no_function`, `engine`, or the limit's name.",
);
pub(crate) const RUNNING: Metric = gauge("egret_invocations_running", &[], "Invocations whose answer is being worked on.");
pub(crate) const AUDIT_LOST: Metric =
    counter("egret_audit_lost_total", &[], "Audit events that found no room, or no store that takes them.");
pub(crate) const SPANS: Metric = counter(
    "egret_trace_spans_total",
    &["outcome"],
    "Spans of traces: `exported`, or `lost` since there was no room or the collector took none.",
);
pub(crate) const BUILD: Metric = gauge("egret_build_info", &["version"], "Always 1; the version is in its label.");
pub(crate) const UPTIME: Metric = gauge("egret_uptime_seconds", &[], "Time since the start.");
pub(crate) const CPU: Metric = counter("process_cpu_seconds_total", &[], "CPU time of the process, user and system.");
pub(crate) const RSS: Metric = gauge("process_resident_memory_bytes", &[], "Memory of the process that is in RAM.");
pub(crate) const FDS: Metric = gauge("process_open_fds", &[], "Descriptors that the process has open.");
pub(crate) const MAX_FDS: Metric = gauge("process_max_fds", &[], "Descriptors that it may have open.");

/// Every metric, in the order of the page and of the exposition.
pub(crate) const METRICS: [&Metric; 24] = [
    &ATTEMPTS,
    &RESPONSES,
    &SENT,
    &RECEIVED,
    &DURATION,
    &PARTS,
    &CONNECTIONS,
    &REPORTED,
    &ECHOES,
    &IN_FLIGHT,
    &WAITING,
    &REQUESTS,
    &REQUEST_REFUSALS,
    &REQUEST_DURATION,
    &INVOCATIONS,
    &RUNNING,
    &AUDIT_LOST,
    &SPANS,
    &BUILD,
    &UPTIME,
    &CPU,
    &RSS,
    &FDS,
    &MAX_FDS,
];

/// Upper bounds of the buckets of every histogram, in seconds: from an answer of a neighbour to a language model's.
pub(crate) const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0];

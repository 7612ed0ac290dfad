//! What is counted, and from what: events of the kernel, answers of the gateway, ends of invocations.

use crate::exposition::{Format, Page, float};
use crate::family::{Counter, Family, Histogram};
use crate::label::{self, Label, Names};
use crate::{Sources, list, process};
use egret_egress::{Code, Event, Outcome, Reason, Timings};
use egret_gateway::Answered;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Apps, hosts and functions that have names of their own in metrics, each. More than one server has; a scrape stays under 2 MiB.
pub(crate) const MOST_NAMES: usize = 200;
/// Series of one metric. What makes more of them counts for a series named `other`.
pub(crate) const MOST_SERIES: usize = 2_000;

/// All series.
pub(crate) struct Meters {
    started: Instant,
    apps: Names,
    /// Those that rules name exactly; only they are told apart.
    hosts: Names,
    functions: Names,
    codes: Names,
    attempts: Family<Counter, 3>,
    responses: Family<Counter, 3>,
    sent: Family<Counter, 1>,
    received: Family<Counter, 1>,
    duration: Family<Histogram, 1>,
    parts: Family<Histogram, 1>,
    connections: Family<Counter, 1>,
    reported: Family<Counter, 2>,
    echoes: Family<Counter, 1>,
    requests: Family<Counter, 3>,
    request_refusals: Family<Counter, 1>,
    request_duration: Family<Histogram, 1>,
    invocations: Family<Counter, 1>,
    running: AtomicUsize,
    spans: Family<Counter, 1>,
}

impl Meters {
    pub fn new() -> Self {
        let (names, most) = (|| Names::new(MOST_NAMES), MOST_SERIES);
        Self {
            started: Instant::now(),
            apps: names(),
            hosts: names(),
            functions: names(),
            codes: names(),
            attempts: Family::new(most),
            responses: Family::new(most),
            sent: Family::new(most),
            received: Family::new(most),
            duration: Family::new(most),
            parts: Family::new(most),
            connections: Family::new(most),
            reported: Family::new(most),
            echoes: Family::new(most),
            requests: Family::new(most),
            request_refusals: Family::new(most),
            request_duration: Family::new(most),
            invocations: Family::new(most),
            running: AtomicUsize::new(0),
            spans: Family::new(most),
        }
    }

    /// Takes up hosts that rules name exactly, as far as there is room.
    pub fn hosts<'a>(&self, hosts: impl IntoIterator<Item = &'a str>) {
        // A pattern is a family of names that guests make up.
        for host in hosts.into_iter().filter(|host| !host.contains('*')) {
            self.hosts.label(host);
        }
    }

    pub fn called(&self, event: &Event) {
        let app = self.apps.label(&event.caller.app);
        let (outcome, code) = outcome(&event.outcome);
        self.attempts.with([app.clone(), Label::Fixed(outcome), Label::Fixed(code)], |counter| counter.add(1));
        self.duration.with([app.clone()], |histogram| histogram.observe(event.took));
        self.sent.with([app.clone()], |counter| counter.add(event.sent));
        self.received.with([app.clone()], |counter| counter.add(event.received));
        if let (Some(status), Some(target)) = (event.status, &event.target) {
            let host = target.host().name().map_or(label::OTHER, |name| self.hosts.known(name.as_str()));
            self.responses.with([host, label::method(&event.method), label::status(status)], |counter| counter.add(1));
        }
        let Timings { queue, dns, connect, tls, first_byte } = event.timings;
        for (part, took) in [("queue", queue), ("dns", dns), ("connect", connect), ("tls", tls), ("first_byte", first_byte)] {
            took.into_iter().for_each(|took| self.parts.with([Label::Fixed(part)], |histogram| histogram.observe(took)));
        }
        if event.address.is_some() {
            self.connections.with([Label::Fixed(if event.reused { "kept" } else { "fresh" })], |counter| counter.add(1));
        }
        if let Some(denial) = &event.reported {
            self.reported.with([app.clone(), Label::Fixed(denial.code().as_str())], |counter| counter.add(1));
        }
        if !event.echoed.is_empty() {
            self.echoes.with([app], |counter| counter.add(event.echoed.len() as u64));
        }
    }

    pub fn answered(&self, request: &Answered<'_>) {
        let function = request.function.map_or(Label::Fixed(""), |function| self.functions.label(function));
        let labels = [function.clone(), label::method(request.method), label::status(request.status.as_u16())];
        self.requests.with(labels, |counter| counter.add(1));
        self.request_duration.with([function], |histogram| histogram.observe(request.took));
        if let Some(code) = request.code {
            // Of the gateway's table, but for what a function throws in the form of one of the kernel's errors.
            self.request_refusals.with([self.codes.label(code)], |counter| counter.add(1));
        }
    }

    pub fn begins(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    pub fn ends(&self, end: &'static str) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.invocations.with([Label::Fixed(end)], |counter| counter.add(1));
    }

    pub fn exported_spans(&self, count: u64) {
        self.spans.with([Label::Fixed("exported")], |counter| counter.add(count));
    }

    pub fn lost_spans(&self, count: u64) {
        self.spans.with([Label::Fixed("lost")], |counter| counter.add(count));
    }

    /// Everything, as text.
    pub fn show(&self, format: Format, sources: &Sources) -> String {
        let mut page = Page::new(format);
        page.counters(&list::ATTEMPTS, &self.attempts);
        page.counters(&list::RESPONSES, &self.responses);
        page.counters(&list::SENT, &self.sent);
        page.counters(&list::RECEIVED, &self.received);
        page.histograms(&list::DURATION, &self.duration);
        page.histograms(&list::PARTS, &self.parts);
        page.counters(&list::CONNECTIONS, &self.connections);
        page.counters(&list::REPORTED, &self.reported);
        page.counters(&list::ECHOES, &self.echoes);
        let load = sources.egress.load();
        page.one(&list::IN_FLIGHT, &[], float(load.in_flight as u64));
        page.one(&list::WAITING, &[], float(load.waiting as u64));
        page.counters(&list::REQUESTS, &self.requests);
        page.counters(&list::REQUEST_REFUSALS, &self.request_refusals);
        page.histograms(&list::REQUEST_DURATION, &self.request_duration);
        page.counters(&list::INVOCATIONS, &self.invocations);
        page.one(&list::RUNNING, &[], float(self.running.load(Ordering::Relaxed) as u64));
        page.one(&list::AUDIT_LOST, &[], float((sources.audit_lost)()));
        page.counters(&list::SPANS, &self.spans);
        page.one(&list::BUILD, &[Label::Fixed(env!("CARGO_PKG_VERSION"))], 1.0);
        page.one(&list::UPTIME, &[], self.started.elapsed().as_secs_f64());
        page.one(&list::CPU, &[], process::cpu_seconds());
        let readings =
            [(&list::RSS, process::resident()), (&list::FDS, process::descriptors()), (&list::MAX_FDS, process::most_descriptors())];
        for (metric, reading) in readings {
            page.maybe(metric, reading.map(float));
        }
        page.end()
    }
}

/// How an attempt ended, and the code if it failed. That the law said no is told apart from what the network or a limit did.
pub(crate) fn outcome(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Answered => ("answered", ""),
        Outcome::Abandoned => ("abandoned", ""),
        Outcome::Failed(reason) => (if is_refusal(reason) { "refused" } else { "failed" }, reason.path()),
    }
}

fn is_refusal(reason: &Reason) -> bool {
    matches!(reason.code(), Code::Blocked | Code::Auth)
}

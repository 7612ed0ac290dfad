//! The audit log of a running server: every attempt goes to it and to the live report, and a loss is told of as a warning.

use super::report::{Report, Reporter};
use super::{Options, StartError, part};
use egret_audit::{Config, Log, Loss};
use egret_egress::{Audit, Event};
use egret_store::{Retention, Store};
use std::sync::Arc;

/// The kernel's audit events, reported and kept.
pub(super) struct Calls {
    pub reporter: Arc<dyn Reporter>,
    pub log: Arc<Log>,
}

impl Audit for Calls {
    fn record(&self, event: Event) {
        self.reporter.report(Report::Called(&event));
        self.log.record(event);
    }
}

/// Writes what is still on its way to the log. For the very end: when the server's runtime is gone, calls that it cut off have
/// left their events.
#[derive(Debug)]
pub struct Ending(pub(super) Arc<Log>);

impl Ending {
    /// Waits until all is written or lost; blocks.
    pub fn finish(self) {
        // Whatever was lost was told of by the log itself.
        let _ = self.0.flush();
    }
}

/// Opens the log over the store of the data directory.
pub(super) fn open(options: &Options, retention: Retention, store: Store, reporter: &Arc<dyn Reporter>) -> Result<Arc<Log>, StartError> {
    let told = Arc::clone(reporter);
    let tell = Box::new(move |loss: &Loss| told.report(Report::Warning { words: &words(loss) }));
    let config = Config { paths: options.audit_paths, sinks: options.audit.clone(), retention, tell, ..Config::default() };
    Log::open(store, config).map(Arc::new).map_err(|error| part("the audit log", &error))
}

fn words(loss: &Loss) -> String {
    let Loss { dropped, lines, fault } = loss;
    let count = |count: &u64, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let lost = [count(dropped, "attempt", "attempts"), count(lines, "line on its way elsewhere", "lines on their way elsewhere")];
    let lost: Vec<String> = lost.into_iter().flatten().collect();
    let why = fault.as_ref().map_or_else(String::new, |fault| format!(": {fault}"));
    format!("the audit log lost {}{why}; calls go on", lost.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_told_of_in_words() {
        let told = |dropped, lines| words(&Loss { dropped, lines, fault: None });
        assert_eq!(told(1, 0), "the audit log lost 1 attempt; calls go on");
        assert_eq!(told(7, 2), "the audit log lost 7 attempts and 2 lines on their way elsewhere; calls go on");
    }
}

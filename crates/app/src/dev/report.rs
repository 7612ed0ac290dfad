//! What the development server tells, as it happens; how it is shown is the teller's business.

use super::StartError;
use crate::config::Folder;
use egret_egress::Event;
use egret_gateway::{Answered, Observer, Routes};
use egret_policy::RuleSpec;
use egret_runtime::InvocationId;
use egret_runtime_js::{Console, Level};
use std::net::SocketAddr;
use std::sync::Arc;

/// Is told. Called from many tasks: must not block for long.
pub trait Reporter: Send + Sync + 'static {
    /// Takes one report.
    fn report(&self, report: Report<'_>);
}

/// One thing that happened.
pub enum Report<'a> {
    /// The server is ready.
    Started {
        /// Where it listens.
        address: SocketAddr,
        /// What it serves.
        folder: &'a Folder,
        /// The rules that are kept for it beside those of its manifest.
        kept: &'a [RuleSpec],
        /// What answers what.
        routes: &'a Routes,
    },
    /// The folder, or what is kept for it, changed and is served anew.
    Reloaded {
        /// What it serves.
        folder: &'a Folder,
        /// The rules that are kept for it beside those of its manifest.
        kept: &'a [RuleSpec],
        /// What answers what.
        routes: &'a Routes,
    },
    /// The folder changed and is at fault; what was served before still is.
    ReloadFailed {
        /// Why.
        error: &'a StartError,
    },
    /// Something is not as it should be.
    Warning {
        /// What.
        words: &'a str,
    },
    /// A request was answered.
    Answered(&'a Answered<'a>),
    /// A function tried to reach something.
    Called(&'a Event),
    /// A function wrote to its console.
    Console {
        /// During which request.
        invocation: &'a InvocationId,
        /// Which function.
        function: &'a str,
        /// How important.
        level: Level,
        /// What; a guest's text.
        text: &'a str,
    },
}

/// The gateway's answers, reported.
pub(super) struct Requests(pub Arc<dyn Reporter>);

impl Observer for Requests {
    fn answered(&self, request: &Answered<'_>) {
        self.0.report(Report::Answered(request));
    }
}

/// The guests' console, reported.
pub(super) struct Lines(pub Arc<dyn Reporter>);

impl Console for Lines {
    fn line(&self, invocation: &InvocationId, function: &str, level: Level, text: &str) {
        self.0.report(Report::Console { invocation, function, level, text });
    }
}

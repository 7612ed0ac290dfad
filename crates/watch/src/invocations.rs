//! A runtime that is watched: it runs what the one behind it runs, and tells how each invocation ended.

use crate::Watch;
use crate::trace::Invoked;
use egret_runtime::{Answer, Failure, Invocation, InvocationId, Running, Runtime};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Tells of every invocation, also of one that its client left.
pub(crate) struct Watched {
    pub watch: Watch,
    pub app: Arc<str>,
    pub runtime: Arc<dyn Runtime>,
}

impl Runtime for Watched {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        let run = Run::begin(&self.watch, &self.app, &invocation);
        let running = self.runtime.invoke(invocation);
        Box::pin(async move {
            let answer = running.await;
            run.end(end(&answer));
            answer
        })
    }
}

/// One invocation under way.
struct Run {
    watch: Watch,
    app: Arc<str>,
    id: InvocationId,
    function: Arc<str>,
    time: SystemTime,
    began: Instant,
    end: &'static str,
}

impl Run {
    fn begin(watch: &Watch, app: &Arc<str>, invocation: &Invocation) -> Self {
        watch.begins(&invocation.id, invocation.request.headers());
        let (app, id, function) = (Arc::clone(app), invocation.id.clone(), Arc::clone(&invocation.function));
        Self { watch: watch.clone(), app, id, function, time: SystemTime::now(), began: Instant::now(), end: "dropped" }
    }

    fn end(mut self, end: &'static str) {
        self.end = end;
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let (app, request, function) = (&*self.app, self.id.as_str(), &*self.function);
        self.watch.invoked(&Invoked { app, request, function, began: self.time, took: self.began.elapsed(), end: self.end });
    }
}

/// How an invocation ended, as the metric says it.
fn end(answer: &Result<Answer, Failure>) -> &'static str {
    match answer {
        Ok(_) => "answered",
        Err(Failure::Limit { limit, .. }) => limit.name(),
        Err(Failure::Thrown(_)) => "thrown",
        Err(Failure::BadAnswer(_)) => "bad_answer",
        Err(Failure::NoFunction(_)) => "no_function",
        Err(Failure::Engine(_)) => "engine",
    }
}

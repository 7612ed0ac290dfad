//! An app's code, loaded: what is needed for its functions to be called.

use crate::bounds::{Bound, Bounds};
use crate::code::Program;
use crate::meter::{Meter, Metered};
use crate::ops::Operations;
use crate::outbound::Who;
use crate::runtime::Shared;
use crate::state::{Reply, Role, Run, State};
use crate::{console, isolate, ops, verdict};
use bytes::Bytes;
use egret_egress::{Grants, Secrets};
use egret_runtime::{Answer, Failure, Invocation, Limit, Limits, Running, Runtime};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};
use wasmtime::InstancePre;

/// How long an invocation waits for a free slot.
const QUEUE: Duration = Duration::from_millis(250);

/// The code of an app, and what its functions are given.
#[derive(Clone, Debug)]
pub struct AppCode {
    /// The app's name, for the audit log.
    pub name: Arc<str>,
    /// The variables that functions find in `env`. Secrets have no place here.
    pub env: BTreeMap<String, String>,
    /// What the app may reach.
    pub grants: Grants,
    /// The secrets that the kernel may put into its requests.
    pub secrets: Secrets,
    /// What each of its invocations is held to; without it, to what the runtime's configuration says.
    pub bounds: Option<Bounds>,
    /// The folder that modules are read from, and below which they must lie.
    pub root: PathBuf,
    /// The functions.
    pub functions: Vec<FunctionCode>,
}

/// One function of an app.
#[derive(Clone, Debug)]
pub struct FunctionCode {
    /// Its name, by which invocations ask for it.
    pub name: Arc<str>,
    /// Its module.
    pub source: Source,
}

/// Where a function's module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a file: a path below the app's folder, with `/` between its parts.
    File(PathBuf),
    /// Here. Its imports are looked for as if it were the file of that name.
    Text {
        /// The path that stands for it in stacks and faults.
        name: String,
        /// The module's text.
        text: String,
    },
}

/// What is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CodeFault {
    /// The file below the app's folder.
    pub file: String,
    /// The line, from 1; 0 when the fault is of the whole file.
    pub line: u32,
    /// The column, from 1; 0 when it is not known.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { file, line: 0, message, .. } => write!(f, "{file}: {message}"),
            Self { file, line, column: 0, message } => write!(f, "{file}:{line}: {message}"),
            Self { file, line, column, message } => write!(f, "{file}:{line}:{column}: {message}"),
        }
    }
}

/// An app that is ready to be called. After a change of its code a new one is loaded; calls of this one go on.
pub struct JsApp {
    pub(crate) shared: Arc<Shared>,
    pub(crate) name: Arc<str>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) grants: Grants,
    pub(crate) secrets: Secrets,
    pub(crate) bounds: Bounds,
    pub(crate) programs: HashMap<Arc<str>, Arc<Program>>,
}

impl Runtime for JsApp {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(async move {
            let Some(program) = self.programs.get(&invocation.function) else {
                return Err(Failure::NoFunction(invocation.function.to_string()));
            };
            let bound = self.bounds.now();
            let deadline = Instant::from_std(invocation.deadline).min(Instant::now() + bound.limits.wall);
            let (reply, answer) = oneshot::channel();
            let run = self.run(invocation, Arc::clone(program), (&bound, deadline), reply);
            let task = self.shared.threads.spawn(Room::of(&self.shared, &bound).admit(run, deadline));
            // Until there is an answer, dropping this ends everything. What is left to do after it goes on alone.
            if let Ok(answer) = answer.await {
                task.detach();
                return Ok(answer);
            }
            Err(match task.await {
                Some(Err(failure)) => failure,
                Some(Ok(())) => Failure::Engine("its answer was lost".to_owned()),
                None => Failure::Engine("the thread that ran it broke".to_owned()),
            })
        })
    }
}

impl JsApp {
    fn run(
        &self,
        invocation: Invocation,
        program: Arc<Program>,
        (bound, deadline): (&Bound, Instant),
        reply: oneshot::Sender<Answer>,
    ) -> Run {
        let Shared { config, outbound, .. } = &*self.shared;
        let head = self.head(&invocation);
        let Invocation { id, function, request, .. } = invocation;
        let who = Who {
            app: Arc::clone(&self.name),
            function: Arc::clone(&function),
            invocation: Arc::from(id.as_str()),
            grants: self.grants.clone(),
            secrets: self.secrets.clone(),
            deadline,
            budget: bound.budget(),
        };
        let limits = &bound.limits;
        Run {
            program,
            head,
            body: request.into_body(),
            operations: Operations::new(Arc::clone(outbound), who, config.io.clone(), limits.clone()),
            log: console::Log::new(Arc::clone(&config.console), id, function, limits.logs),
            answer_body: limits.answer_body,
            answer: Reply::Open(reply),
            failed: None,
            rejections: BTreeMap::new(),
        }
    }

    fn head(&self, invocation: &Invocation) -> Bytes {
        let request = &invocation.request;
        let head = Head {
            method: request.method().as_str(),
            url: request.uri().to_string(),
            headers: ops::pairs(request.headers()).collect(),
            params: invocation.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            env: &self.env,
            invocation: invocation.id.as_str(),
        };
        serde_json::to_vec(&head).unwrap_or_default().into()
    }
}

/// What the prelude makes the handler's arguments of.
#[derive(Serialize)]
struct Head<'a> {
    method: &'a str,
    url: String,
    /// Names and values in turn.
    headers: Vec<String>,
    params: BTreeMap<&'a str, &'a str>,
    env: &'a BTreeMap<String, String>,
    invocation: &'a str,
}

/// What an invocation runs on. Not the threads: work that goes on after the answer ends with them and keeps none alive.
struct Room {
    pre: Arc<InstancePre<State>>,
    slots: Arc<Semaphore>,
    limits: Limits,
}

impl Room {
    fn of(shared: &Shared, bound: &Bound) -> Self {
        // The instances' memories were laid out at the start.
        let heap = bound.limits.heap.min(shared.config.limits.heap);
        Self { pre: Arc::clone(&shared.pre), slots: Arc::clone(&shared.slots), limits: Limits { heap, ..bound.limits.clone() } }
    }

    /// Waits for a slot, then runs. The slot is free again when the isolate is gone, whatever ended it.
    async fn admit(self, run: Run, deadline: Instant) -> Result<(), Failure> {
        let Self { pre, slots, limits } = self;
        let patience = (Instant::now() + QUEUE).min(deadline);
        let Ok(Ok(_slot)) = timeout_at(patience, slots.acquire()).await else {
            return Err(verdict::breach(Limit::Isolates, &limits));
        };
        let meter = Meter::new(limits.cpu);
        let clock = Arc::clone(&meter);
        let state = State::new(limits.heap, Role::Run(Box::new(run)));
        let (state, outcome) = Metered::new(meter, async move { isolate::run(&pre, state, clock, deadline).await }).await;
        verdict::of(state, outcome, &limits)
    }
}

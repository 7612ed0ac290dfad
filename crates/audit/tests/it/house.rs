//! A store and a log of a test's own, and events as the kernel makes them.

use egret_audit::{Config, Log};
use egret_egress::{Caller, Door, Event, Outcome, Reason, Secrets, Timings};
use egret_policy::{Code, Denial, Policy, RuleSpec, RuleVersion, Target};
use egret_store::{Key, Store};
use http::Method;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::time::Instant;

/// A data directory with a store and a log over it.
pub struct House {
    pub folder: TempDir,
    pub store: Store,
    pub log: Arc<Log>,
}

impl House {
    pub fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let log = Arc::new(Log::open(store.clone(), config).unwrap());
        Self { folder, store, log }
    }
}

pub fn store(folder: &Path) -> Store {
    Store::open(folder, Key::new([42; 32])).unwrap()
}

pub fn policy() -> Arc<Policy> {
    Arc::new(Policy::builder().build().unwrap())
}

pub fn caller(app: &str, policy: &Arc<Policy>) -> Caller {
    let deadline = Instant::now() + Duration::from_secs(30);
    let (function, invocation) = ("f.js".into(), "i".into());
    Caller {
        app: app.into(),
        function,
        invocation,
        door: Door::Library,
        grants: Arc::clone(policy).into(),
        secrets: Secrets::none(),
        budget: egret_egress::Budget::none(),
        deadline,
    }
}

/// Makes events of one app, of calls that were answered.
pub struct Events(pub Caller);

impl Events {
    pub fn of(app: &str) -> Self {
        Self(caller(app, &policy()))
    }

    pub fn answered(&self, url: &str) -> Event {
        Event {
            time: SystemTime::now(),
            call: "01M7ZT21QJ43A68TT9SZK4GC4W".into(),
            caller: self.0.clone(),
            hop: 0,
            retries: 1,
            method: Method::GET,
            target: Some(Target::parse(url).unwrap().without_query()),
            route: Some("/v1/**".into()),
            hook: None,
            rule: Some(RuleVersion::of(&RuleSpec::host("a.test"))),
            secrets: Vec::new(),
            echoed: Vec::new(),
            address: Some("93.184.216.34:443".parse().unwrap()),
            reused: true,
            cached: None,
            status: Some(200),
            outcome: Outcome::Answered,
            reported: None,
            change: None,
            sent: 1,
            received: 2,
            took: Duration::from_millis(3),
            timings: Timings { dns: Some(Duration::from_micros(1_500)), ..Timings::default() },
        }
    }

    pub fn refused(&self, url: &str) -> Event {
        let denial = Denial::new(Code::RulePath, format!("{url} is on no route"));
        Event { outcome: Outcome::Failed(Reason::Denied(denial)), status: None, address: None, ..self.answered(url) }
    }
}

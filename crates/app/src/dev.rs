//! The development server: one folder, served and reloaded, every call and refusal reported as it happens.

mod descriptors;
mod kept;
mod live;
mod log;
mod report;
mod upstream;
mod watch;
mod watching;

pub use egret_watch::Paths;
pub use log::Ending;
pub use report::{Report, Reporter};
pub use watching::{Otlp, Watching};

use crate::config::{Fault, Faults, Folder, Upstream};
use crate::consent::{Asked, Consents, asked};
use crate::limits::Held;
use crate::load::{self, Code};
use crate::secrets;
use egret_admin::KeySource;
use egret_audit::{Log, Sink};
use egret_egress::{Config as EgressConfig, Detail, Egress, Grants, Quota, Secrets};
use egret_gateway::{Config as GatewayConfig, Detail as AnswerDetail, Gateway, Hosts, Routes, Served};
use egret_limits::Value;
use egret_limits::list::invocation::HEAP;
use egret_runtime_js::{Bounds, Config as JsConfig, JsApp, JsRuntime};
use kept::Stored;
use live::{Live, Now};
use log::Calls;
use report::{Lines, Requests};
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use upstream::Upstreams;
use watch::Changes;
use watching::{Beside, Told, Watched};

/// Ports that are tried when none is given.
const PORTS: std::ops::RangeInclusive<u16> = 3000..=3099;

/// What to serve, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The app's folder.
    pub dir: PathBuf,
    /// Where to listen; the next free port from 3000 on loopback when it is not given.
    pub listen: Option<SocketAddr>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Where the master key of the store comes from.
    pub key: KeySource,
    /// Whether the owner says yes to what the manifest asks for beyond the public https hosts that it names.
    pub grant: bool,
    /// Where lines of the audit log go besides the store.
    pub audit: Vec<Sink>,
    /// Whether the log keeps paths; some services carry secrets in them.
    pub audit_paths: bool,
    /// What is watched beside what is reported.
    pub watching: Watching,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder is at fault.
    #[error("{0}")]
    Faults(#[from] Faults),
    /// The manifest asks for what only its owner can give.
    #[error("the manifest asks for more than the public https hosts that it names")]
    Consent(Asked),
    /// The manifest was changed where a running server cannot follow.
    #[error("restart egret dev to apply changed [[dev.upstream]] or limits.heap")]
    Restart,
    /// No listener.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Where.
        address: String,
        /// What the system says.
        reason: io::Error,
    },
    /// A part does not come up.
    #[error("{0}")]
    Part(String),
}

/// A server that is ready to run.
pub struct Dev {
    live: Arc<Live>,
    stored: Stored,
    listener: TcpListener,
    upstreams: Upstreams,
    changes: Changes,
    log: Arc<Log>,
    beside: Beside,
}

/// What is settled at the start. The exemption of a stand-in's port from consent holds because the port is ours: a
/// manifest that names another one later would have the exemption for somebody else's listener.
#[derive(PartialEq, Eq)]
struct Fixed {
    upstreams: Vec<Upstream>,
    /// The instances' memories are laid out at the start.
    heap: Option<Value>,
}

impl Fixed {
    fn of(folder: &Folder) -> Self {
        Self { upstreams: folder.manifest.upstreams.clone(), heap: folder.manifest.limits.get(&HEAP) }
    }
}

impl Dev {
    /// Reads, checks, asks, binds, compiles. Blocks for a second the first time, when the engine's image is made; must
    /// be called within a multi-threaded tokio runtime.
    ///
    /// # Errors
    /// The first part that does not come up; nothing is left running.
    pub async fn start(options: Options, reporter: Arc<dyn Reporter>) -> Result<Self, StartError> {
        descriptors::raise();
        let folder = Folder::read(&options.dir)?;
        let routes = load::routes(&folder.functions)?;
        consent(&options, &folder)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(|error| part("the listener", &error))?;
        let upstreams = Upstreams::bind(&folder).await?;
        let watched = Watched::open(&options.watching).await?;
        let watch = watched.watch.clone();
        let reporter: Arc<dyn Reporter> = Arc::new(Told { watch: watch.clone(), reporter });
        let (mut stored, elsewhere) = tokio::task::block_in_place(|| Stored::open(&options, &folder))?;
        let kept = tokio::task::block_in_place(|| stored.read()).map_err(StartError::Part)?;
        let now = Now { folder, kept, shut: false };
        let (folder, kept, held) = (&now.folder, &now.kept, now.held());
        let log = log::open(&options, held.retention(), stored.store(), &reporter)?;
        let calls = Calls { reporter: Arc::clone(&reporter), log: Arc::clone(&log) };
        let listeners = [address].into_iter().chain(watched.listeners()).collect();
        let egress = egress(&held, folder, &upstreams, listeners, Arc::new(calls))?;
        let beside = watched.build(&egress, &log)?;
        let runtime = runtime(&held, &options, egress.clone(), &reporter)?;
        let today = tokio::task::block_in_place(|| stored.today(&folder.manifest.name))?;
        let bounds = Bounds::new(held.bound(&Quota::new(held.daily(), today)));
        let open = exposed(address);
        for words in runtime.warnings().iter().map(String::as_str).chain(open.as_deref()) {
            reporter.report(Report::Warning { words });
        }
        let grants = Grants::new(load::policy_with(folder, true, &kept.rules)?.closed(kept.closed()));
        let secrets = Secrets::new(secrets::compose(folder, kept.secrets.clone(), &[]));
        let app = app(&runtime, folder, &routes, (&grants, &secrets, &bounds))?;
        let upstreams = upstreams.load(&runtime, folder)?;
        let served = Served { routes, runtime: watch.runtime(&*folder.manifest.name, app) };
        let gateway = gateway(&held, served, &reporter)?;
        gateway.pause(kept.standing.paused);
        let changes = Changes::watch(&options.dir).map_err(|error| part("watching the folder", &error))?;
        reporter.report(Report::Started { address, folder, kept: &kept.rules, routes: &gateway.served().routes });
        if let Some(words) = &elsewhere {
            reporter.report(Report::Warning { words });
        }
        let fixed = Fixed::of(folder);
        let now = Mutex::new(now);
        let live = Arc::new(Live {
            options,
            fixed,
            reporter,
            watch,
            egress,
            runtime,
            bounds,
            grants,
            secrets,
            gateway,
            store: stored.store(),
            now,
        });
        live.tell_apart(&live.now.lock().unwrap_or_else(PoisonError::into_inner));
        live.warn(&live.now.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self { live, stored, listener, upstreams, changes, log, beside })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says of the listener.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What has to be done when the runtime that it ran on is gone.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending(Arc::clone(&self.log))
    }

    /// Serves until `shutdown` ends; requests in work may then end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { live, stored, listener, upstreams, changes, beside: watching, .. } = self;
        let serving = live.gateway.clone();
        // Dropped with this future, too: then the watching ends as well.
        let (serves, stop) = tokio::sync::watch::channel(());
        let watching = tokio::spawn(watching.serve(stop));
        let mut beside = JoinSet::new();
        beside.spawn(upstreams.serve());
        // Where another server of this data directory has the socket, commands go to that one, and their effect is seen here.
        if let Ok(commands) = egret_admin::serve(stored.store(), &live.options.data_dir.join(egret_admin::SOCKET)) {
            beside.spawn(commands);
        }
        beside.spawn(Arc::clone(&live).follow_store(stored));
        beside.spawn(live.follow_folder(changes));
        serving.serve(listener, shutdown).await;
        drop(serves);
        let _ = watching.await;
    }
}

fn consent(options: &Options, folder: &Folder) -> Result<(), StartError> {
    let asked = asked(folder);
    let consents = Consents::of(&options.data_dir);
    if asked.is_empty() || consents.given(folder) {
        return Ok(());
    }
    if !options.grant {
        return Err(StartError::Consent(asked));
    }
    consents.give(folder).map_err(|error| part("remembering your consent", &error))
}

async fn listen(wanted: Option<SocketAddr>) -> Result<TcpListener, StartError> {
    let failed = |address: String, reason| StartError::Listen { address, reason };
    if let Some(address) = wanted {
        return TcpListener::bind(address).await.map_err(|reason| failed(address.to_string(), reason));
    }
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in PORTS {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(format!("127.0.0.1, ports {} to {}", PORTS.start(), PORTS.end()), last))
}

/// What to say of an address that others than this machine can reach.
fn exposed(address: SocketAddr) -> Option<String> {
    let words = "is not loopback: whoever reaches this machine over the network can call the functions, and sees errors in full";
    (!address.ip().to_canonical().is_loopback()).then(|| format!("{address} {words}"))
}

fn egress(
    held: &Held<'_>,
    folder: &Folder,
    upstreams: &Upstreams,
    listeners: Vec<SocketAddr>,
    calls: Arc<Calls>,
) -> Result<Egress, StartError> {
    let config = EgressConfig {
        timeouts: held.timeouts(),
        caps: held.caps(),
        limits: held.egress(),
        roots: upstreams.roots(),
        hosts: folder.manifest.upstreams.iter().map(|up| (up.host.clone(), vec![Ipv4Addr::LOCALHOST.into()])).collect(),
        listeners,
        detail: Detail::Full,
        ..EgressConfig::default()
    };
    Egress::build(config, calls).map_err(|error| part("the egress kernel", &error))
}

fn runtime(held: &Held<'_>, options: &Options, egress: Egress, reporter: &Arc<dyn Reporter>) -> Result<JsRuntime, StartError> {
    let console = Arc::new(Lines(Arc::clone(reporter)));
    let mut config = JsConfig::new(&options.data_dir, console, tokio::runtime::Handle::current());
    config.limits = held.invocation();
    config.slots = held.slots();
    tokio::task::block_in_place(|| JsRuntime::build(config, egress)).map_err(|error| part("the JavaScript runtime", &error))
}

fn app(
    runtime: &JsRuntime,
    folder: &Folder,
    routes: &Routes,
    (grants, secrets, bounds): (&Grants, &Secrets, &Bounds),
) -> Result<Arc<JsApp>, StartError> {
    let (grants, secrets, bounds) = (grants.clone(), secrets.clone(), Some(bounds.clone()));
    let env = secrets::env(folder).map_err(|error| part("the placeholders of secrets", &error))?;
    let code = Code { name: &folder.manifest.name, root: &folder.root, functions: &folder.functions, env, grants, secrets, bounds };
    Ok(tokio::task::block_in_place(|| load::compile(runtime, routes, code))?)
}

/// Answers only to names of this machine: a web page elsewhere must not reach it through a name of its own.
fn gateway(held: &Held<'_>, served: Served, reporter: &Arc<dyn Reporter>) -> Result<Gateway, StartError> {
    let config = GatewayConfig { hosts: Hosts::Local, detail: AnswerDetail::Full, ..held.gateway() };
    let words = |faults: Vec<egret_gateway::BuildError>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Gateway::build(config, served, Arc::new(Requests(Arc::clone(reporter)))).map_err(|faults| StartError::Part(words(faults)))
}

fn part(what: &str, error: &dyn std::fmt::Display) -> StartError {
    StartError::Part(format!("{what}: {error}"))
}

impl From<Fault> for StartError {
    fn from(fault: Fault) -> Self {
        Self::Faults(Faults(vec![fault]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_beyond_loopback_is_warned_of() {
        let warned = |address: &str| exposed(address.parse().unwrap()).is_some();
        assert!(!warned("127.0.0.1:3000") && !warned("127.9.9.9:1") && !warned("[::1]:3000") && !warned("[::ffff:127.0.0.1]:1"));
        assert!(warned("0.0.0.0:3000") && warned("[::]:3000") && warned("192.168.1.2:80"));
    }
}

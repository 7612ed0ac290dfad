//! What an owner keeps in the store for an app that `egret dev` serves: it counts at once, and for that folder alone.

use crate::house::get;
use egret_admin::{Command, KeySource, perform};
use egret_app::dev::{Dev, Options, Report, Reporter, Watching};
use egret_store::{App, SecretGrantRow, Store};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Longer than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Passes on what is told, by kind and words.
struct Told(UnboundedSender<(&'static str, String)>);

impl Reporter for Told {
    fn report(&self, report: Report<'_>) {
        let told = match report {
            Report::Started { .. } => ("started", String::new()),
            Report::Reloaded { .. } => ("reloaded", String::new()),
            Report::ReloadFailed { error } => ("failed", error.to_string()),
            Report::Warning { words } => ("warning", words.to_owned()),
            Report::Answered(_) | Report::Called(_) | Report::Console { .. } => return,
        };
        let _ = self.0.send(told);
    }
}

struct Served {
    address: SocketAddr,
    told: Mutex<UnboundedReceiver<(&'static str, String)>>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn start(dir: &Path) -> Self {
        let options = Options {
            dir: dir.to_owned(),
            listen: Some(([127, 0, 0, 1], 0).into()),
            data_dir: data(),
            key: KeySource::DataDir,
            grant: true,
            audit: Vec::new(),
            audit_paths: false,
            watching: Watching::default(),
        };
        let (sender, told) = unbounded_channel();
        let dev = Dev::start(options, Arc::new(Told(sender))).await.unwrap_or_else(|error| panic!("{error}"));
        let address = dev.address().unwrap();
        Self { address, told: Mutex::new(told), serving: tokio::spawn(dev.run(std::future::pending())) }
    }

    /// Waits until this kind is told; others are passed over.
    async fn until(&self, kind: &str) -> String {
        let mut told = self.told.lock().await;
        loop {
            let (next, words) = timeout(PATIENCE, told.recv()).await.unwrap_or_else(|_| panic!("no {kind}")).unwrap();
            if next == kind {
                return words;
            }
        }
    }

    /// The body of the answer of `f.js`.
    async fn call(&self) -> String {
        get(self.address, "/f").await.1
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("data")
}

fn store() -> Store {
    Store::open(&data(), KeySource::DataDir.read(&data()).unwrap()).unwrap()
}

/// An app of a name of its own whose function calls a stand-in with a placeholder, and the port of the stand-in.
fn folder() -> (TempDir, String, u16) {
    let at = tempfile::Builder::new().prefix("kept").tempdir().unwrap();
    let name = at.path().file_name().unwrap().to_str().unwrap().to_lowercase();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs::create_dir_all(at.path().join("functions")).unwrap();
    fs::create_dir_all(at.path().join("up")).unwrap();
    let call = format!(
        "export default async (request, env) => {{ try {{ return await fetch('https://up.test:{port}/key', {{ headers: {{ authorization: `Bearer ${{env.KEY}}` }} }}) }} catch (error) {{ return new Response(error.code) }} }}"
    );
    fs::write(at.path().join("functions/f.js"), call).unwrap();
    let known = "const known = { 'Bearer first_value_of_it': 'first', 'Bearer second_value_of_it': 'second' };";
    fs::write(
        at.path().join("up/key.js"),
        format!("{known} export default (request) => new Response(known[request.headers.get('authorization')] ?? 'unknown')"),
    )
    .unwrap();
    let manifest = format!(
        "version = 1\nname = \"{name}\"\n[secrets]\nrequired = [\"KEY\"]\n[[dev.upstream]]\nhost = \"up.test\"\nport = {port}\nfunctions = \"up\"\n"
    );
    fs::write(at.path().join("egret.toml"), manifest).unwrap();
    (at, name, port)
}

fn rule(port: u16) -> String {
    format!("[[net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\nauth = {{ secret = \"KEY\", as = \"bearer\" }}\n")
}

fn bearer(port: u16) -> SecretGrantRow {
    SecretGrantRow { scheme: "https".to_owned(), host: "up.test".to_owned(), port, place: "bearer".to_owned(), rule: None }
}

fn value(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

fn record(store: &Store, name: &str) -> App {
    store.app(name).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_owner_keeps_counts_from_the_next_call_on() {
    let (at, name, port) = folder();
    let served = Served::start(at.path()).await;
    let store = store();
    let app = record(&store, &name);
    assert_eq!(app.folder.as_deref(), Some(&*at.path().canonicalize().unwrap()));
    assert_eq!(served.call().await, "NET_BLOCKED");

    store.add_grant(&app.id, &rule(port), false).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "NET_AUTH", "a rule is no grant of its secret");
    store.set_secret(&app.id, "KEY", value("first_value_of_it")).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "NET_AUTH", "a value is none either");
    store.grant_secret(&app.id, "KEY", bearer(port)).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "first");
    store.rotate_secret(&app.id, "KEY", value("second_value_of_it"), Duration::from_secs(3600)).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "second");
    store.revoke_secret(&app.id, "KEY", &bearer(port)).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "NET_AUTH");

    store.remove_app(&app.id).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "NET_BLOCKED");
    let other = store.create_app(&name, Some(&at.path().canonicalize().unwrap())).unwrap();
    store.add_grant(&other.id, &rule(port), false).unwrap();
    // Nothing is told of it, so something else is changed that is told of.
    let file = at.path().join("functions/f.js");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "\n").unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "NET_BLOCKED", "another app of the name is another app");
    store.remove_app(&other.id).unwrap();
}

/// An owner's command, as it is given while a server runs.
fn set_limit(store: &Store, app: &str, name: &str, value: &str) {
    let command = Command::LimitSet { app: Some(app.to_owned()), name: name.to_owned(), value: value.to_owned() };
    perform(store, command).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_set_counts_from_the_next_call_on() {
    let (at, name, port) = folder();
    fs::write(at.path().join("functions/f.js"), format!("const one = () => fetch('https://up.test:{port}/key').then((r) => r.text(), (e) => e.code); export default async () => new Response([await one(), await one()].join())")).unwrap();
    let manifest = fs::read_to_string(at.path().join("egret.toml")).unwrap();
    let own = format!("[[dev.net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\n");
    fs::write(at.path().join("egret.toml"), format!("{manifest}{own}")).unwrap();
    let served = Served::start(at.path()).await;
    let store = store();
    let app = record(&store, &name);
    assert_eq!(served.call().await, "unknown,unknown");
    for (limit, value, answer) in [
        ("invocation.calls", "1", "unknown,NET_LIMIT"),
        ("outbound.rate_app", "1/d", "unknown,NET_RATE"),
        ("outbound.calls_today", "5", "unknown,NET_LIMIT"),
        ("outbound.bytes_today", "0B", "NET_LIMIT,NET_LIMIT"),
    ] {
        set_limit(&store, &name, limit, value);
        served.until("reloaded").await;
        assert_eq!(served.call().await, answer, "{limit}");
        perform(&store, Command::LimitReset { app: Some(name.clone()), name: limit.to_owned() }).unwrap();
        served.until("reloaded").await;
    }
    fs::write(at.path().join("egret.toml"), format!("{manifest}{own}[limits]\ntimeout = \"100ms\"\n")).unwrap();
    fs::write(
        at.path().join("functions/f.js"),
        "export default () => new Promise((done) => setTimeout(() => done(new Response('late')), 60000))",
    )
    .unwrap();
    served.until("reloaded").await;
    while !served.call().await.contains("limit.wall") {}
    store.remove_app(&app.id).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_limit_that_cannot_be_read_stops_the_start() {
    let (at, name, _) = folder();
    let store = store();
    let app = store.create_app(&name, Some(&at.path().canonicalize().unwrap())).unwrap();
    store.set_setting(&app.id, "limit.invocation.calls", "many").unwrap();
    let options = Options {
        dir: at.path().to_owned(),
        listen: Some(([127, 0, 0, 1], 0).into()),
        data_dir: data(),
        key: KeySource::DataDir,
        grant: true,
        audit: Vec::new(),
        audit_paths: false,
        watching: Watching::default(),
    };
    let error = Dev::start(options, Arc::new(Told(unbounded_channel().0))).await.err().unwrap().to_string();
    assert!(error.contains("many") && error.contains("egret limits reset"), "{error}");
    store.remove_app(&app.id).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_elsewhere_of_the_same_name_gets_nothing_that_is_kept() {
    let (at, name, port) = folder();
    let (store, elsewhere) = (store(), tempfile::tempdir().unwrap());
    let app = store.create_app(&name, Some(elsewhere.path())).unwrap();
    store.add_grant(&app.id, &rule(port), false).unwrap();
    store.set_secret(&app.id, "KEY", value("first_value_of_it")).unwrap();
    store.grant_secret(&app.id, "KEY", bearer(port)).unwrap();
    let served = Served::start(at.path()).await;
    let words = served.until("warning").await;
    assert!(words.contains(&name) && words.contains(elsewhere.path().to_str().unwrap()) && words.contains("not of this folder"), "{words}");
    assert_eq!(served.call().await, "NET_BLOCKED");
    store.remove_app(&app.id).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_rules_that_contradict_the_manifest_allow_nothing_until_they_go() {
    let (at, name, port) = folder();
    let manifest = fs::read_to_string(at.path().join("egret.toml")).unwrap();
    let own = format!("[[dev.net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\n");
    fs::write(at.path().join("egret.toml"), format!("{manifest}{own}")).unwrap();
    fs::write(at.path().join("functions/f.js"), format!("export default async () => {{ try {{ return await fetch('https://up.test:{port}/key') }} catch (error) {{ return new Response(error.code) }} }}")).unwrap();
    let served = Served::start(at.path()).await;
    let store = store();
    let app = record(&store, &name);
    assert_eq!(served.call().await, "unknown");
    let kept = store.add_grant(&app.id, &rule(port), false).unwrap().grant();
    let words = loop {
        let words = served.until("warning").await;
        if words.contains("nothing is allowed") {
            break words;
        }
    };
    assert!(words.contains("acts differently"), "{words}");
    assert_eq!(served.call().await, "NET_BLOCKED");
    store.remove_grant(&app.id, kept.id).unwrap();
    served.until("reloaded").await;
    assert_eq!(served.call().await, "unknown");
    store.remove_app(&app.id).unwrap();
}

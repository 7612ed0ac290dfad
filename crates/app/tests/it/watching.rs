//! What `egret dev` has watched: metrics that functions cannot reach, and traces of what they do.

use crate::house::get;
use crate::kept::data;
use egret_admin::KeySource;
use egret_app::dev::{Dev, Options, Otlp, Paths, Report, Reporter, StartError, Watching};
use egret_testkit::Upstream;
use http::Response;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Quiet;

impl Reporter for Quiet {
    fn report(&self, report: Report<'_>) {
        // What the platform itself calls is not told to who writes an app.
        assert!(!matches!(report, Report::Called(event) if event.caller.app.starts_with("egret:")));
    }
}

/// An app with one function, and a rule for this port of loopback.
fn folder(source: &str, port: u16) -> TempDir {
    let at = tempfile::Builder::new().prefix("watched").tempdir().unwrap();
    let name = at.path().file_name().unwrap().to_str().unwrap().to_lowercase();
    std::fs::create_dir(at.path().join("functions")).unwrap();
    std::fs::write(at.path().join("functions/f.js"), source).unwrap();
    let rule = format!("host = \"127.0.0.1\"\nports = [{port}]\nhttps_only = false\nprivate = [\"127.0.0.1/32\"]");
    std::fs::write(at.path().join("egret.toml"), format!("version = 1\nname = \"{name}\"\n[[net]]\n{rule}\n")).unwrap();
    at
}

async fn start(dir: &Path, watching: Watching) -> Result<Dev, StartError> {
    let listen = Some(([127, 0, 0, 1], 0).into());
    let options = Options {
        dir: dir.to_owned(),
        listen,
        data_dir: data(),
        key: KeySource::DataDir,
        grant: true,
        audit: Vec::new(),
        audit_paths: false,
        watching,
    };
    Dev::start(options, Arc::new(Quiet)).await
}

/// Serves until the sender is gone.
async fn serve(dir: &Path, watching: Watching) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let dev = start(dir, watching).await.unwrap_or_else(|error| panic!("{error}"));
    let (address, (stop, stopped)) = (dev.address().unwrap(), oneshot::channel());
    (address, stop, tokio::spawn(dev.run(async { drop(stopped.await) })))
}

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_never_reaches_the_metrics_of_its_own_server() {
    let metrics = free();
    let call = format!("fetch('http://{metrics}/metrics').then((response) => response.text(), (error) => error.message)");
    let at = folder(&format!("export default async () => new Response(await {call})"), metrics.port());
    let (address, _stop, _serving) = serve(at.path(), Watching { metrics: Some(metrics), ..Watching::default() }).await;
    let (_, body) = get(address, "/f").await;
    assert!(body.contains("egress.addr.listener"), "{body}");
    let (status, shown) = get(metrics, "/metrics").await;
    assert_eq!(status, 200);
    assert!(shown.contains("outcome=\"refused\",code=\"egress.addr.listener\"} 1\n"), "{shown}");
    assert!(shown.contains("egret_invocations_total{end=\"answered\"} 1\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_for_this_machine_unless_the_owner_says_otherwise() {
    let at = folder("export default () => new Response('up')", 1);
    let everywhere = Some(([0, 0, 0, 0], 0).into());
    let refused = start(at.path(), Watching { metrics: everywhere, ..Watching::default() }).await.err().unwrap();
    assert!(refused.to_string().contains("--metrics-anywhere"), "{refused}");
    assert!(start(at.path(), Watching { metrics: everywhere, anywhere: true, ..Watching::default() }).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_an_app_is_a_trace_at_the_collector() {
    let collector = Upstream::http(|_| async { Response::new("{}") });
    let upstream = Upstream::http(|_| async { Response::new("body") });
    let source = format!("export default () => fetch('http://{}/there?token=hunter2')", upstream.address());
    let at = folder(&source, upstream.address().port());
    let address = format!("http://{}", collector.address());
    let otlp = Otlp { address, private: vec!["127.0.0.1/32".to_owned()], paths: Paths::Hidden };
    let (address, stop, serving) = serve(at.path(), Watching { otlp: Some(otlp), ..Watching::default() }).await;
    assert_eq!(get(address, "/f?key=hunter2").await, (200, "body".to_owned()));
    drop(stop);
    serving.await.unwrap();
    let bodies: Vec<String> = collector.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    let sent = bodies.concat();
    assert_eq!(sent.matches("\"spanId\"").count(), 3, "{sent}");
    assert_eq!(sent.matches("\"parentSpanId\"").count(), 2, "{sent}");
    assert!(!sent.contains("hunter2") && !sent.contains("there"), "{sent}");
}

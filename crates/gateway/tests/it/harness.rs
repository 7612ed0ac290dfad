//! A gateway on loopback, a scripted runtime behind it, and a client that speaks raw bytes.

use egret_gateway::{Answered, Config, Gateway, Observer, Routes, Served};
use egret_runtime::{Answer, Failure, Invocation, Running, Runtime};
use egret_testkit::exchange;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A runtime that is a function of the test.
pub struct Fake<F>(pub F);

impl<F, R> Runtime for Fake<F>
where
    F: Fn(Invocation) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin((self.0)(invocation))
    }
}

/// Writes down a line for every answered request: `METHOD path function status code`.
#[derive(Default)]
pub struct Log(pub Mutex<Vec<String>>);

impl Observer for Log {
    fn answered(&self, request: &Answered<'_>) {
        let Answered { method, path, status, .. } = request;
        let function = request.function.unwrap_or("-");
        let code = request.code.unwrap_or("-");
        assert_eq!(request.id.as_str().len(), 26);
        self.0.lock().unwrap().push(format!("{method} {path} {function} {} {code}", status.as_u16()));
    }
}

/// A gateway that serves until it is stopped or dropped.
pub struct Site {
    pub address: SocketAddr,
    pub gateway: Gateway,
    pub log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Site {
    /// Serves `files` with a runtime that answers every invocation by `answer`.
    pub async fn start<F, R>(config: Config, files: &str, answer: F) -> Self
    where
        F: Fn(Invocation) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        let log = Arc::new(Log::default());
        let gateway = Gateway::build(config, served(files, answer), log.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = gateway.clone();
        let serving = tokio::spawn(async move { serving.serve(listener, async { _ = stopped.await }).await });
        Self { address, gateway, log, stop: Some(stop), serving }
    }

    /// Orders the stop.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the gateway has stopped.
    pub async fn stopped(&mut self) {
        (&mut self.serving).await.unwrap();
    }

    /// One request on a connection of its own. `head` is everything but the blank line, `Host` and `Connection`.
    pub async fn ask(&self, head: &str, body: &str) -> Reply {
        let lines = head.replace('\n', "\r\n");
        let request = format!("{lines}\r\nHost: localhost\r\nConnection: close\r\n\r\n{body}");
        Reply::parse(&exchange(self.address, request.as_bytes()).await)
    }

    /// A `GET` request.
    pub async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path} HTTP/1.1"), "").await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub fn served<F, R>(files: &str, answer: F) -> Served
where
    F: Fn(Invocation) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    let routes = Routes::from_files(files.split_whitespace(), &["js"]).unwrap();
    Served { routes, runtime: Arc::new(Fake(answer)) }
}

/// Answers 200 with a line that says what the function was given.
pub async fn echo(invocation: Invocation) -> Result<Answer, Failure> {
    let (request, params) = (&invocation.request, &invocation.params);
    let body = String::from_utf8_lossy(request.body());
    let line = format!("{} {} {} {params:?} {body}", invocation.function, request.method(), request.uri());
    Ok(Answer::new(line.into()))
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    #[track_caller]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer but {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The only value of a header field, if there is one.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice in {}", self.head);
        value
    }

    /// Status and code of a problem document, which must be well formed and say the request id of its header.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert!(self.body.ends_with("}\n"), "a shell's next line would begin in {:?}", self.body);
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], self.status);
        assert_eq!(document["type"], "about:blank");
        assert!(document["title"].is_string() && document["detail"].is_string());
        assert_eq!(document["requestId"].as_str(), self.header("x-request-id"));
        (self.status, document["code"].as_str().unwrap().to_owned())
    }
}

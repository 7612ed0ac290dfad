//! A runtime over a scripted network, shared by all tests that need no special configuration.

use bytes::Bytes;
use egret_policy::Policy;
use egret_runtime::{Answer, Failure, Invocation, InvocationId, Limits, Running, Runtime};
use egret_runtime_js::{
    AppCode, Call, CodeFault, Config, Console, FunctionCode, Hmac, JsApp, JsRuntime, Level, Outbound, Pending, Rejection, Reply, Rest,
    Source, Unsendable, Who,
};
use http::{HeaderMap, StatusCode};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The runtime of I/O, and the one that tests block on.
pub static IO: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

static SHARED: LazyLock<Bench> = LazyLock::new(|| Bench::new(Limits::default()));

/// Where the image is kept from one run of the tests to the next.
pub fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtime-js")
}

/// A runtime and what can be seen of it from outside.
pub struct Bench {
    pub js: JsRuntime,
    pub network: Arc<Network>,
    pub lines: Arc<Lines>,
}

impl Bench {
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, |_| {})
    }

    pub fn with(limits: Limits, change: impl FnOnce(&mut Config)) -> Self {
        let (network, lines) = (Arc::<Network>::default(), Arc::<Lines>::default());
        let mut config = Config::new(data_dir(), lines.clone(), IO.handle().clone());
        config.limits = limits;
        config.slots = 64;
        change(&mut config);
        let js = JsRuntime::with_outbound(config, network.clone()).unwrap();
        Self { js, network, lines }
    }

    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Loads one module as the function `main.js`.
    pub fn load(&self, source: &str) -> Arc<JsApp> {
        self.try_load(source).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    pub fn try_load(&self, source: &str) -> Result<Arc<JsApp>, Vec<CodeFault>> {
        self.js.load(app(Path::new("/nonexistent"), Source::Text { name: "main.js".to_owned(), text: source.to_owned() }))
    }

    /// Runs a handler's body: `return` its answer as text.
    pub fn eval(&self, body: &str) -> String {
        text(&self.run(&handler(body)))
    }

    pub fn run(&self, source: &str) -> Result<Answer, Failure> {
        invoke(&*self.load(source))
    }
}

/// A module whose handler is this body and whose answer is what the body returns.
pub fn handler(body: &str) -> String {
    format!(
        "export default async function (request, env, ctx) {{ const out = await (async () => {{ {body} }})(); return new Response(String(out)) }}"
    )
}

/// Runs a handler's body in the shared runtime.
pub fn eval(body: &str) -> String {
    Bench::shared().eval(body)
}

pub fn app(root: &Path, source: Source) -> AppCode {
    AppCode {
        name: "shop".into(),
        env: BTreeMap::from([("REGION".to_owned(), "eu".to_owned())]),
        grants: Policy::nothing().into(),
        secrets: egret_egress::Secrets::none(),
        bounds: None,
        root: root.to_owned(),
        functions: vec![FunctionCode { name: "main.js".into(), source }],
    }
}

pub fn invocation() -> Invocation {
    let request = http::Request::get("http://shop.test/items/7?x=1").header("x-a", "1").header("x-a", "2").body(Bytes::new()).unwrap();
    of_request(request)
}

pub fn of_request(request: http::Request<Bytes>) -> Invocation {
    Invocation {
        id: InvocationId::new("01JINVOCATION"),
        function: "main.js".into(),
        request,
        params: vec![("id".to_owned(), "7".to_owned())],
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

pub fn invoke(app: &dyn Runtime) -> Result<Answer, Failure> {
    block_on(app.invoke(invocation()))
}

pub fn block_on(running: Running<'_>) -> Result<Answer, Failure> {
    IO.block_on(running)
}

#[track_caller]
pub fn text(answer: &Result<Answer, Failure>) -> String {
    match answer {
        Ok(answer) => String::from_utf8(answer.body().to_vec()).unwrap(),
        Err(failure) => panic!("{failure:?}"),
    }
}

/// What the console was given.
#[derive(Default)]
pub struct Lines(Mutex<Vec<(Level, String)>>, Condvar);

impl Lines {
    pub fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The same once there are so many: what follows the answer is written after it was given.
    pub fn take_at_least(&self, count: usize) -> Vec<(Level, String)> {
        let guard = self.0.lock().unwrap();
        let (mut lines, waited) = self.1.wait_timeout_while(guard, Duration::from_secs(30), |lines| lines.len() < count).unwrap();
        assert!(!waited.timed_out(), "only {lines:?}");
        std::mem::take(&mut lines)
    }
}

impl Console for Lines {
    fn line(&self, _: &InvocationId, _: &str, level: Level, text: &str) {
        self.0.lock().unwrap().push((level, text.to_owned()));
        self.1.notify_all();
    }
}

/// A network in which a URL's path says what happens:
/// `/echo` gives the call back, `/status/N`, `/never` waits until it is dropped, `/gate/NAME` until the gate is opened,
/// `/fail/CODE` is rejected, `/panic` breaks its task, `/cut` fails in the middle of its body.
#[derive(Default)]
pub struct Network {
    gates: Mutex<HashMap<String, watch::Sender<bool>>>,
    pub calls: Mutex<Vec<(Who, Call)>>,
    /// Calls under way.
    pub open: Arc<watch::Sender<usize>>,
}

impl Network {
    pub fn open_gate(&self, name: &str) {
        self.gate(name).send_replace(true);
    }

    fn gate(&self, name: &str) -> watch::Sender<bool> {
        self.gates.lock().unwrap().entry(name.to_owned()).or_insert_with(|| watch::channel(false).0).clone()
    }

    /// Waits until so many calls are under way.
    pub async fn until_open(&self, count: usize) {
        self.open.subscribe().wait_for(|open| *open == count).await.unwrap();
    }
}

/// Counts one call while it lives.
struct Open(Arc<watch::Sender<usize>>);

impl Open {
    fn new(open: &Arc<watch::Sender<usize>>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl Outbound for Network {
    fn call(&self, who: Who, call: Call) -> Pending<Reply> {
        self.calls.lock().unwrap().push((who, call.clone()));
        let open = Open::new(&self.open);
        let path = call.url.split_once("//").unwrap().1.split_once('/').unwrap().1.to_owned();
        let (kind, rest) = path.split_once('/').unwrap_or((&path, ""));
        let gate = (kind == "gate").then(|| self.gate(rest).subscribe());
        let (kind, rest) = (kind.to_owned(), rest.to_owned());
        Box::pin(async move {
            let _open = open;
            match kind.as_str() {
                "never" => std::future::pending().await,
                "fail" => Err(rejection(&rest)),
                "panic" => panic!("a call that breaks, as this test wishes"),
                "cut" => Ok(reply(200, call, Box::new(Cut))),
                "status" => Ok(reply(rest.parse().unwrap(), call, whole("body"))),
                "big" => Ok(reply(200, call, whole("x".repeat(rest.parse().unwrap())))),
                "gate" => {
                    gate.unwrap().wait_for(|open| *open).await.unwrap();
                    Ok(reply(200, call, whole(rest)))
                }
                _ => {
                    let words = format!("{} {} {:?} {}", call.method, call.url, call.redirect, String::from_utf8_lossy(&call.body));
                    Ok(reply(200, call, whole(words)))
                }
            }
        })
    }

    fn refuse(&self, _: Who, call: Unsendable) -> Rejection {
        refused(&call)
    }

    /// Not a signature, but what was to be signed.
    fn sign(&self, _: &Who, hmac: &Hmac) -> Result<Bytes, Rejection> {
        let Hmac { secret, hash, data } = hmac;
        if secret != "WHSEC" {
            let message = "the secret is missing, or this app may not use it so".to_owned();
            return Err(Rejection { code: "NET_AUTH", message, retryable: false, retry_after: None, phase: None, hop: 0 });
        }
        Ok(format!("{hash:?} {}", String::from_utf8_lossy(data)).into())
    }

    fn verify(&self, who: &Who, hmac: &Hmac, signature: &[u8]) -> Result<bool, Rejection> {
        self.sign(who, hmac).map(|tag| tag == signature)
    }
}

fn refused(call: &Unsendable) -> Rejection {
    let message = call.denial.code().to_string();
    Rejection { code: "NET_BLOCKED", message, retryable: false, retry_after: None, phase: None, hop: 0 }
}

fn reply(status: u16, call: Call, body: Box<dyn Rest>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/plain".parse().unwrap());
    for (name, value) in &call.headers {
        headers.append(http::HeaderName::from_bytes(format!("got-{name}").as_bytes()).unwrap(), value.clone());
    }
    Reply { status: StatusCode::from_u16(status).unwrap(), headers, url: call.url, redirected: false, body }
}

fn rejection(code: &str) -> Rejection {
    Rejection {
        code: if code == "NET_RATE" { "NET_RATE" } else { "NET_TIMEOUT" },
        message: "the request took too long".to_owned(),
        retryable: true,
        retry_after: (code == "NET_RATE").then(|| Duration::from_millis(1500)),
        phase: (code != "NET_RATE").then_some("connect"),
        hop: 1,
    }
}

fn whole(text: impl Into<String>) -> Box<dyn Rest> {
    Box::new(Whole(text.into()))
}

struct Whole(String);

impl Rest for Whole {
    fn collect(self: Box<Self>, cap: usize) -> Pending<Bytes> {
        Box::pin(async move {
            if self.0.len() > cap {
                let message = "the response is too large".to_owned();
                return Err(Rejection { code: "NET_SIZE", message, retryable: false, retry_after: None, phase: None, hop: 0 });
            }
            Ok(Bytes::from(self.0))
        })
    }
}

struct Cut;

impl Rest for Cut {
    fn collect(self: Box<Self>, _: usize) -> Pending<Bytes> {
        Box::pin(async { Err(rejection("NET_TIMEOUT")) })
    }
}

//! `egret net fetch METHOD URL --app NAME`: one request as that app, through the real kernel, with what the app was given.

use super::stored;
use crate::commands::Data;
use crate::commands::owner::{key_source, tell};
use crate::show::{self, Home};
use egret_admin::Fault;
use egret_app::config::Environment;
use egret_egress::{Audit, Caller, Config, Decode, Detail, Draft, Egress, Error, Event, Redirect, RequestBody, Response, Secrets};
use egret_policy::Policy;
use egret_store::Store;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Send one request as an app, with its rules and secrets
///
/// It goes through the same kernel as the app's functions: what they are refused is refused here. The rules are those that the app
/// was given (`egret net list`); those of its manifest do not count.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net fetch GET https://api.github.com/zen --app shop
  egret net fetch POST https://api.stripe.com/v1/charges --app shop --header 'content-type: application/json' --body '{}'")]
pub struct Arguments {
    /// The method, case-sensitive
    method: String,
    /// The URL
    url: String,
    /// The app's name
    #[arg(long, value_name = "NAME")]
    app: String,
    /// A header field, 'name: value'; may be repeated
    #[arg(long, short = 'H', value_name = "FIELD")]
    header: Vec<String>,
    /// The body, as text
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// Follow redirects; each is decided again
    #[arg(long)]
    follow: bool,
    /// Bytes of the response's body that are shown
    #[arg(long, value_name = "BYTES", default_value = "65536")]
    show: usize,
    /// Seconds for all of it
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

/// What came, as far as it is shown.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    url: String,
    body: Vec<u8>,
    more: bool,
}

/// Keeps the events until they are shown.
#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl Audit for Events {
    fn record(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let dir = arguments.data.data_dir()?;
    let (policy, secrets) = match given(&dir, &arguments.app) {
        Ok(given) => given,
        Err(fault) => return Ok(tell(arguments.json, Err(fault))),
    };
    let method = Method::from_bytes(arguments.method.as_bytes())
        .map_err(|_| anyhow::anyhow!("{:.40?} is no method; write for example GET", arguments.method))?;
    let headers = match arguments.header.iter().map(|text| field(text)).collect::<Result<HeaderMap, Fault>>() {
        Ok(headers) => headers,
        Err(fault) => return Ok(tell(arguments.json, Err(fault))),
    };
    let events = Arc::new(Events::default());
    let runtime = crate::commands::runtime()?;
    let outcome = runtime.block_on(fetch(&arguments, (method, headers), (policy, secrets), Arc::clone(&events)))?;
    drop(runtime);
    let events = std::mem::take(&mut *events.0.lock().unwrap_or_else(PoisonError::into_inner));
    if arguments.json {
        println!("{}", show::json_line(&as_json(&outcome, &events)));
    } else {
        print!("{}", as_text(&outcome, &events, &arguments.app));
    }
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the app was given, from the store itself: no secret's value ever crosses the control socket towards a client.
fn given(dir: &Path, app: &str) -> Result<(Policy, Secrets), Fault> {
    let key = key_source(&Environment::read()).read(dir)?;
    let store = Store::open(dir, key)?;
    let missing = || Fault::Missing(format!("there is no app {app:.80?}; `egret app list` shows all"));
    let id = store.app(app)?.ok_or_else(missing)?.id;
    let snapshot = store.snapshot(&id)?.ok_or_else(missing)?;
    let closed = egret_app::stored::closed(store.standing(Some(&id))?);
    let policy = stored::policy(egret_app::stored::rules(&snapshot.grants)?)?.closed(closed);
    Ok((policy, Secrets::new(egret_app::stored::secrets(snapshot.secrets, SystemTime::now()))))
}

/// The outer result is ours, the inner one the request's.
async fn fetch(
    arguments: &Arguments,
    (method, headers): (Method, HeaderMap),
    (policy, secrets): (Policy, Secrets),
    events: Arc<Events>,
) -> anyhow::Result<Result<Answer, Error>> {
    let kernel = Egress::build(Config { detail: Detail::Full, ..Config::default() }, events)?;
    let caller = Caller {
        app: arguments.app.as_str().into(),
        function: "net fetch".into(),
        invocation: "command".into(),
        door: egret_egress::Door::Command,
        grants: policy.into(),
        secrets,
        budget: egret_egress::Budget::none(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(arguments.timeout),
    };
    let draft = Draft {
        method,
        url: arguments.url.clone(),
        headers,
        body: arguments.body.clone().map_or(RequestBody::Empty, RequestBody::from),
        redirect: if arguments.follow { Redirect::Follow } else { Redirect::Return },
        decode: Decode::Auto,
        auth: None,
        cache: egret_egress::CacheWish::default(),
        options: Default::default(),
    };
    let answer = match kernel.fetch(&caller, draft).await {
        Ok(response) => read(response, arguments.show).await,
        Err(error) => Err(error),
    };
    Ok(answer)
}

/// Reads as much as is shown. The response goes when this ends, so that its event is there.
async fn read(response: Response, most: usize) -> Result<Answer, Error> {
    let Response { status, headers, url, body: mut incoming, .. } = response;
    let (mut body, mut more) = (Vec::new(), false);
    while let (false, Some(piece)) = (more, incoming.chunk().await?) {
        let shown = piece.len().min(most - body.len());
        body.extend_from_slice(&piece[..shown]);
        more = shown < piece.len();
    }
    Ok(Answer { status, headers, url, body, more })
}

/// `name: value`, without repeating it where it is none: the value may be a credential.
fn field(text: &str) -> Result<(HeaderName, HeaderValue), Fault> {
    let parsed = text.split_once(':').and_then(|(name, value)| Some((name.trim().parse().ok()?, value.trim().parse().ok()?)));
    parsed.ok_or_else(|| Fault::Invalid("--header has no header field; write 'name: value'".to_owned()))
}

fn as_text(outcome: &Result<Answer, Error>, events: &[Event], app: &str) -> String {
    let mut out: String = events.iter().map(|event| show::call(event, Home::App(app))).collect();
    match outcome {
        Ok(Answer { status, headers, body, more, .. }) => {
            out.push_str(&format!("{} {}\n", status.as_u16(), status.canonical_reason().unwrap_or_default()));
            for (name, value) in headers {
                out.push_str(&show::printable_line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))));
                out.push('\n');
            }
            out.push('\n');
            out.push_str(&show::printable(&String::from_utf8_lossy(body)));
            out.push_str(if *more { "\n… (there is more; --show says how much is shown)\n" } else { "\n" });
        }
        Err(error) if events.is_empty() => out.push_str(&format!("{}\n", show::printable(&error.to_string()))),
        Err(_) => {}
    }
    out
}

fn as_json(outcome: &Result<Answer, Error>, events: &[Event]) -> Value {
    let mut value = match outcome {
        Ok(Answer { status, headers, url, body, more }) => {
            let headers = headers.iter().map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]));
            let headers: Vec<Value> = headers.collect();
            let body = String::from_utf8_lossy(body);
            json!({ "ok": true, "status": status.as_u16(), "url": url, "headers": headers, "body": body, "more": more })
        }
        Err(error) => json!({ "ok": false, "code": error.code().as_str(), "path": error.path(), "message": error.reason().to_string() }),
    };
    value["events"] = events.iter().map(show::event_json).collect();
    value
}

//! Where a secret's value could lie beside the wire: files, the process, a guest. Each is searched after a call into which the
//! secret was put.

use super::Played;
use super::echoes::went_in;
use super::stage::{Scene, Stage};
use crate::conformance::Verdict;
use bytes::Bytes;
use egret_app::config::Environment;
use egret_policy::Placeholder;
use egret_runtime::{Invocation, InvocationId, Runtime};
use egret_runtime_js::{AppCode, Config, Console, FunctionCode, JsRuntime, Level, Source};
use egret_store::{Key, Store};
use egret_testkit::Step;
use rustix::process::{DumpableBehavior, dumpable_behavior};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Tells everything that a function can see of a request, its answer and what it was given, with all that is inherited.
const GUEST: &str = "export default async function (inbound, env) {
    const seen = [];
    const look = (name, thing) => {
        for (let at = thing; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
            for (const key of Reflect.ownKeys(at)) {
                let value;
                try { value = thing[key]; } catch { continue; }
                if (typeof value === 'string' || typeof value === 'number') seen.push([name, String(key), value]);
            }
        }
        if (thing.headers) seen.push([name, 'headers', [...thing.headers]]);
    };
    const request = new Request(URL_HERE, { auth: 'NAME_HERE', authMode: 'bearer', headers: { authorization: `Bearer ${env.SECRET}` } });
    const response = await fetch(request);
    look('env', env);
    look('request', request);
    look('response', response);
    seen.push(['body', await response.text()]);
    look('request', request);
    return Response.json(seen);
}";

/// The store after the secret was kept there, used, rotated and removed.
pub async fn disk(stage: &Stage) -> Played {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let folder = tempfile::tempdir().map_err(|error| words(&error))?;
    let data = folder.path().join("data");
    let kept = || {
        let store = Store::open(&data, Key::of_data_dir(&data)?)?;
        let app = store.create_app("conformance", None)?;
        let value = || Zeroizing::new(stage.value.clone().into_bytes());
        store.set_secret(&app.id, stage.name.as_str(), value())?;
        store.rotate_secret(&app.id, stage.name.as_str(), value(), std::time::Duration::from_secs(60))?;
        let opened = store.open_secrets(&app.id)?;
        Ok::<_, egret_store::StoreError>((store, opened.iter().any(|secret| secret.value.as_slice() == stage.value.as_bytes())))
    };
    let (store, is_kept) = tokio::task::block_in_place(kept).map_err(|error| words(&error))?;
    let scene = called(stage, &stage.value).await?;
    drop(scene);
    if !is_kept {
        return Err("the store does not hold the secret, so nothing was searched".to_owned());
    }
    let holding = holding(&data, stage.value.as_bytes()).map_err(|error| words(&error))?;
    drop(store);
    Ok(Some(holding.map_or(Verdict::Passed, |file| Verdict::Failed(format!("the value lies in {file}")))))
}

/// The first file below a folder that holds a text.
fn holding(folder: &Path, text: &[u8]) -> std::io::Result<Option<String>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(file) = holding(&path, text)? {
                return Ok(Some(file));
            }
        } else if fs::read(&path)?.windows(text.len()).any(|window| window == text) {
            return Ok(Some(path.display().to_string()));
        }
    }
    Ok(None)
}

/// What the kernel's process shows to others of its machine.
pub async fn process(stage: &Stage) -> Played {
    let _scene = called(stage, &stage.value).await?;
    for file in ["/proc/self/environ", "/proc/self/cmdline"] {
        let text = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        if text.windows(stage.value.len()).any(|window| window == stage.value.as_bytes()) {
            return Ok(Some(Verdict::Failed(format!("{file} holds the value"))));
        }
    }
    Ok(Some(Verdict::Passed))
}

/// Whether the process leaves a picture of its memory behind when it dies, or hands it to a debugger of its user.
pub async fn dump(stage: &Stage) -> Played {
    let _scene = called(stage, &stage.value).await?;
    let behavior = dumpable_behavior().map_err(|error| error.to_string())?;
    Ok(Some(super::verdict(behavior == DumpableBehavior::NotDumpable, "the process may be dumped")))
}

/// What a function in JavaScript sees: not the value, and nothing that a value of another length would change.
pub async fn guest(stage: &Stage) -> Played {
    let other = stage.value.repeat(3);
    let (first, second) = (view(stage, &stage.value).await?, view(stage, &other).await?);
    if !first.contains("\"body\"") || !first.contains("egret-secret-") {
        return Err(format!("the function did not see what it asked for: {first}"));
    }
    if first.contains(&stage.value) {
        return Ok(Some(Verdict::Failed("the function sees the value".to_owned())));
    }
    Ok(Some(super::verdict(first == second, "what the function sees depends on the value's length")))
}

async fn view(stage: &Stage, value: &str) -> Result<String, String> {
    let scene = scene(stage, value)?;
    let data = tempfile::tempdir().map_err(|error| error.to_string())?;
    let kept = Environment::read().data_dir_from(None).map_or_else(|| data.path().to_owned(), |(folder, _)| folder);
    let config = Config { slots: 1, ..Config::new(kept, Arc::new(Quiet), tokio::runtime::Handle::current()) };
    let url = format!("'https://{}{}'", stage.host, super::stage::PATH);
    let source = Source::Text { name: "f.js".to_owned(), text: GUEST.replace("URL_HERE", &url).replace("NAME_HERE", stage.name.as_str()) };
    let code = AppCode {
        name: Arc::clone(&scene.caller.app),
        env: [("SECRET".to_owned(), Placeholder::make(&stage.name, [0xab; 16]))].into(),
        grants: scene.caller.grants.clone(),
        secrets: scene.caller.secrets.clone(),
        bounds: None,
        root: data.path().to_owned(),
        functions: vec![FunctionCode { name: "f".into(), source }],
    };
    let app = tokio::task::block_in_place(|| {
        let runtime = JsRuntime::build(config, scene.egress.clone()).map_err(|error| error.to_string())?;
        runtime.load(code).map_err(|faults| format!("{faults:?}"))
    })?;
    let request = http::Request::get("http://shop.test/").body(Bytes::new()).map_err(|error| error.to_string())?;
    let (id, function, deadline) = (InvocationId::new("seen"), "f".into(), scene.caller.deadline.into_std());
    let answer = app.invoke(Invocation { id, function, request, params: Vec::new(), deadline }).await;
    let answer = answer.map_err(|failure| format!("{failure:?}"))?;
    if !scene.received().contains(&format!("authorization: Bearer {value}")) {
        return Err("the secret was not put in, so nothing was hidden".to_owned());
    }
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// A call into which the secret went.
async fn called(stage: &Stage, value: &str) -> Result<Scene, String> {
    let scene = scene(stage, value)?;
    scene.ask(stage.wishing()).await;
    if went_in(stage, &scene) { Ok(scene) } else { Err("the secret was not put in, so nothing was searched".to_owned()) }
}

fn scene(stage: &Stage, value: &str) -> Result<Scene, String> {
    let scene = stage.set(&[&stage.host], vec![vec![Step::ExpectHead, Step::send(ANSWER), Step::Hold]], |_| {})?;
    scene.caller.secrets.replace(vec![stage.secret(&stage.place, value)]);
    Ok(scene)
}

/// What the function writes to its console is not what is looked at.
struct Quiet;

impl Console for Quiet {
    fn line(&self, _: &InvocationId, _: &str, _: Level, _: &str) {}
}

//! What comes back: whatever an upstream echoes, and whatever is told of a call.

use super::stage::{Came, PATH, Scene, Stage};
use super::{Played, verdict};
use crate::conformance::Verdict;
use crate::conformance::case::{Expect, Flow};
use egret_egress::{Message, Redirect, WsDraft};
use egret_policy::Place;
use egret_testkit::{Authority, Hostile, Step, coded, frame, server_config};
use http::{HeaderMap, Method};

/// Whether a flow is one that comes to an echo, or to none.
pub fn judges(flow: &Flow) -> bool {
    matches!(flow.shape()[..], ["response_body" | "response_headers" | "response_trailers" | "encoding" | "chunks"])
}

/// An upstream that echoes once, after one head.
pub async fn http(stage: &Stage, flow: &Flow) -> Played {
    let Some((answer, sent)) = answer(stage, flow) else { return Ok(None) };
    let cap = flow.truncate_at_secret.then_some(stage.value.len() as u64 / 2);
    let steps = vec![Step::ExpectHead, Step::send(answer), Step::Hold];
    let scene = stage.set(&[&stage.host], vec![steps], |config| config.caps.response_body = cap.unwrap_or(config.caps.response_body))?;
    let mut draft =
        if flow.inject.as_deref() == Some("none") { stage.draft(&format!("https://{}{PATH}", stage.host)) } else { stage.wishing() };
    if flow.oracle.is_some() {
        draft.method = Method::HEAD;
        scene.caller.grants.swap(with_head(stage)?);
    }
    let came = scene.ask(draft).await;
    if flow.inject.as_deref() != Some("none") && !went_in(stage, &scene) {
        return Err("the secret was not put in, so nothing was shown".to_owned());
    }
    Ok(Some(judge(stage, &came, &sent, flow)))
}

/// HEAD beside what the policy allows: its answer is what the case is about.
fn with_head(stage: &Stage) -> Result<egret_policy::Policy, String> {
    let rule = egret_policy::RuleSpec::host(&stage.host);
    egret_policy::Policy::builder().rule(rule).build().map_err(|faults| format!("{faults:?}"))
}

/// The bytes of the answer, and the text of it that a guest must not see, or must see whole.
fn answer(stage: &Stage, flow: &Flow) -> Option<(Vec<u8>, String)> {
    let lines = |fields: &[(String, String)]| fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    let first = |fields: &[(String, String)]| fields.first().map(|(_, value)| value.clone()).unwrap_or_default();
    let head = |fields: &str, body: &[u8]| {
        [format!("HTTP/1.1 200 OK\r\n{fields}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
    };
    let chunked = |chunks: &[String], trailers: &str| {
        let chunks: String = chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n{trailers}\r\n").into_bytes()
    };
    let value = stage.value.clone();
    Some(match flow.shape()[..] {
        ["response_body"] => {
            let body = flow.response_body.clone()?;
            (head("", body.as_bytes()), body)
        }
        ["response_headers"] => (head(&lines(&flow.response_headers), b""), first(&flow.response_headers)),
        ["response_trailers"] => (chunked(&[], &lines(&flow.response_trailers)), first(&flow.response_trailers)),
        ["status_line"] => (format!("{}\r\ncontent-length: 0\r\n\r\n", flow.status_line.as_deref()?).into_bytes(), value),
        ["encoding"] if flow.encoding.as_deref() == Some("gzip") => {
            (head("content-encoding: gzip\r\n", &coded::gzip(value.as_bytes())), value)
        }
        ["chunks"] => (chunked(&flow.chunks, ""), flow.chunks.concat()),
        ["truncate_at_secret"] => (chunked(&value.chars().map(String::from).collect::<Vec<_>>(), ""), value),
        ["oracle"] if flow.oracle.as_deref() == Some("content-length") => {
            (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", value.len()).into_bytes(), value)
        }
        _ => return None,
    })
}

fn judge(stage: &Stage, came: &Came, sent: &str, flow: &Flow) -> Verdict {
    if stage.expect == Expect::Allow {
        return verdict(came.code.is_none() && came.body == sent.as_bytes(), "what is no echo did not come as it was sent");
    }
    if came.told.contains(&stage.value) || came.told.contains(sent) {
        return Verdict::Failed("the echo reaches the guest or what is told".to_owned());
    }
    if flow.oracle.is_some() && came.headers.contains_key("content-length") {
        return Verdict::Failed("the length is told".to_owned());
    }
    match &came.code {
        Some(code) if flow.truncate_at_secret => {
            let nothing = came.body.iter().all(|byte| !stage.value.as_bytes().contains(byte));
            verdict(code == "egress.size.response_body" && nothing, "a part of it was handed out")
        }
        Some(code) => Verdict::Failed(format!("failed with {code}")),
        None => Verdict::Passed,
    }
}

/// Whether what upstreams received holds the secret, raw or as Basic writes it.
pub fn went_in(stage: &Stage, scene: &Scene) -> bool {
    let received = scene.received();
    received.contains(&stage.value) || stage.place == Place::Basic && received.contains("authorization: Basic ")
}

/// A WebSocket's message in fragments.
pub async fn socket(stage: &Stage, flow: &Flow) -> Played {
    let last = flow.ws_fragments.len() - 1;
    let fragments = flow.ws_fragments.iter().enumerate();
    let frames = fragments.map(|(number, text)| {
        let (fin, opcode) = (if number == last { 0x80 } else { 0 }, u8::from(number == 0));
        Step::Send(frame(fin | opcode, text.as_bytes()))
    });
    let steps = [Step::Upgrade(bytes::Bytes::new())].into_iter().chain(frames).chain([Step::Hold]).collect();
    let scene = stage.set(&[&stage.host], vec![steps], |_| {})?;
    let draft = WsDraft { url: format!("wss://{}{PATH}", stage.host), headers: HeaderMap::new(), protocols: Vec::new() };
    let socket = scene.egress.websocket(&scene.caller, draft).await.map_err(|error| format!("{error:?}"))?;
    let message = socket.next().await.map_err(|error| format!("{error:?}"))?;
    let masked = Message::Text("*".repeat(flow.ws_fragments.concat().len()));
    Ok(Some(verdict(message == Some(masked), "the message is another one than its mask")))
}

/// A redirect to another origin: the secret stays behind.
pub async fn redirected(stage: &Stage, flow: &Flow) -> Played {
    let Some(to) = flow.redirect_to.as_deref() else { return Ok(None) };
    let Ok(target) = egret_policy::Target::parse(to) else { return Ok(None) };
    let first =
        vec![Step::ExpectHead, Step::send(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")), Step::Hold];
    let second = vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), Step::Hold];
    let scene = stage.set(&[&stage.host, &target.host().to_string()], vec![first, second], |_| {})?;
    let came = scene.ask(egret_egress::Draft { redirect: Redirect::Follow, ..stage.wishing() }).await;
    let received: Vec<bool> =
        scene.peer.seen().received.iter().map(|bytes| String::from_utf8_lossy(bytes).contains(&stage.value)).collect();
    if let Some(code) = came.code {
        return Err(format!("failed with {code}"));
    }
    Ok(Some(verdict(received == [true, false], "the secret did not go to its own origin alone")))
}

/// A call that fails once its secret is ready to go.
pub async fn failing(stage: &Stage, flow: &Flow) -> Played {
    if flow.error.as_deref() != Some("connect") {
        return Ok(None);
    }
    let authority = Authority::new();
    let gone = Hostile::script(vec![Step::Hold]).address();
    let peer = Hostile::script_tls(server_config(authority.leaf(&[&stage.host])), vec![Step::Hold]);
    let scene = stage.leading(&authority, &[&stage.host], peer, gone, |_| {})?;
    let came = scene.ask(stage.wishing()).await;
    let failed = came.code.as_deref().is_some_and(|code| code.starts_with("egress.connect."));
    Ok(Some(verdict(failed && !came.told.contains(&stage.value), "the error or what is told of it holds the secret")))
}

/// What is told of a call that went well and of one that was broken off.
pub async fn told(stage: &Stage, flow: &Flow) -> Played {
    // Logs, traces and measurements are made of events, and of nothing else that the kernel gives out.
    if !matches!(flow.sink.as_deref(), Some("log" | "otel" | "metrics" | "debug")) {
        return Ok(None);
    }
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"] {
        let scene = stage.set(&[&stage.host], vec![vec![Step::ExpectHead, Step::send(answer)]], |_| {})?;
        let draft = stage.wishing();
        let shown = format!("{draft:?} {:?}", stage.secret(&stage.place, &stage.value));
        let came = scene.ask(draft).await;
        if !went_in(stage, &scene) {
            return Err("the secret was not put in, so nothing was shown".to_owned());
        }
        if came.told.contains(&stage.value) || shown.contains(&stage.value) {
            return Ok(Some(Verdict::Failed("what is told of a call holds the secret".to_owned())));
        }
    }
    Ok(Some(Verdict::Passed))
}

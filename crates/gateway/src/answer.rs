//! What the client gets: a function's answer made safe to send, or a problem (RFC 9457) for everything else.
//!
//! Every refusal gets its status, code and words here and nowhere else.

use crate::config::Detail;
use crate::refusal::Refusal;
use crate::take::remove_hop_by_hop;
use bytes::Bytes;
use egret_runtime::{Answer, Failure, InvocationId, Limit, NetFailure, Thrown};
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::Full;
use std::time::Duration;

/// An answer as it goes to the connection.
pub(crate) type Reply = Response<Full<Bytes>>;

/// The header that carries the request id on every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Header fields of a function's answer, those of the connection not counted: as many as a request may have by default.
const FIELDS: usize = 100;

/// Bytes of these fields as they are sent, line ends included: as long as a request's head may be by default.
const FIELD_BYTES: usize = 64 << 10;

/// What a refusal looks like from outside.
struct Face<'a> {
    status: StatusCode,
    /// The stable code; a dotted name, or the network's own for its errors.
    code: &'a str,
    /// Words that are safe for anybody.
    words: &'static str,
    retry_after: Option<Duration>,
}

/// A function's answer with the fields that belong to the connection taken out: framing is computed, never believed.
///
/// # Errors
/// [`Failure::BadAnswer`] for a status that no final answer can have, and for more header fields than may be sent.
pub(crate) fn sendable(answer: Answer) -> Result<Reply, Failure> {
    let (mut head, mut body) = answer.into_parts();
    if !(200..600).contains(&head.status.as_u16()) {
        return Err(Failure::BadAnswer(format!("{} is not the status of an answer", head.status.as_u16())));
    }
    remove_hop_by_hop(&mut head.headers);
    head.headers.remove(CONTENT_LENGTH);
    check_fields(&head.headers)?;
    if matches!(head.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED) {
        body = Bytes::new();
    }
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    Ok(reply)
}

/// Proxies and clients refuse heads that are longer than this, or worse, some of them do and some do not.
fn check_fields(headers: &HeaderMap) -> Result<(), Failure> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len()).sum();
    if headers.len() > FIELDS {
        return Err(Failure::BadAnswer(format!("{} header fields are more than {FIELDS}", headers.len())));
    }
    if bytes > FIELD_BYTES {
        return Err(Failure::BadAnswer(format!("{bytes} bytes of header fields are more than {FIELD_BYTES}")));
    }
    Ok(())
}

/// Puts the request id on an answer, over whatever a function said it was.
pub(crate) fn stamp(reply: &mut Reply, id: &InvocationId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        reply.headers_mut().insert(REQUEST_ID, value);
    }
}

/// Makes this the last answer of its connection.
pub(crate) fn close(reply: &mut Reply) {
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}

/// The stable code of a refusal.
pub(crate) fn code(refusal: &Refusal) -> &str {
    face(refusal).code
}

/// The problem document of a refusal.
pub(crate) fn problem(refusal: &Refusal, id: &InvocationId, detail: Detail) -> Reply {
    let face = face(refusal);
    let words = match detail {
        Detail::Safe => face.words.to_owned(),
        Detail::Full => full_words(refusal, &face),
    };
    let document = serde_json::json!({
        "type": "about:blank",
        "title": face.status.canonical_reason().unwrap_or_default(),
        "status": face.status.as_u16(),
        "detail": words,
        "code": face.code,
        "requestId": id.as_str(),
    });
    let mut reply = Response::new(Full::new(format!("{document}\n").into()));
    *reply.status_mut() = face.status;
    fields(reply.headers_mut(), refusal, &face);
    if ends_connection(refusal) {
        close(&mut reply);
    }
    reply
}

fn fields(headers: &mut HeaderMap, refusal: &Refusal, face: &Face<'_>) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(after) = face.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
    if let Refusal::MethodNotAllowed(allow) = refusal {
        let allow: Vec<&str> = allow.iter().map(Method::as_str).collect();
        headers.extend(HeaderValue::from_str(&allow.join(", ")).ok().map(|value| (ALLOW, value)));
    }
}

/// Rounded up, and never nothing: a client must not come back before the time, nor at once.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// Whether the rest of the connection may hold what nobody has read or understood.
fn ends_connection(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Framing(_)
        | Refusal::HeadTooLarge
        | Refusal::BadHost(_)
        | Refusal::BadPath(_)
        | Refusal::BodyTooLarge
        | Refusal::BodyTimeout
        | Refusal::BodyBroken
        | Refusal::BodiesTooLarge => true,
        Refusal::WrongHost
        | Refusal::NotFound
        | Refusal::MethodNotAllowed(_)
        | Refusal::Overloaded
        | Refusal::Paused
        | Refusal::Failed(_) => false,
    }
}

fn full_words(refusal: &Refusal, face: &Face<'_>) -> String {
    match refusal {
        Refusal::Failed(Failure::Thrown(thrown)) if !thrown.stack.is_empty() => format!("{thrown}\n{}", thrown.stack),
        Refusal::Failed(failure) => failure.to_string(),
        Refusal::Framing(fault) => fault.to_string(),
        Refusal::BadPath(fault) => fault.to_string(),
        Refusal::BadHost(why) => (*why).to_owned(),
        Refusal::HeadTooLarge
        | Refusal::WrongHost
        | Refusal::NotFound
        | Refusal::MethodNotAllowed(_)
        | Refusal::BodyTooLarge
        | Refusal::BodyTimeout
        | Refusal::BodyBroken
        | Refusal::BodiesTooLarge
        | Refusal::Overloaded
        | Refusal::Paused => face.words.to_owned(),
    }
}

/// The table of refusals.
fn face(refusal: &Refusal) -> Face<'_> {
    use StatusCode as S;
    let bare = |status, code, words| Face { status, code, words, retry_after: None };
    match refusal {
        Refusal::Framing(_) => bare(S::BAD_REQUEST, "gateway.framing", "The request can be read in more than one way."),
        Refusal::HeadTooLarge => bare(S::REQUEST_HEADER_FIELDS_TOO_LARGE, "gateway.head_too_large", "The request's head is too large."),
        Refusal::BadHost(_) => bare(S::BAD_REQUEST, "gateway.bad_host", "The request does not name one valid host."),
        Refusal::WrongHost => bare(S::MISDIRECTED_REQUEST, "gateway.wrong_host", "This server does not answer for that host."),
        Refusal::BadPath(_) => bare(S::BAD_REQUEST, "gateway.bad_path", "The request's path can be read in more than one way."),
        Refusal::NotFound => bare(S::NOT_FOUND, "gateway.not_found", "No function has this path."),
        Refusal::MethodNotAllowed(_) => bare(S::METHOD_NOT_ALLOWED, "gateway.method_not_allowed", "This path has other methods only."),
        Refusal::BodyTooLarge => bare(S::PAYLOAD_TOO_LARGE, "gateway.body_too_large", "The request's body is too large."),
        Refusal::BodyTimeout => bare(S::REQUEST_TIMEOUT, "gateway.body_timeout", "The request's body did not arrive in time."),
        Refusal::BodyBroken => bare(S::BAD_REQUEST, "gateway.body_broken", "The request's body is not what its head says."),
        Refusal::BodiesTooLarge => overloaded("Too many long requests are in work."),
        Refusal::Overloaded => overloaded("Too many requests are in work."),
        Refusal::Paused => bare(S::SERVICE_UNAVAILABLE, "gateway.paused", "The app is paused."),
        Refusal::Failed(failure) => failure_face(failure),
    }
}

fn overloaded(words: &'static str) -> Face<'static> {
    let retry_after = Some(Duration::from_secs(1));
    Face { status: StatusCode::SERVICE_UNAVAILABLE, code: "gateway.overloaded", words, retry_after }
}

fn failure_face(failure: &Failure) -> Face<'_> {
    const INTERNAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
    let internal = |code, words| Face { status: INTERNAL, code, words, retry_after: None };
    match failure {
        Failure::Limit { limit, .. } => limit_face(*limit),
        Failure::Thrown(Thrown { net: Some(net), .. }) => net_face(net),
        Failure::Thrown(_) => internal("function.thrown", "The function ended with an error."),
        Failure::BadAnswer(_) => internal("function.bad_answer", "The function's answer cannot be sent."),
        Failure::NoFunction(_) => internal("runtime.no_function", "The function is not loaded."),
        Failure::Engine(_) => internal("runtime.engine", "The server failed to run the function."),
    }
}

fn limit_face(limit: Limit) -> Face<'static> {
    let (status, words, retry_after) = match limit {
        Limit::Wall => (StatusCode::GATEWAY_TIMEOUT, "The function took too long.", None),
        Limit::Isolates => (StatusCode::SERVICE_UNAVAILABLE, "Too many functions are running.", Some(Duration::from_secs(1))),
        Limit::Cpu | Limit::Heap | Limit::Stack | Limit::AnswerBody => {
            (StatusCode::INTERNAL_SERVER_ERROR, "The function went over one of its limits.", None)
        }
    };
    Face { status, code: limit.name(), words, retry_after }
}

/// The kernel's errors that a function let escape. Their own codes are kept: they are what its author looks up.
fn net_face(net: &NetFailure) -> Face<'_> {
    let (status, words) = match net.code.as_str() {
        "NET_TIMEOUT" | "NET_BUDGET" => (StatusCode::GATEWAY_TIMEOUT, "Something that the function called took too long."),
        "NET_LIMIT" | "NET_RATE" => (StatusCode::SERVICE_UNAVAILABLE, "The function made too many calls."),
        "NET_SIZE" | "NET_DNS" | "NET_TLS" | "NET_CONNECT" | "NET_PROTOCOL" => {
            (StatusCode::BAD_GATEWAY, "Something that the function called did not answer properly.")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "The function ended with an error."),
    };
    let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
    let retry_after = unavailable.then(|| net.retry_after.unwrap_or(Duration::from_secs(1)));
    Face { status, code: &net.code, words, retry_after }
}

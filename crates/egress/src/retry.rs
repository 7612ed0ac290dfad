//! Whether a failed try is followed by another, and when. Pure but for the dice: the waiting is in `client/tries.rs`.

use crate::draft::Draft;
use crate::error::Reason;
use egret_policy::RetrySpec;
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, Method};
use std::time::{Duration, SystemTime};

/// Tells a server that the same request may come again (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a try came to.
pub(crate) enum Ended<'a> {
    /// A head that is not handed on yet.
    Answered(u16, &'a HeaderMap),
    Failed(&'a Reason),
}

/// How long to wait before another try after `before` retries; `None` where there is none.
pub(crate) fn wait(retry: &RetrySpec, draft: &Draft, before: u8, ended: &Ended<'_>) -> Option<Duration> {
    let tries = draft.options.tries.unwrap_or(u8::MAX).min(retry.attempts);
    // What a stream has given away cannot be sent again.
    if before + 1 >= tries || !may_come_again(retry, draft) || draft.body.is_begun() {
        return None;
    }
    let jitter = jitter(bound(retry, before), random());
    match ended {
        Ended::Answered(status, headers) if retry.on.contains(status) => Some(jitter.max(retry_after(headers).unwrap_or_default())),
        Ended::Failed(reason) if reason.may_pass() => Some(jitter),
        Ended::Answered(..) | Ended::Failed(_) => None,
    }
}

/// RFC 9110, 9.2.2: a request that may reach the server twice. The rule's owner may know of others, and so may who sends a key.
fn may_come_again(retry: &RetrySpec, draft: &Draft) -> bool {
    let idempotent = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE, Method::TRACE];
    let keyed = [Method::POST, Method::PATCH].contains(&draft.method) && draft.headers.contains_key(IDEMPOTENCY_KEY);
    idempotent.contains(&draft.method) || keyed || retry.methods.iter().any(|method| method == draft.method.as_str())
}

/// What the wait is random below: doubled with every retry, up to the rule's most.
fn bound(retry: &RetrySpec, before: u8) -> Duration {
    let (first, most) = retry.backoff;
    first.saturating_mul(1 << before.min(16)).min(most)
}

/// A part of a time, by a random number: calls that failed together do not come again together.
fn jitter(bound: Duration, random: u64) -> Duration {
    let nanos = (bound.as_nanos() * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without random numbers the whole bound is waited.
    aws_lc_rs::rand::fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}

/// RFC 9110, 10.2.3: seconds, or a date. What is neither is not there.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Longer than anybody waits is as long as can be said.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests;

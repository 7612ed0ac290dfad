//! What a redirect leads to: a new draft that is decided from the start, as what will really be sent (I2).

use crate::draft::{Draft, Redirect};
use crate::error::Reason;
use crate::request_body::RequestBody;
use egret_policy::{Code, Denial, RuleSpec, Scheme, Target};
use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, Method, StatusCode};

/// Where the call stands after a response's head.
pub(crate) enum Next {
    /// The response is the caller's.
    Stay,
    /// This is to be fetched instead.
    Follow(Box<Draft>),
}

/// Reads a response's head. `sent` is what was asked for and `rule` what allowed it; `hop` is how many redirects came before, and
/// `most` how many may.
pub(crate) fn next(
    draft: &Draft,
    sent: &Target,
    rule: &RuleSpec,
    status: StatusCode,
    headers: &HeaderMap,
    (hop, most): (u8, u8),
) -> Result<Next, Reason> {
    if !is_redirect(status) || draft.redirect == Redirect::Return {
        return Ok(Next::Stay);
    }
    if draft.redirect == Redirect::Refuse {
        return Err(denied(Code::RedirectRefused, "the response is a redirect"));
    }
    let Some(location) = location(headers)? else { return Ok(Next::Stay) };
    if hop >= most {
        return Err(denied(Code::RedirectLimit, &format!("more than {most} redirects")));
    }
    let target = sent.join(location)?;
    if sent.scheme() == Scheme::Https && target.scheme() == Scheme::Http {
        return Err(denied(Code::RedirectDowngrade, &format!("from {sent} to {target}")));
    }
    follow(draft, sent, rule, &target, status).map(|draft| Next::Follow(Box::new(draft)))
}

/// Whether the caller wants to go where such a response leads.
pub(crate) fn is_followed(draft: &Draft, status: StatusCode) -> bool {
    is_redirect(status) && draft.redirect == Redirect::Follow
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// One field of visible ASCII; `None` where there is none, which makes the response an ordinary one.
fn location(headers: &HeaderMap) -> Result<Option<&str>, Reason> {
    let mut fields = headers.get_all(LOCATION).iter();
    let Some(first) = fields.next() else { return Ok(None) };
    match (first.to_str(), fields.next()) {
        (Ok(location), None) => Ok(Some(location)),
        (Err(_), _) | (_, Some(_)) => Err(denied(Code::RedirectLocation, "the Location is repeated or not plain ASCII")),
    }
}

fn follow(draft: &Draft, sent: &Target, rule: &RuleSpec, target: &Target, status: StatusCode) -> Result<Draft, Reason> {
    let mut next = Draft { url: target.to_url(), ..draft.clone() };
    if becomes_get(&draft.method, status) {
        next.method = Method::GET;
        next.body = RequestBody::Empty;
        for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
            next.headers.remove(name);
        }
    }
    if next.body.is_begun() {
        return Err(denied(Code::RedirectStream, &format!("from {sent} to {target}")));
    }
    if !sent.same_origin(target) {
        if !next.body.is_empty() && !rule.redirect_body {
            return Err(denied(Code::RedirectBody, &format!("from {sent} to {target}")));
        }
        next = to_another_origin(&next);
    }
    Ok(next)
}

/// A draft as it may go to another origin than it was meant for: a wish for a secret was meant for the one that was asked.
pub(crate) fn to_another_origin(draft: &Draft) -> Draft {
    let headers = draft.headers.iter().filter(|(name, _)| may_travel(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    Draft { auth: None, headers, ..draft.clone() }
}

/// RFC 9110, 15.4: 303 always, 301 and 302 for POST as everybody does.
fn becomes_get(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        303 => method != Method::GET && method != Method::HEAD,
        301 | 302 => method == Method::POST,
        _ => false,
    }
}

/// Fields that go along to another origin. All others stay behind, for good: any of them may carry a credential, and no
/// list of names that do is complete.
fn may_travel(name: &HeaderName) -> bool {
    const SAFE: [&str; 7] = ["user-agent", "range", "cache-control", "pragma", "if-match", "if-none-match", "if-modified-since"];
    SAFE.contains(&name.as_str()) || name.as_str().starts_with("accept") || name.as_str().starts_with("content-")
}

fn denied(code: Code, words: &str) -> Reason {
    Reason::Denied(Denial::new(code, words.to_owned()))
}

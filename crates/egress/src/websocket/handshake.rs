//! The opening handshake (RFC 6455, 4): a GET that is decided like any other, and an answer that is believed only word for word.

use super::WsDraft;
use crate::audit::{Attempt, Part};
use crate::budget::Paid;
use crate::client::Egress;
use crate::config::Protocols;
use crate::connection::{Duplex, Upgrade};
use crate::draft::{CacheWish, Caller, Decode, Draft, Redirect};
use crate::error::Reason;
use crate::inject::Laden;
use crate::redirect;
use crate::request_body::RequestBody;
use crate::scrub::Guard;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use data_encoding::BASE64;
use egret_policy::{Code, Denial, Permit, Request};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use std::collections::HashSet;

/// What a server appends to the key before it hashes it (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A socket that is open.
pub(super) struct Opened {
    pub wire: Box<dyn Duplex>,
    /// What came behind the answer's head.
    pub already: Bytes,
    /// What was decided: decided again when the caller's grants change.
    pub request: Request,
    pub generation: u64,
    /// Looks through what comes, where the origin has secrets.
    pub guard: Option<Guard>,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
    /// What the socket holds until its end.
    pub paid: Paid,
}

/// The request that will be sent, as a draft: the kernel's own fields come last, as `Host` does.
///
/// The draft is there even if it is refused: the refusal is explained like any other.
pub(super) fn draft(wish: WsDraft) -> (Draft, Result<(), Denial>) {
    let asked = fields(&wish).and_then(|asked| Ok((asked, http_url(&wish.url)?)));
    let WsDraft { url, headers, .. } = wish;
    let mut draft = Draft {
        method: Method::GET,
        url,
        headers,
        body: RequestBody::Empty,
        redirect: Redirect::Refuse,
        decode: Decode::Raw,
        auth: None,
        cache: CacheWish::default(),
        options: Default::default(),
    };
    let prepared = asked.map(|(asked, url)| {
        draft.url = url;
        draft.headers.extend(asked.map(|asked| (SEC_WEBSOCKET_PROTOCOL, asked)));
    });
    (draft, prepared)
}

/// `ws` is `http` and `wss` is `https` (RFC 6455, 3), and nothing else is a WebSocket's scheme. The rest is the one parser's.
fn http_url(url: &str) -> Result<String, Denial> {
    for (from, to) in [("ws://", "http://"), ("wss://", "https://")] {
        match url.split_at_checked(from.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(from) => return Ok(format!("{to}{rest}")),
            Some(_) | None => {}
        }
    }
    Err(Denial::new(Code::TargetScheme, "a WebSocket's URL begins with ws:// or wss://".to_owned()))
}

/// The list of subprotocols, as one field: tokens, each once.
fn fields(wish: &WsDraft) -> Result<Option<HeaderValue>, Denial> {
    if wish.headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Err(Denial::new(
            Code::HeaderFraming,
            "sec-websocket-protocol is written by the kernel; give a list of protocols".to_owned(),
        ));
    }
    if wish.protocols.is_empty() {
        return Ok(None);
    }
    let mut seen = HashSet::new();
    // A header's name is a token too, and compares without regard to case as subprotocols do when they are held to be distinct.
    let distinct = wish.protocols.iter().all(|name| HeaderName::try_from(name).is_ok() && seen.insert(name.as_str()));
    let malformed = || Denial::new(Code::HeaderName, "subprotocols are tokens, each named once".to_owned());
    if !distinct {
        return Err(malformed());
    }
    HeaderValue::try_from(wish.protocols.join(", ")).map(Some).map_err(|_| malformed())
}

/// Decides the handshake and makes it. Grants that change meanwhile end it.
pub(super) async fn open(egress: &Egress, caller: &Caller, draft: &Draft, attempt: &mut Attempt) -> Result<Opened, Reason> {
    let (permit, generation) = egress.decide(caller, draft, attempt).await?;
    let laden = Laden::of(caller, &permit, draft)?;
    attempt.carries(laden.credential.as_ref());
    let guard = Guard::at(caller, permit.target());
    let shaking = async {
        let paid = attempt.waited(Part::Queue, egress.pay(caller, &permit)).await?;
        shake((egress, caller), &permit, &laden, attempt).await.map(|(upgrade, protocol)| (paid, upgrade, protocol))
    };
    let (paid, upgrade, protocol) = tokio::select! {
        biased;
        shaken = shaking => shaken.map_err(|reason| Guard::reason_of(guard.as_ref(), reason, attempt))?,
        denial = caller.grants.revoked(permit.request(), generation) => return Err(denial.into()),
    };
    let (wire, already) = upgrade.stream().await?;
    Ok(Opened { wire, already, request: permit.into_request(), generation, guard, protocol, paid })
}

async fn shake(
    (egress, caller): (&Egress, &Caller),
    permit: &Permit,
    laden: &Laden<'_>,
    attempt: &mut Attempt,
) -> Result<(Upgrade, Option<String>), Reason> {
    let host = || permit.target().host().to_string();
    let broken = |words: &str| Reason::Upgrade(host(), words.to_owned());
    let mut nonce = [0; 16];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| broken("no random numbers for a key"))?;
    let key = BASE64.encode(&nonce);
    let (wire, peer) = egress.reach(permit, Protocols::Http1, (caller, &mut *attempt)).await?;
    attempt.connected(peer, false);
    let own = own(&key).map_err(|error| broken(&error.to_string()))?;
    let (head, upgrade) = attempt.timed(Part::FirstByte, Upgrade::ask(wire, permit, laden, own, egress.config())).await?;
    attempt.answered(head.status);
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        redirect::next(laden.draft, permit.target(), permit.rule(), head.status, &head.headers, (0, 0))?;
        return Err(broken(&format!("it answered {}", head.status)));
    }
    let asked = laden.draft.headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|asked| asked.to_str().ok()).unwrap_or_default();
    agreed(&head, &key, asked).map_err(broken).map(|protocol| (upgrade, protocol))
}

/// The kernel's own fields.
fn own(key: &str) -> Result<HeaderMap, http::header::InvalidHeaderValue> {
    let mut own = HeaderMap::new();
    own.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    own.insert(UPGRADE, HeaderValue::from_static("websocket"));
    own.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    own.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(key)?);
    Ok(own)
}

/// Whether the server agreed to just this, and to which of the subprotocols `asked` for (RFC 6455, 4.1).
fn agreed(head: &Parts, key: &str, asked: &str) -> Result<Option<String>, &'static str> {
    if head.version != Version::HTTP_11 {
        return Err("its answer is not HTTP/1.1");
    }
    if !only(&head.headers, UPGRADE).is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err("its answer upgrades to something else");
    }
    let mut options = head.headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    if !options.any(|option| option.trim().eq_ignore_ascii_case("upgrade")) {
        return Err("its answer has no Connection: Upgrade");
    }
    if only(&head.headers, SEC_WEBSOCKET_ACCEPT) != Some(&*accept(key)) {
        return Err("its Sec-WebSocket-Accept is not the answer to our key");
    }
    if head.headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err("it turns on an extension that was not asked for");
    }
    if !head.headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    match only(&head.headers, SEC_WEBSOCKET_PROTOCOL).filter(|chosen| asked.split(", ").any(|name| name == *chosen)) {
        Some(chosen) => Ok(Some(chosen.to_owned())),
        None => Err("it chose a subprotocol that was not asked for"),
    }
}

/// The value of a field that stands there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut fields = headers.get_all(name).iter();
    let first = fields.next()?;
    if fields.next().is_some() { None } else { first.to_str().ok() }
}

/// What a server that understood the key answers.
fn accept(key: &str) -> String {
    let answer = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key.as_bytes(), GUID].concat());
    BASE64.encode(answer.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_websockets_scheme_is_read_as_one() {
        let cases = [
            ("ws://a.test/b", Some("http://a.test/b")),
            ("WSS://a.test", Some("https://a.test")),
            ("wss://https://a.test", Some("https://https://a.test")),
            ("https://a.test", None),
            (" ws://a.test", None),
            ("ws:a.test", None),
            ("ws:/\u{20ac}", None),
            ("wss", None),
        ];
        for (url, expected) in cases {
            assert_eq!(http_url(url).ok().as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn the_answer_to_a_key_is_that_of_the_standard() {
        // The example of RFC 6455, 1.3.
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn subprotocols_are_tokens_each_once() {
        let list = |protocols: &[&str]| {
            let protocols = protocols.iter().map(|name| (*name).to_owned()).collect();
            fields(&WsDraft { url: String::new(), headers: HeaderMap::new(), protocols }).map_err(|denial| denial.code())
        };
        assert_eq!(list(&[]), Ok(None));
        assert_eq!(list(&["chat", "Chat.v2"]), Ok(Some(HeaderValue::from_static("chat, Chat.v2"))));
        for wrong in [&["a", "a"][..], &[""], &["a, b"], &["a b"], &["a\r\nb: c"]] {
            assert_eq!(list(wrong), Err(Code::HeaderName), "{wrong:?}");
        }
    }
}

//! Back-pressure: a peer that reads nothing must not make us hold more than a bound, whatever a body's length.

use super::{Connection, Delivery, Protocol};
use crate::{CacheWish, Caps, Decode, Draft, Redirect, RequestBody, Timeouts};
use bytes::Bytes;
use egret_policy::{Policy, Request, RuleSpec};
use futures_util::stream;
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bytes that the line itself takes, and no kernel's buffers beside them.
const LINE: usize = 1 << 10;
/// What may be held for one request.
const BOUND: u64 = 1 << 20;

/// Bytes that are pulled of an endless stream until nothing moves any more.
async fn pulled(protocol: Protocol, chunk: usize) -> u64 {
    let pulled = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&pulled);
    let chunk = Bytes::from(vec![b'x'; chunk]);
    let chunks = stream::repeat_with(move || {
        counter.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        Ok::<_, ()>(chunk.clone())
    });
    let body = RequestBody::stream(chunks);
    let url = "https://a.test/".to_owned();
    let draft = Draft {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body,
        redirect: Redirect::Return,
        decode: Decode::Raw,
        auth: None,
        cache: CacheWish::default(),
        options: Default::default(),
    };
    let request = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone()).unwrap();
    let permit = Policy::builder().rules([RuleSpec::host("a.test")]).build().unwrap().decide(request).unwrap();
    let (ours, _theirs) = tokio::io::duplex(LINE);
    let caps = Caps { request_body: usize::MAX, ..Caps::default() };
    let mut connection = Connection::open(ours, ([127, 0, 0, 1], 1).into(), protocol, caps).await.unwrap();
    let timeouts = Timeouts { between_bytes: Duration::from_millis(200), ..Timeouts::default() };
    let delivery = Delivery {
        permit: &permit,
        draft: &crate::inject::Laden::bare(&draft),
        timeouts: &timeouts,
        budget: &crate::Budget::none(),
        sent: &Arc::default(),
    };
    assert!(connection.send(delivery).await.is_err(), "the peer reads nothing");
    pulled.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_peer_that_reads_nothing_makes_us_hold_little() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for chunk in [100, 16 << 10, 700 << 10] {
            let pulled = pulled(protocol, chunk).await;
            assert!(pulled > 0 && pulled <= BOUND, "{protocol:?} holds {pulled} bytes in chunks of {chunk}");
        }
    }
}

//! When another try comes, without any of them.

use super::*;
use crate::RequestBody;
use crate::draft::{CallOptions, Decode, Redirect};
use http::HeaderValue;

fn draft(method: Method) -> Draft {
    Draft {
        method,
        url: "https://x.test/".to_owned(),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        redirect: Redirect::Return,
        decode: Decode::Auto,
        auth: None,
        options: CallOptions::default(),
        cache: Default::default(),
    }
}

fn answered(after: &str, status: u16) -> Option<Duration> {
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(after).unwrap())]);
    wait(&RetrySpec::default(), &draft(Method::GET), 0, &Ended::Answered(status, &headers))
}

#[test]
fn the_wait_is_random_below_a_bound_that_doubles_up_to_the_most() {
    let retry = RetrySpec { backoff: (Duration::from_millis(200), Duration::from_secs(1)), ..RetrySpec::default() };
    let bounds: Vec<u128> = (0..5).map(|before| bound(&retry, before).as_millis()).collect();
    assert_eq!(bounds, [200, 400, 800, 1_000, 1_000]);
    let most = Duration::from_secs(8);
    assert_eq!([0, 1 << 62, 1 << 63].map(|random| jitter(most, random)), [0, 2, 4].map(Duration::from_secs));
    assert!(jitter(most, u64::MAX) < most);
    let seen: std::collections::HashSet<u64> = (0..100).map(|_| random()).collect();
    assert_eq!(seen.len(), 100);
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept() {
    assert!(answered("7", 503).is_some_and(|wait| wait >= Duration::from_secs(7)));
    assert!(answered("99999999999999999999999", 503).is_some_and(|wait| wait > Duration::from_secs(1 << 40)));
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
    assert!(answered(&date, 503).is_some_and(|wait| (90..=100).contains(&wait.as_secs())));
    for nothing in ["", "-7", "7.5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        assert!(answered(nothing, 503).is_some_and(|wait| wait < Duration::from_millis(200)), "{nothing}");
    }
}

#[test]
fn only_what_is_listed_or_passes_is_tried_again() {
    assert!([502, 503, 504].iter().all(|status| answered("0", *status).is_some()));
    assert!([200, 302, 404, 408, 429, 500].iter().all(|status| answered("0", *status).is_none()));
    let failed = |reason: Reason| wait(&RetrySpec::default(), &draft(Method::GET), 0, &Ended::Failed(&reason)).is_some();
    let host = || "x.test".to_owned();
    for passes in [
        Reason::Connect(host(), String::new()),
        Reason::ClosedEarly(host()),
        Reason::Resolver(host(), String::new()),
        Reason::Timeout(crate::Phase::FirstByte),
    ] {
        assert!(failed(passes.clone()), "{passes}");
    }
    for stays in [
        Reason::NoSuchName(host()),
        Reason::Timeout(crate::Phase::Total),
        Reason::BodySize(1),
        Reason::Breaker(host(), Duration::ZERO),
        Reason::Rate(crate::RateScope::Rule, Some(Duration::ZERO)),
        Reason::Malformed(host(), String::new()),
    ] {
        assert!(!failed(stays.clone()), "{stays}");
    }
}

#[test]
fn a_call_asks_for_fewer_tries_and_never_for_more() {
    let tries = |asked: Option<u8>| {
        let draft = Draft { options: CallOptions { tries: asked, ..CallOptions::default() }, ..draft(Method::GET) };
        let failed = Reason::ClosedEarly(String::new());
        1 + (0..u8::MAX - 1).take_while(|before| wait(&RetrySpec::default(), &draft, *before, &Ended::Failed(&failed)).is_some()).count()
    };
    assert_eq!([None, Some(0), Some(1), Some(2), Some(200)].map(tries), [3, 1, 1, 2, 3]);
}

//! What must hold for any bytes: the bodies of the fuzz targets, run by `cargo fuzz` and, briefly, by the tests.

use egret_policy::{Policy, Request, RouteSpec, RuleSpec, Target};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A URL: what is accepted reads as itself, and the standard's parser finds the same host, port and path in it.
pub fn target(text: &str) {
    let Ok(target) = Target::parse(text) else { return };
    let canonical = target.to_url();
    assert_eq!(Target::parse(&canonical).as_ref(), Ok(&target), "{text:?} reads as {canonical:?}, which reads otherwise");
    let standard = url::Url::parse(&canonical).expect("the standard reads every canonical form");
    assert_eq!(standard.as_str(), canonical, "{text:?}");
    assert_eq!(standard.host_str().map(str::to_owned), Some(target.host().to_string()), "{text:?}");
    assert_eq!(standard.port_or_known_default(), Some(target.port()), "{text:?}");
    // The original, read by the standard, leads to the same host: nothing is decided as one and understood as another.
    let original = url::Url::parse(text).expect("what we accept, the standard accepts");
    assert_eq!(original.host_str().map(|host| host.trim_end_matches('.').to_owned()), Some(target.host().to_string()), "{text:?}");
}

/// A path: no dot segment, no empty segment, no control character and no lower-case escape is left.
pub fn path(text: &str) {
    let Ok(target) = Target::parse(&format!("https://a.test/{text}")) else { return };
    let path = target.path();
    let segments: Vec<&str> = path[1..].split('/').collect();
    assert!(segments.iter().all(|segment| *segment != "." && *segment != ".."), "{text:?} -> {path:?}");
    assert!(!path.contains("//") && path.is_ascii() && path.bytes().all(|byte| byte > b' '), "{text:?} -> {path:?}");
    assert!(path.split('%').skip(1).all(|rest| rest.get(..2).is_some_and(|hex| hex == hex.to_uppercase())), "{text:?} -> {path:?}");
    target_of(target.to_url());
}

fn target_of(url: String) {
    target(&url);
}

/// A rule of host and path pattern: it compiles or is refused; what it denies, the same rule does not allow.
pub fn rule(text: &str) {
    let (host, pattern) = text.split_once(' ').unwrap_or((text, "/**"));
    let spec = |deny| RuleSpec { deny, routes: Some(vec![RouteSpec::path(pattern)]), ..RuleSpec::host(host) };
    let Ok(allowing) = Policy::builder().rule(spec(false)).build() else { return };
    // A colon inside a segment: what an allow rule means by it, a deny rule must write as an escape.
    let inner_colon = pattern.split('/').any(|segment| !segment.starts_with("**:") && segment.find(':').is_some_and(|at| at > 0));
    let Ok(both) = Policy::builder().rule(spec(false)).rule(spec(true)).build() else {
        assert!(inner_colon, "{text:?} is a rule to allow, and none to deny");
        return;
    };
    let url = format!("https://{}{}", host.trim_start_matches(['*', '.']), pattern.replace([':', '*'], "x"));
    let request = |policy: &Policy| Request::parse(Method::GET, &url, HeaderMap::new()).and_then(|request| policy.decide(request)).is_ok();
    if request(&allowing) {
        assert!(!request(&both), "{text:?}: {url:?} is allowed although the same rule denies it");
    }
}

/// A path pattern without parameters and stars: if it loads, then the path that reads like it is matched, so no rule is dead.
pub fn pattern(text: &str) {
    let path = format!("/{}", text.trim_start_matches('/'));
    if path.contains("/:") || path.contains(['*', '?', '#']) {
        return;
    }
    let spec = |deny: bool| {
        let route = RouteSpec { encoded_slash: !deny, ..RouteSpec::path(&path) };
        RuleSpec { deny, routes: Some(vec![route]), ..RuleSpec::host("a.test") }
    };
    let request = || Request::parse(Method::GET, &format!("https://a.test{path}"), HeaderMap::new());
    let decided = |rules: Vec<RuleSpec>| {
        let policy = Policy::builder().rules(rules).build().ok()?;
        Some(request().and_then(|request| policy.decide(request)).map(drop))
    };
    if let Some(allowed) = decided(vec![spec(false)]) {
        assert_eq!(allowed, Ok(()), "{path:?} is a rule that does not allow itself");
    }
    if let Some(denied) = decided(vec![RuleSpec::host("a.test"), spec(true)]) {
        let code = denied.err().map(|denial| denial.code().as_str());
        assert_eq!(code, Some("policy.rule.denied"), "{path:?} is a rule that does not deny itself");
    }
}

/// Header fields: whatever HTTP's types hold, what frames is never allowed.
pub fn header(text: &str) {
    let mut headers = HeaderMap::new();
    for line in text.lines().take(200) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let policy = Policy::builder().rule(RuleSpec::host("a.test")).build().expect("a plain rule");
    let allowed = Request::parse(Method::GET, "https://a.test/", headers.clone()).and_then(|request| policy.decide(request)).is_ok();
    let frames = ["transfer-encoding", "content-length", "connection", "upgrade", "te", "trailer", "proxy-authorization"];
    assert!(!allowed || frames.iter().all(|name| !headers.contains_key(*name)), "{text:?}");
    assert!(!allowed || headers.get_all("host").iter().all(|host| host.as_bytes().eq_ignore_ascii_case(b"a.test")), "{text:?}");
}

/// A `Location`: what is followed reads as itself, and where the standard reads it too, it leads to the same host.
pub fn redirect(text: &str) {
    let base = Target::parse("https://a.test:8443/b/c?d").expect("a plain URL");
    let Ok(next) = base.join(text) else { return };
    target(&next.to_url());
    let standard = url::Url::parse(&base.to_url()).and_then(|base| base.join(text)).expect("what we follow, the standard follows");
    assert_eq!(standard.host_str().map(|host| host.trim_end_matches('.').to_owned()), Some(next.host().to_string()), "{text:?}");
    assert_eq!(standard.port_or_known_default(), Some(next.port()), "{text:?}");
}

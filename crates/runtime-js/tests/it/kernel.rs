//! The real kernel behind fetch, with an upstream on loopback.

use crate::harness::{IO, app, data_dir, handler, invocation, text};
use egret_egress::{AppLimits, Daily, Egress, Quota, Rate, Silent, Today};
use egret_policy::{CacheSpec, Policy, PortRange, RuleSpec};
use egret_runtime::{Failure, Limit, Limits, Runtime};
use egret_runtime_js::{Bound, Bounds, Config, JsApp, JsRuntime, Source};
use egret_testkit::Upstream;
use http::{Response, StatusCode};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn js() -> JsRuntime {
    js_within(Limits::default())
}

fn js_within(limits: Limits) -> JsRuntime {
    let mut config = Config::new(data_dir(), Arc::<crate::harness::Lines>::default(), IO.handle().clone());
    (config.slots, config.limits) = (8, limits);
    let kernel = egret_egress::Config { hosts: [("up.test".to_owned(), vec!["127.0.0.1".parse().unwrap()])].into(), ..Default::default() };
    let egress = IO.block_on(async { Egress::build(kernel, Arc::new(Silent)) }).unwrap();
    JsRuntime::build(config, egress).unwrap()
}

fn load(js: &JsRuntime, policy: Policy, body: &str) -> Arc<JsApp> {
    let mut code = app(Path::new("/nonexistent"), Source::Text { name: "main.js".to_owned(), text: handler(body) });
    code.grants = policy.into();
    js.load(code).unwrap()
}

fn allow(port: u16) -> Policy {
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(port)]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host("up.test")
    };
    Policy::builder().rule(rule).build().unwrap()
}

#[test]
fn what_no_rule_allows_is_a_net_error_and_an_uncaught_one_keeps_its_code() {
    let js = js();
    let caught = load(&js, Policy::nothing(), "try { await fetch('https://up.test/') } catch (e) { return [e.name, e.code, e.retryable] }");
    assert_eq!(text(&IO.block_on(caught.invoke(invocation()))), "NetError,NET_BLOCKED,false");
    match IO.block_on(load(&js, Policy::nothing(), "egret.net.fetch('https://up.test/')").invoke(invocation())) {
        Err(Failure::Thrown(thrown)) => assert_eq!(thrown.net.unwrap().code, "NET_BLOCKED"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_kinds_of_fetch_reach_an_allowed_upstream() {
    IO.block_on(async {
        let upstream = Upstream::http(|request| async move {
            let status = if request.uri().path() == "/go" { StatusCode::FOUND } else { StatusCode::OK };
            let body = [request.method().as_str().as_bytes(), b" ", request.body()].concat();
            Response::builder().status(status).header("location", "/there").header("x-up", "1").body(body).unwrap()
        });
        let port = upstream.address().port();
        let body = format!(
            "const url = 'http://up.test:{port}/go';
             const followed = await fetch(url);
             const posted = await fetch('http://up.test:{port}/x', {{ method: 'POST', body: 'hello' }});
             const direct = egret.net.fetch(url);
             return [followed.status, followed.redirected, followed.url.endsWith('/there'), await followed.text(), await posted.text(), posted.headers.get('x-up'), direct.status, direct.text()].join('|')"
        );
        let js = tokio::task::spawn_blocking(js).await.unwrap();
        let app = tokio::task::spawn_blocking(move || load(&js, allow(port), &body)).await.unwrap();
        assert_eq!(text(&app.invoke(invocation()).await), "200|true|true|GET |POST hello|1|302|GET ");
        assert_eq!(upstream.requests().len(), 4);
    });
}

#[test]
fn a_call_wishes_for_less_than_its_rule_stores() {
    let upstream =
        IO.block_on(async { Upstream::http(|_| async { Response::builder().header("cache-control", "max-age=60").body("up").unwrap() }) });
    let port = upstream.address().port();
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(port)]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        cache: Some(CacheSpec { fresh: Duration::from_secs(60), heuristic: false }),
        ..RuleSpec::host("up.test")
    };
    let body = format!(
        "const get = (init) => egret.net.fetch('http://up.test:{port}/', init);
         const only = {{ cache: 'only-if-cached' }}, keyed = {{ cacheKey: 'de' }};
         const first = get(only), said = [first.status];
         for (const init of [{{}}, {{}}, only, {{ cache: 'no-store' }}, keyed, keyed]) said.push(get(init).text());
         await (await fetch('http://up.test:{port}/', {{ cache: 'no-cache' }})).text();
         return said.join()"
    );
    let app = load(&js(), Policy::builder().rule(rule).build().unwrap(), &body);
    assert_eq!(text(&IO.block_on(app.invoke(invocation()))), "504,up,up,up,up,up,up");
    assert_eq!(upstream.requests().len(), 4, "the first, the one that is not stored, the other key's, and the one that asks anew");
}

/// What a handler's body says to an upstream that answers `ok` to all, by its URL, within limits. The policy allows that one alone.
fn told(limits: Limits, body: &str) -> String {
    let upstream = IO.block_on(async { Upstream::http(|_| async { Response::new("ok") }) });
    let port = upstream.address().port();
    let app = load(&js_within(limits), allow(port), &format!("const url = 'http://up.test:{port}/'; {body}"));
    text(&IO.block_on(app.invoke(invocation())))
}

#[test]
fn calls_over_their_number_are_refused_and_not_retryable() {
    let body = "await (await fetch(url)).text(); egret.net.fetch(url).text();
        for (let i = 0; i < 3; i++) await fetch('https://elsewhere.test/').catch((e) => e);
        try { await fetch(url) } catch (e) { return [e.name, e.code, e.retryable] }";
    let two = Limits { calls: 2, ..Limits::default() };
    assert_eq!(told(two, body), "NetError,NET_LIMIT,false");
    assert_eq!(told(Limits { calls: 3, ..Limits::default() }, body), "undefined", "what the policy refuses is no call");
}

#[test]
fn calls_open_at_once_over_their_number_are_refused_and_retryable() {
    let body = "const ends = await Promise.allSettled([1, 2, 3].map(() => fetch(url)));
        await ends.find((end) => end.status === 'fulfilled').value.text();
        await fetch(url);
        return ends.map((end) => end.status === 'fulfilled' ? 'ok' : end.reason.code + end.reason.retryable).sort()";
    assert_eq!(told(Limits { open_calls: 2, ..Limits::default() }, body), "NET_LIMITtrue,ok,ok");
}

#[test]
fn responses_that_nobody_reads_count_as_open_until_they_are_read_or_dropped() {
    let code = |body: &str| {
        format!(
            "const kept = []; try {{ for (let i = 0; i < 17; i++) {{ {body} }} }} catch (e) {{ return [kept.length, e.code, e.retryable] }} return kept.length"
        )
    };
    assert_eq!(told(Limits::default(), &code("kept.push(await fetch(url))")), "16,NET_LIMIT,true");
    assert_eq!(told(Limits::default(), &code("const r = await fetch(url); kept.push(r); await r.text()")), "17");
    assert_eq!(told(Limits::default(), &code("kept.push((await fetch(url)).status)")), "17");
}

#[test]
fn an_apps_limits_count_from_its_next_invocation_on() {
    let upstream = IO.block_on(async { Upstream::http(|_| async { Response::new("ok") }) });
    let port = upstream.address().port();
    let body = format!(
        "let n = 0; try {{ for (; n < 3; n++) await (await fetch('http://up.test:{port}/')).text() }} catch (e) {{ return [n, e.code, e.retryAfterMs > 0] }} return n"
    );
    let (js, bounds) = (js(), Bounds::default());
    let mut code = app(Path::new("/nonexistent"), Source::Text { name: "main.js".to_owned(), text: handler(&body) });
    (code.grants, code.bounds) = (allow(port).into(), Some(bounds.clone()));
    let app = js.load(code).unwrap();
    let told = || text(&IO.block_on(app.invoke(invocation())));
    assert_eq!(told(), "3");
    bounds.set(Bound { limits: Limits { calls: 1, ..Limits::default() }, ..Bound::default() });
    assert_eq!(told(), "1,NET_LIMIT,false");
    let often = Rate { calls: 2, period: Duration::from_secs(3600), burst: 2 };
    bounds.set(Bound { app: AppLimits { rate: Some(often), ..AppLimits::default() }, ..Bound::default() });
    assert_eq!(told(), "2,NET_RATE,true");
    let quota = Quota::new(Daily { calls: Some(9), bytes: None }, Today { calls: 8, bytes: 0 });
    bounds.set(Bound { quota: quota.clone(), ..Bound::default() });
    assert_eq!(told(), "1,NET_LIMIT,true");
    assert_eq!(quota.today().calls, 9);
    quota.set(Daily { calls: None, bytes: Some(quota.today().bytes + 4) });
    assert_eq!(told(), "2,NET_LIMIT,true", "two bytes an answer");
    bounds.set(Bound { limits: Limits { wall: Duration::ZERO, ..Limits::default() }, ..Bound::default() });
    assert!(matches!(IO.block_on(app.invoke(invocation())), Err(Failure::Limit { limit: Limit::Wall, .. })));
}

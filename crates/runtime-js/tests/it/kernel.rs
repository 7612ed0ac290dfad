//! The real kernel behind fetch, with an upstream on loopback.

use crate::harness::{IO, app, data_dir, handler, invocation, text};
use egret_egress::{Egress, Silent};
use egret_policy::{Policy, PortRange, RuleSpec};
use egret_runtime::{Failure, Runtime};
use egret_runtime_js::{Config, JsApp, JsRuntime, Source};
use egret_testkit::Upstream;
use http::{Response, StatusCode};
use std::path::Path;
use std::sync::Arc;

fn js() -> JsRuntime {
    let mut config = Config::new(data_dir(), Arc::<crate::harness::Lines>::default(), IO.handle().clone());
    config.slots = 8;
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

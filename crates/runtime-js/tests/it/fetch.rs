//! fetch and egret.net.fetch, over the scripted network.

use crate::harness::{Bench, eval, handler};
use egret_egress::{CacheMode, CacheWish};
use egret_runtime::{Failure, Limits};
use std::time::Duration;

#[test]
fn fetch_sends_what_it_was_given_and_gives_what_came() {
    let told = eval(
        "const r = await fetch('HTTP://Up.Test:80/echo/a b?q#frag', { method: 'post', body: 'hi', headers: { 'X-One': '1' } });
         return [r.status, r.ok, r.statusText, r.url, r.type, r.headers.get('got-x-one'), r.headers.get('got-content-type'), await r.text()].join('|')",
    );
    let url = "http://up.test/echo/a%20b?q";
    assert_eq!(told, format!("200|true|OK|{url}|basic|1|text/plain;charset=UTF-8|POST {url} Follow hi"));
}

#[test]
fn promises_run_side_by_side_and_the_direct_form_parks() {
    assert_eq!(
        eval("return (await Promise.all([1, 2, 3].map((n) => fetch('http://up.test/status/20' + n)))).map((r) => r.status)"),
        "201,202,203"
    );
    assert_eq!(
        eval("const r = egret.net.fetch('http://up.test/echo'); return [r.status, r.ok, r.text(), r.bytes().length]"),
        "200,true,GET http://up.test/echo Manual ,31"
    );
    let both = "const p = fetch('http://up.test/status/201'); const r = egret.net.fetch('http://up.test/status/202'); return [(await p).status, r.status]";
    assert_eq!(eval(both), "201,202");
}

#[test]
fn redirect_modes_reach_the_kernel() {
    let mode = |init: &str| eval(&format!("return (await (await fetch('http://up.test/echo', {init})).text()).split(' ')[2]"));
    assert_eq!([mode("{}"), mode("{ redirect: 'manual' }"), mode("{ redirect: 'error' }")], ["Follow", "Manual", "Error"]);
    assert_eq!(eval("return egret.net.fetch('http://up.test/echo', { redirect: 'follow' }).text().split(' ')[2]"), "Follow");
}

#[test]
fn failures_are_net_errors_with_their_fields() {
    let fields = "return [e.name, e instanceof Error, e instanceof NetError, e.code, e.message, e.retryable, e.retryAfterMs, e.phase, e.hop].join('|')";
    let timeout = "NetError|true|true|NET_TIMEOUT|the request took too long|true||connect|1";
    assert_eq!(eval(&format!("try {{ await fetch('http://up.test/fail/NET_TIMEOUT') }} catch (e) {{ {fields} }}")), timeout);
    assert_eq!(eval(&format!("try {{ egret.net.fetch('http://up.test/fail/NET_TIMEOUT') }} catch (e) {{ {fields} }}")), timeout);
    assert_eq!(eval("try { await fetch('http://up.test/fail/NET_RATE') } catch (e) { return e.retryAfterMs }"), "1500");
}

#[test]
fn an_error_in_the_middle_of_a_body_rejects_its_reading() {
    assert_eq!(
        eval("const r = await fetch('http://up.test/cut'); try { await r.text() } catch (e) { return [r.status, e.code] }"),
        "200,NET_TIMEOUT"
    );
    assert_eq!(eval("try { egret.net.fetch('http://up.test/cut') } catch (e) { return e.code }"), "NET_TIMEOUT");
}

#[test]
fn an_uncaught_net_error_carries_the_hosts_own_record() {
    let net = |body: &str| match Bench::shared().run(&handler(body)) {
        Err(Failure::Thrown(thrown)) => thrown.net,
        other => panic!("{other:?}"),
    };
    let real = net("await fetch('http://up.test/fail/NET_RATE')").unwrap();
    assert_eq!((real.code.as_str(), real.retry_after), ("NET_RATE", Some(Duration::from_millis(1500))));
    let changed = net("try { await fetch('http://up.test/fail/NET_RATE') } catch (e) { e.code = 'NET_BLOCKED'; throw e }").unwrap();
    assert_eq!(changed.code, "NET_RATE");
    assert_eq!(net("const e = new Error('x'); e.name = 'NetError'; e.code = 'NET_RATE'; throw e"), None);
    assert_eq!(net("throw Object.create(NetError.prototype)"), None);
}

#[test]
fn wrong_arguments_are_type_errors_and_make_no_call() {
    let bench = Bench::new(Limits::default());
    let wrong = [
        "'/relative'",
        "'http://'",
        "'http://user:pass@up.test/'",
        "'http://up.test/', { method: 'TRACE' }",
        "'http://up.test/', { method: 'a b' }",
        "'http://up.test/', { body: 'x' }",
        "'http://up.test/', { method: 'HEAD', body: 'x' }",
        "'http://up.test/', { redirect: 'maybe' }",
        "'http://up.test/', { headers: { 'a b': '1' } }",
        "'http://up.test/', { headers: { a: 'x\\ny' } }",
        "'http://up.test/', { headers: { a: '\\u0100' } }",
        "'http://up.test/', { signal: {} }",
        "'http://up.test/', { timeout: 0 }",
        "'http://up.test/', { timeout: '250' }",
        "'http://up.test/', { timeout: 900001 }",
        "'http://up.test/', { retry: true }",
        "'http://up.test/', { retry: 6 }",
        "'http://up.test/', { maxBytes: -1 }",
        "'http://up.test/', { maxBytes: 1.5 }",
        "'http://up.test/', { cache: 'forever' }",
        "'http://up.test/', { cacheKey: '' }",
        "'http://up.test/', { cacheKey: 'x'.repeat(1025) }",
        "'http://up.test/', { cacheRefresh: 1 }",
        "Symbol()",
    ];
    for arguments in wrong {
        assert_eq!(bench.eval(&format!("try {{ await fetch({arguments}) }} catch (e) {{ return e.name }}")), "TypeError", "{arguments}");
        assert_eq!(
            bench.eval(&format!("try {{ egret.net.fetch({arguments}) }} catch (e) {{ return e.name }}")),
            "TypeError",
            "{arguments}"
        );
    }
    assert!(bench.network.calls.lock().unwrap().is_empty());
}

#[test]
fn options_of_a_call_reach_the_kernel_and_a_request_keeps_them() {
    let bench = Bench::new(Limits::default());
    let asked = |code: &str| {
        bench.eval(code);
        let options = bench.network.calls.lock().unwrap().pop().unwrap().1.options;
        (options.timeout.map(|time| time.as_millis()), options.tries, options.max_bytes)
    };
    let url = "'http://up.test/status/200'";
    assert_eq!(asked(&format!("await fetch({url})")), (None, None, None));
    let all = "{ timeout: 250, retry: 2, maxBytes: 1024 }";
    assert_eq!(asked(&format!("await fetch({url}, {all})")), (Some(250), Some(2), Some(1_024)));
    assert_eq!(asked(&format!("egret.net.fetch({url}, {all})")), (Some(250), Some(2), Some(1_024)));
    assert_eq!(
        asked(&format!("await fetch(new Request(new Request({url}, {all}), {{ retry: false }}))")),
        (Some(250), Some(1), Some(1_024))
    );
}

#[test]
fn wishes_for_stored_answers_reach_the_kernel_and_a_request_keeps_them() {
    let bench = Bench::new(Limits::default());
    let asked = |code: &str| {
        bench.eval(code);
        let wish = bench.network.calls.lock().unwrap().pop().unwrap().1.cache;
        (wish.mode, wish.key.as_deref().map(str::to_owned), wish.refresh)
    };
    let url = "'http://up.test/status/200'";
    let key = || Some("de".to_owned());
    assert_eq!(asked(&format!("await fetch({url})")), (CacheMode::Default, None, false));
    for (mode, wanted) in [
        ("default", (CacheMode::Default, None, false)),
        ("no-store", (CacheMode::NoStore, None, false)),
        ("reload", (CacheMode::Reload, None, false)),
        ("no-cache", (CacheMode::Default, None, true)),
        ("only-if-cached", (CacheMode::OnlyIfCached, None, false)),
    ] {
        assert_eq!(asked(&format!("await fetch({url}, {{ cache: '{mode}' }})")), wanted, "{mode}");
        assert_eq!(asked(&format!("egret.net.fetch({url}, {{ cache: '{mode}' }})")), wanted, "{mode}");
    }
    let all = "{ cache: 'reload', cacheKey: 'de', cacheRefresh: true }";
    assert_eq!(asked(&format!("egret.net.fetch({url}, {all})")), (CacheMode::Reload, key(), true));
    assert_eq!(
        asked(&format!("await fetch(new Request(new Request({url}, {all}).clone(), {{ cacheRefresh: false }}))")),
        (CacheMode::Reload, key(), false)
    );
    assert_eq!(bench.eval(&format!("return [new Request({url}).cache, new Request({url}, {all}).cache]")), "default,reload");
}

#[test]
fn answers_are_used_for_no_longer_because_a_call_wants_it() {
    let bench = Bench::new(Limits::default());
    let forced = "'http://up.test/status/200', { cache: 'force-cache' }";
    bench.eval(&format!("await fetch({forced})"));
    assert_eq!(bench.network.calls.lock().unwrap().pop().unwrap().1.cache, CacheWish::default(), "the Web's is as without it");
    let refused = bench.eval(&format!("try {{ egret.net.fetch({forced}) }} catch (e) {{ return e.name + ' ' + e.message }}"));
    assert!(refused.starts_with("TypeError cache cannot be force-cache"), "{refused}");
    assert!(bench.network.calls.lock().unwrap().is_empty());
}

#[test]
fn an_unknown_option_is_an_error_of_the_call_that_knows_its_own() {
    let bench = Bench::new(Limits::default());
    let call = |call: &str| bench.eval(&format!("try {{ {call}; return 'called' }} catch (e) {{ return e.name + ' ' + e.message }}"));
    let unknown = call("egret.net.fetch('http://up.test/status/200', { timeOut: 5 })");
    assert!(unknown.starts_with("TypeError") && unknown.contains("timeOut"), "{unknown}");
    assert!(bench.network.calls.lock().unwrap().is_empty());
    assert_eq!(call("await fetch('http://up.test/status/200', { timeOut: 5, keepalive: true })"), "called");
}

#[test]
fn unusual_methods_pass_as_they_are() {
    assert_eq!(eval("return (await (await fetch('http://up.test/echo', { method: 'patch' })).text()).split(' ')[0]"), "patch");
    assert_eq!(eval("return (await (await fetch('http://up.test/echo', { method: 'Delete' })).text()).split(' ')[0]"), "DELETE");
}

#[test]
fn a_fetched_response_can_be_the_answer() {
    let answer = Bench::shared().run("export default () => fetch('http://up.test/status/418')").unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (418, &b"body"[..]));
    assert_eq!(answer.headers()["content-type"], "text/plain");
}

#[test]
fn bodies_of_all_kinds_are_sent() {
    let sent = |body: &str| {
        eval(&format!(
            "const r = await fetch('http://up.test/echo', {{ method: 'POST', body: {body} }}); return [r.headers.get('got-content-type'), (await r.text()).split(' ').slice(3).join(' ')].join('|')"
        ))
    };
    assert_eq!(sent("new URLSearchParams({ a: 'b c' })"), "application/x-www-form-urlencoded;charset=UTF-8|a=b+c");
    assert_eq!(sent("new Uint8Array([104, 105])"), "|hi");
    assert_eq!(sent("new Uint8Array([104, 105]).buffer"), "|hi");
    assert_eq!(sent("new DataView(new Uint8Array([104, 105, 106]).buffer, 1)"), "|ij");
    assert_eq!(sent("new Uint16Array([0x6968])"), "|hi");
    assert_eq!(sent("''"), "text/plain;charset=UTF-8|");
    assert_eq!(sent("null"), "|");
}

#[test]
fn a_request_object_is_sent_once_and_its_clone_again() {
    let told = eval(
        "const a = new Request('http://up.test/echo', { method: 'PUT', body: 'x' }), b = a.clone();
         const first = await (await fetch(a)).text(); const again = await fetch(a).catch((e) => e.name); const second = await (await fetch(b)).text();
         return [first === second, again, a.bodyUsed]",
    );
    assert_eq!(told, "true,TypeError,true");
}

#[test]
fn who_calls_is_told_to_the_kernel() {
    let bench = Bench::new(Limits::default());
    bench.eval("await fetch('http://up.test/echo')");
    let (who, _) = bench.network.calls.lock().unwrap().pop().unwrap();
    assert_eq!([&*who.app, &*who.function, &*who.invocation], ["shop", "main.js", "01JINVOCATION"]);
}

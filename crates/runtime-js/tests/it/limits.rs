//! Every limit is kept and named.

use crate::harness::{Bench, IO, eval, handler, invocation, text};
use egret_runtime::{Failure, Limit, Limits, Runtime};
use egret_runtime_js::Level;
use std::time::{Duration, Instant};

#[track_caller]
fn breach(bench: &Bench, source: &str) -> (Limit, String) {
    match bench.run(source) {
        Err(Failure::Limit { limit, detail }) => (limit, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_memory_bomb_dies_of_the_heap_limit() {
    let bench = Bench::new(Limits { heap: 16 << 20, cpu: Duration::from_secs(60), ..Limits::default() });
    let (limit, detail) = breach(&bench, "export default () => { const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(7)) }");
    assert_eq!((limit, detail.as_str()), (Limit::Heap, "16 MiB of memory"));
}

#[test]
fn a_guest_may_catch_its_out_of_memory_and_go_on() {
    let bench = Bench::new(Limits { heap: 16 << 20, cpu: Duration::from_secs(60), ..Limits::default() });
    let caught = bench.eval("let a = []; try { for (;;) a.push(new Uint8Array(1 << 20)) } catch (e) { a = null; return e.message }");
    assert_eq!(caught, "out of memory");
    match bench.run(&handler("let a = []; try { for (;;) a.push(new Uint8Array(1 << 20)) } catch {} a = null; throw new Error('other')")) {
        Err(Failure::Thrown(thrown)) => assert_eq!(thrown.message, "other"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn deep_recursion_is_an_error_that_can_be_caught() {
    assert_eq!(
        eval("let d = 0; function f() { d++; return f() + 1 } try { f() } catch (e) { return e instanceof RangeError && d > 100 }"),
        "true"
    );
    assert_eq!(
        eval("let d = 0; const p = new Proxy({}, { get: (t, k, r) => { d++; return r[k] } }); try { p.x } catch (e) { return e.name }"),
        "RangeError"
    );
}

#[test]
fn the_wall_limit_ends_an_invocation_that_waits() {
    let app = Bench::shared().load("export default async () => new Response(await (await fetch('http://up.test/never')).text())");
    let mut late = invocation();
    late.deadline = Instant::now() + Duration::from_millis(50);
    match IO.block_on(app.invoke(late)) {
        Err(Failure::Limit { limit: Limit::Wall, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn waiting_costs_no_cpu_time() {
    let bench = Bench::new(Limits { cpu: Duration::from_millis(200), ..Limits::default() });
    assert_eq!(bench.eval("for (let i = 0; i < 5; i++) await new Promise((r) => setTimeout(r, 100)); return 'done'"), "done");
}

#[test]
fn an_answer_over_its_limit_is_refused_and_one_at_it_is_given() {
    let bench = Bench::new(Limits { answer_body: 1000, ..Limits::default() });
    assert_eq!(text(&bench.run("export default () => new Response('x'.repeat(1000))")).len(), 1000);
    assert_eq!(breach(&bench, "export default () => new Response('x'.repeat(1001))").0, Limit::AnswerBody);
}

#[test]
fn console_lines_over_the_limit_are_counted_and_dropped() {
    let bench = Bench::new(Limits { logs: 64 + 70, ..Limits::default() });
    bench.eval("console.log('12345'); console.log('12'); console.log('1')");
    let lines = bench.lines.take_at_least(2);
    assert_eq!(lines[0], (Level::Info, "12345".to_owned()));
    assert!(lines[1].1.starts_with("2 more lines were dropped"), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn empty_console_lines_are_bounded_too() {
    let bench = Bench::new(Limits { logs: 640, ..Limits::default() });
    bench.eval("for (let i = 0; i < 1000; i++) console.log('')");
    let lines = bench.lines.take_at_least(11);
    assert!(lines[10].1.starts_with("990 more lines were dropped"), "{lines:?}");
    assert_eq!(lines.len(), 11);
}

#[test]
fn the_bytes_of_all_calls_together_have_a_limit() {
    let bench = Bench::new(Limits { request_body: 40 << 20, response_body: 40 << 20, cpu: Duration::from_secs(60), ..Limits::default() });
    let told = bench.eval(
        "const size = 15 << 20, told = []; const get = async () => (await fetch('http://up.test/big/' + size)).bytes().then((b) => b.length === size, (e) => e.code);
         for (let i = 0; i < 4; i++) told.push(await get());
         const post = () => fetch('http://up.test/status/200', { method: 'POST', body: new Uint8Array(size) }).then(async (r) => (await r.text()), (e) => e.code + e.retryable);
         told.push(await post(), await post(), await post(), await get());
         return told",
    );
    assert_eq!(told, "true,true,true,true,body,body,NET_SIZEfalse,NET_SIZE");
}

#[test]
fn bodies_read_at_the_same_time_share_that_limit() {
    let bench = Bench::new(Limits { response_body: 40 << 20, cpu: Duration::from_secs(60), ..Limits::default() });
    let told = bench.eval(
        "const get = async () => (await fetch('http://up.test/big/' + (15 << 20))).bytes().then((b) => 'ok', (e) => e.code);
         return (await Promise.all(Array.from({ length: 8 }, get))).sort()",
    );
    assert_eq!(told, "NET_SIZE,NET_SIZE,ok,ok,ok,ok,ok,ok");
}

#[test]
fn the_host_remembers_the_last_thousand_failures_of_calls() {
    let run = |which: &str| {
        let source = "const fail = () => fetch('http://up.test/fail/NET_RATE').catch((e) => e); const first = await fail(); let last;
             for (let i = 0; i < 1024; i++) last = await fail();";
        match Bench::shared().run(&handler(&format!("{source} throw {which}"))) {
            Err(Failure::Thrown(thrown)) => thrown.net.map(|net| net.code),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((run("first"), run("last").as_deref()), (None, Some("NET_RATE")));
}

#[test]
fn a_call_that_breaks_inside_the_runtime_is_a_rejection() {
    let call = "const e = await fetch('http://up.test/panic').catch((e) => e); return [e.name, e.code, e.retryable]";
    assert_eq!(Bench::new(Limits::default()).eval(call), "NetError,NET_PROTOCOL,false");
    let call = "try { egret.net.fetch('http://up.test/panic') } catch (e) { return e.code }";
    assert_eq!(Bench::new(Limits::default()).eval(call), "NET_PROTOCOL");
}

#[test]
fn bodies_of_calls_have_their_limits() {
    let bench = Bench::new(Limits { request_body: 10, response_body: 20, ..Limits::default() });
    let post = "const post = (n) => fetch('http://up.test/status/200', { method: 'POST', body: 'x'.repeat(n) }).then((r) => r.status, (e) => e.code);";
    assert_eq!(bench.eval(&format!("{post} return [await post(10), await post(11)]")), "200,NET_SIZE");
    let get = "const get = async (n) => (await fetch('http://up.test/big/' + n)).text().then((t) => t.length, (e) => e.code);";
    assert_eq!(bench.eval(&format!("{get} return [await get(20), await get(21)]")), "20,NET_SIZE");
}

#[test]
fn pending_timers_are_bounded() {
    let told = eval("let n = 0; try { for (;;) { setTimeout(() => {}, 1e6); n++ } } catch (e) { return [n, e.name] }");
    assert_eq!(told, "1024,QuotaExceededError");
}

#[test]
fn refused_calls_without_end_are_bounded() {
    let bench = Bench::new(Limits { cpu: Duration::from_secs(30), ..Limits::default() });
    let told = bench.eval(
        "let n = 0; for (;;) { const p = fetch('http://up.test/never'); p.catch(() => {}); if (++n > 10000) break; await null } return n",
    );
    assert_eq!(told, "10001");
}

#[test]
fn a_dropped_invocation_frees_its_slot_and_its_calls() {
    let bench = Bench::with(Limits::default(), |config| config.slots = 1);
    let parked = bench.load("export default async () => new Response(await (await fetch('http://up.test/never')).text())");
    let quick = bench.load("export default () => new Response('free')");
    IO.block_on(async {
        let first = tokio::spawn(async move { parked.invoke(invocation()).await });
        bench.network.until_open(1).await;
        match quick.invoke(invocation()).await {
            Err(Failure::Limit { limit: Limit::Isolates, .. }) => {}
            other => panic!("{other:?}"),
        }
        first.abort();
        bench.network.until_open(0).await;
        assert_eq!(text(&quick.invoke(invocation()).await), "free");
    });
}

#[test]
fn many_may_wait_at_once_on_few_threads() {
    let bench = Bench::with(Limits::default(), |config| (config.slots, config.threads) = (200, 1));
    let app = bench.load("export default async () => new Response(await (await fetch('http://up.test/gate/go')).text())");
    let answers = IO.block_on(async {
        let running: Vec<_> =
            (0..200).map(|_| (app.clone(), invocation())).map(|(app, call)| tokio::spawn(async move { app.invoke(call).await })).collect();
        bench.network.until_open(200).await;
        bench.network.open_gate("go");
        let mut answers = Vec::new();
        for one in running {
            answers.push(text(&one.await.unwrap()));
        }
        answers
    });
    assert_eq!(answers, vec!["go"; 200]);
}

#[test]
fn the_slots_that_the_machine_cannot_have_are_a_warning() {
    let most: u32 = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap().trim().parse().unwrap();
    if most > 1_000_000 {
        println!("skipped: vm.max_map_count allows everything here");
        return;
    }
    let bench = Bench::with(Limits::default(), |config| config.slots = u32::MAX);
    assert!(bench.js.warnings().iter().any(|warning| warning.contains("max_map_count")), "{:?}", bench.js.warnings());
}

//! Timers, microtasks and what is done after the answer.

use crate::harness::{Bench, eval};
use egret_runtime_js::Level;

#[test]
fn timers_fire_by_time_then_by_age_and_after_microtasks() {
    let order = eval(
        "const seen = []; const note = (x) => seen.push(x);
         await new Promise((done) => {
           setTimeout(() => { note('late'); done() }, 30);
           setTimeout(note, 0, 'a'); setTimeout(note, 0, 'b'); queueMicrotask(() => note('micro')); Promise.resolve().then(() => note('then')); note('sync');
         });
         return seen",
    );
    assert_eq!(order, "sync,micro,then,a,b,late");
}

#[test]
fn a_cleared_timer_does_not_fire_and_an_interval_stops() {
    let told = eval(
        "let n = 0, never = true; clearTimeout(setTimeout(() => { never = false }, 0)); clearTimeout(12345); clearTimeout();
         await new Promise((done) => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); setTimeout(done, 5) } }, 1) });
         return [n, never]",
    );
    assert_eq!(told, "3,true");
}

#[test]
fn errors_in_timers_are_reported_and_end_nothing() {
    let bench = Bench::new(egret_runtime::Limits::default());
    let told =
        bench.eval("setTimeout(() => { throw new Error('in a timer') }, 0); await new Promise((done) => setTimeout(done, 1)); return 'on'");
    assert_eq!(told, "on");
    let lines = bench.lines.take_at_least(1);
    assert!(matches!(&lines[..], [(Level::Error, line)] if line.starts_with("Uncaught Error: in a timer")), "{lines:?}");
}

#[test]
fn a_rejection_that_nobody_hears_is_reported_once() {
    let bench = Bench::new(egret_runtime::Limits::default());
    assert_eq!(
        bench.eval("Promise.reject(new Error('lost')); const p = Promise.reject(1); p.catch(() => {}); await null; return 'on'"),
        "on"
    );
    let lines = bench.lines.take_at_least(1);
    assert!(matches!(&lines[..], [(Level::Error, line)] if line.contains("lost")), "{lines:?}");
}

#[test]
fn work_after_the_answer_is_done_and_its_error_logged() {
    let bench = Bench::new(egret_runtime::Limits::default());
    let source = "export default (request, env, ctx) => {
        ctx.waitUntil(new Promise((done) => setTimeout(() => { console.log('after'); done() }, 1)));
        ctx.waitUntil(Promise.reject(new Error('late')));
        return new Response('answer') }";
    assert_eq!(crate::harness::text(&bench.run(source)), "answer");
    let lines = bench.lines.take_at_least(2);
    assert!(lines.iter().any(|(_, line)| line == "after"), "{lines:?}");
    assert!(lines.iter().any(|(level, line)| *level == Level::Error && line.contains("late")), "{lines:?}");
}

#[test]
fn an_answer_stays_given_when_the_work_after_it_is_ended() {
    let bench = Bench::new(egret_runtime::Limits { cpu: std::time::Duration::from_millis(200), ..egret_runtime::Limits::default() });
    let source = "export default (request, env, ctx) => { ctx.waitUntil(new Promise((done) => setTimeout(() => { for (;;); }, 0))); return new Response('given') }";
    assert_eq!(crate::harness::text(&bench.run(source)), "given");
    let lines = bench.lines.take_at_least(1);
    assert!(matches!(&lines[..], [(Level::Error, line)] if line.contains("limit.cpu")), "{lines:?}");
}

#[test]
fn the_answer_is_given_before_the_work_that_follows_it() {
    let bench = Bench::new(egret_runtime::Limits::default());
    let source = "export default (request, env, ctx) => {
        ctx.waitUntil(fetch('http://up.test/gate/later').then((r) => r.text()).then(console.log));
        return new Response('at once') }";
    // The gate opens only when the answer is here.
    assert_eq!(crate::harness::text(&bench.run(source)), "at once");
    bench.network.open_gate("later");
    assert_eq!(bench.lines.take_at_least(1), [(Level::Info, "later".to_owned())]);
}

#[test]
fn work_after_the_answer_ends_with_the_runtime() {
    let bench = Bench::new(egret_runtime::Limits::default());
    let source = "export default (request, env, ctx) => { ctx.waitUntil(fetch('http://up.test/never')); return new Response('given') }";
    assert_eq!(crate::harness::text(&bench.run(source)), "given");
    let network = bench.network.clone();
    crate::harness::IO.block_on(network.until_open(1));
    drop(bench);
    crate::harness::IO.block_on(network.until_open(0));
}

#[test]
fn top_level_await_works() {
    let source = "const word = await new Promise((done) => setTimeout(done, 1, 'ready')); export default () => new Response(word)";
    assert_eq!(crate::harness::text(&Bench::shared().run(source)), "ready");
}

#[test]
fn bad_timers_are_type_errors() {
    assert_eq!(eval("try { setTimeout('code') } catch (e) { return e.name }"), "TypeError");
    assert_eq!(eval("try { queueMicrotask() } catch (e) { return e.name }"), "TypeError");
}

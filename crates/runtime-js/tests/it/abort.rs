//! AbortController, AbortSignal, events, and calls that are aborted.

use crate::harness::{Bench, IO, eval, invocation, text};
use egret_runtime::{Limits, Runtime};

#[test]
fn an_abort_rejects_with_the_reason_and_closes_the_call_at_once() {
    let bench = Bench::new(Limits::default());
    let source = "export default async () => {
        const controller = new AbortController();
        const call = fetch('http://up.test/never', { signal: controller.signal }).catch((e) => [e.name, e === controller.signal.reason]);
        await fetch('http://up.test/gate/abort');
        controller.abort();
        const told = await call;
        await fetch('http://up.test/gate/end');
        return new Response(String(told)) }";
    let app = bench.load(source);
    let answer = IO.block_on(async {
        let running = tokio::spawn(async move { app.invoke(invocation()).await });
        bench.network.until_open(2).await;
        bench.network.open_gate("abort");
        // The aborted call is closed while the invocation goes on: only the second gate is open then.
        bench.network.until_open(1).await;
        bench.network.open_gate("end");
        running.await.unwrap()
    });
    assert_eq!(text(&answer), "AbortError,true");
}

#[test]
fn a_signal_that_is_already_aborted_makes_no_call() {
    let bench = Bench::new(Limits::default());
    assert_eq!(
        bench.eval("try { await fetch('http://up.test/echo', { signal: AbortSignal.abort('why') }) } catch (e) { return e }"),
        "why"
    );
    assert!(bench.network.calls.lock().unwrap().is_empty());
}

#[test]
fn a_timeout_signal_aborts_with_a_timeout_error() {
    assert_eq!(
        eval("try { await fetch('http://up.test/never', { signal: AbortSignal.timeout(5) }) } catch (e) { return [e.name, e.code] }"),
        "TimeoutError,23"
    );
}

#[test]
fn signals_behave_as_the_standard_says() {
    let cases = [
        (
            "const c = new AbortController(); const s = c.signal; let n = 0; s.onabort = () => n++; s.addEventListener('abort', () => n++, { once: true }); c.abort(); c.abort(); return [n, s.aborted, s.reason.name]",
            "2,true,AbortError",
        ),
        (
            "const c = new AbortController(); const any = AbortSignal.any([new AbortController().signal, c.signal]); c.abort(7); return [any.aborted, any.reason]",
            "true,7",
        ),
        ("return AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason", "1"),
        ("try { AbortSignal.abort('x').throwIfAborted() } catch (e) { return e }", "x"),
        ("try { new AbortSignal() } catch (e) { return e.name }", "TypeError"),
        ("try { AbortSignal.timeout(-1) } catch (e) { return e.name }", "TypeError"),
        (
            "const t = new EventTarget(); let told = ''; t.addEventListener('x', { handleEvent(e) { told += e.type + (e.target === t) } }); t.dispatchEvent(new Event('x')); return told",
            "xtrue",
        ),
        (
            "const t = new EventTarget(), c = new AbortController(); let n = 0; t.addEventListener('x', () => n++, { signal: c.signal }); t.dispatchEvent(new Event('x')); c.abort(); t.dispatchEvent(new Event('x')); return n",
            "1",
        ),
        (
            "const t = new EventTarget(); t.addEventListener('x', (e) => e.preventDefault()); return [t.dispatchEvent(new Event('x', { cancelable: true })), t.dispatchEvent(new Event('x'))]",
            "false,true",
        ),
        ("const r = new Request('http://a/', { signal: AbortSignal.abort() }); return r.signal.aborted", "true"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

#[test]
fn an_abort_after_the_head_ends_the_reading() {
    let told = eval(
        "const c = new AbortController(); const r = await fetch('http://up.test/echo', { signal: c.signal }); c.abort(new Error('stop'));
         try { await r.text() } catch (e) { return e.message }",
    );
    assert_eq!(told, "stop");
}

//! Nothing of one invocation is found in another, and no tampering of a guest reaches the bridge.

use crate::harness::{Bench, eval, invoke, text};

#[test]
fn globals_and_prototypes_are_fresh_in_every_invocation() {
    let app = Bench::shared().load(
        "globalThis.leak = (globalThis.leak ?? 0) + 1; Object.prototype.seen = (Object.prototype.seen ?? 0) + 1;
         Headers.prototype.mark = (Headers.prototype.mark ?? 0) + 1;
         export default () => new Response([leak, ({}).seen, new Headers().mark].join())",
    );
    assert_eq!([text(&invoke(&*app)), text(&invoke(&*app))], ["1,1,1", "1,1,1"]);
}

#[test]
fn randomness_differs_between_instances_of_one_image() {
    let app = Bench::shared().load("export default () => new Response(String(Math.random()))");
    let mut seen: Vec<String> = (0..8).map(|_| text(&invoke(&*app))).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

#[test]
fn the_clock_is_the_hosts() {
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let told: u128 = eval("return Date.now()").parse().unwrap();
    assert!(told >= before && told < before + 60_000, "{before} {told}");
}

#[test]
fn only_the_documented_globals_are_there() {
    let beyond = eval(
        "const language = new Set(Reflect.ownKeys(globalThis).filter((key) => typeof key === 'string' && /^([A-Z]\\w*|eval|is\\w+|parse\\w+|escape|unescape|(en|de)code\\w+|undefined)$/.test(key)));
         return Reflect.ownKeys(globalThis).filter((key) => typeof key === 'string' && !language.has(key)).sort().join()",
    );
    let ours = "atob,btoa,clearInterval,clearTimeout,console,egret,fetch,globalThis,queueMicrotask,setInterval,setTimeout";
    assert_eq!(beyond, ours);
    assert_eq!(
        eval("return [typeof performance, typeof std, typeof os, typeof process, typeof require, typeof host]"),
        "undefined,".repeat(6).trim_end_matches(',')
    );
    assert_eq!(eval("return Object.keys(globalThis).length"), "0");
}

#[test]
fn tampered_prototypes_do_not_keep_an_answer_from_being_given() {
    let tamper = [
        "Array.prototype.push = Array.prototype.join = Array.prototype.slice = () => { throw 1 }",
        "Array.prototype[Symbol.iterator] = function* () { yield 'evil' }",
        "Promise.prototype.then = () => { throw 1 }",
        "globalThis.Promise = globalThis.Map = globalThis.Uint8Array = globalThis.JSON = undefined",
        "Map.prototype.get = Map.prototype.set = () => { throw 1 }",
        "Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 1 }",
        "Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = () => '\"evil\"'",
        "RegExp.prototype.exec = () => { throw 1 }",
        "String.prototype.toLowerCase = String.prototype.slice = String.prototype.toWellFormed = () => 'evil'",
        "JSON.stringify = JSON.parse = () => { throw 1 }",
        "Reflect.apply = Reflect.ownKeys = () => { throw 1 }",
    ];
    for damage in tamper {
        let source = format!("{damage};\nexport default () => new Response('intact', {{ headers: {{ 'X-A': 'b' }} }})");
        let answer = Bench::shared().run(&source);
        assert_eq!(text(&answer), "intact", "{damage}");
        assert_eq!(answer.unwrap().headers()["x-a"], "b", "{damage}");
    }
}

#[test]
fn bytes_on_their_way_never_ask_the_guest_for_a_then_or_a_constructor() {
    let source = "let asked = 0;
        const trap = { get() { asked++; return undefined }, configurable: true };
        Object.defineProperty(Uint8Array.prototype, 'then', trap);
        Object.defineProperty(Uint8Array.prototype, 'constructor', { get() { asked++; return Uint8Array }, configurable: true });
        export default async () => {
            const told = await (await fetch('http://up.test/echo', { method: 'POST', body: 'x' })).text();
            const json = await new Response(new Uint8Array([49])).json();
            return new Response([asked, told.length > 0, json].join()) }";
    assert_eq!(text(&Bench::shared().run(source)), "0,true,1");
    let source = "let asked = 0; Object.defineProperty(Uint8Array.prototype, 'then', { get() { asked++; console.log('asked') } });
        export default () => new Response('x')";
    let bench = Bench::new(egret_runtime::Limits::default());
    assert_eq!(text(&bench.run(source)), "x");
    assert_eq!(bench.lines.take(), []);
}

#[test]
fn stack_traces_hand_out_no_functions() {
    let told = eval(
        "Error.prepareStackTrace = (_, sites) => sites; const site = new Error('x').stack[0];
        return [typeof site.getLineNumber, typeof site.getFunction, typeof site.getThis]",
    );
    assert_eq!(told, "function,undefined,undefined");
}

#[test]
fn tampered_prototypes_do_not_change_what_a_call_says() {
    let source = "Object.prototype.toJSON = Array.prototype.toJSON = () => ['DELETE'];
        String.prototype.toUpperCase = () => 'DELETE'; Array.prototype.push = () => 0;
        export default async () => new Response(await (await fetch('http://up.test/echo')).text())";
    assert_eq!(text(&Bench::shared().run(source)), "GET http://up.test/echo Follow ");
}

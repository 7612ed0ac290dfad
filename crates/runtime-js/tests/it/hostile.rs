//! Code that wants to bring the machine down: each ends in a named limit or an ordinary error, and nobody else waits.

use crate::harness::{Bench, invocation, text};
use egret_runtime::{Failure, Limit, Limits, Runtime};
use std::sync::LazyLock;
use std::time::Duration;

static BENCH: LazyLock<Bench> =
    LazyLock::new(|| Bench::new(Limits { cpu: Duration::from_millis(300), heap: 32 << 20, ..Limits::default() }));

const SNIPPETS: [(&str, &str); 20] = [
    ("infinite loop", "for(;;);"),
    ("loop in finally", "for(;;){ try { for(;;); } finally { continue; } }"),
    ("deep recursion", "function f(){ return f()+1 } return f();"),
    ("arrays without end", "let a=[]; for(;;) a.push(new Array(1000).fill(7));"),
    ("strings without end", "let s='x'; for(;;) s+=s; "),
    ("a regular expression that explodes", "return /^(a+)+$/.test('a'.repeat(40)+'b');"),
    ("a regular expression nested deep", "return new RegExp('('.repeat(5000)+')'.repeat(5000)).test('a');"),
    ("indexOf of a giant", "return Array.prototype.indexOf.call({length:2**53-1}, 1);"),
    ("indexOf of a sparse array", "return new Array(4294967295).indexOf(1);"),
    ("join", "return new Array(1e8).join('').length;"),
    ("power of big integers", "return String((3n**5000000n)%7n);"),
    ("text of a big integer", "return (2n**2000000n).toString().length+'';"),
    ("includes over megabytes", "let a='a'.repeat(4e6), b='a'.repeat(2e6)+'b'; return a.includes(b)+'';"),
    ("sorting a million", "let a=[]; for(let i=0;i<1e6;i++) a.push(i*7919%1000003); a.sort(); return a.length;"),
    ("JSON nested deep", "return JSON.parse('['.repeat(200000)+']'.repeat(200000)).length;"),
    ("objects nested deep", "let o={}; let p=o; for(let i=0;i<200000;i++){p.a={};p=p.a} return JSON.stringify(o).length;"),
    ("a proxy that asks itself", "let p=new Proxy({}, {get:(t,k,r)=>r[k]}); return p.x;"),
    ("microtasks without end", "function f(){ Promise.resolve().then(f) } f(); return 'x';"),
    ("replaceAll", "return 'a'.repeat(8e6).replaceAll('a','bb').length;"),
    ("fill of a giant", "return Array.prototype.fill.call({length:2**40}, 1).length;"),
];

#[test]
fn hostile_code_ends_in_a_limit_or_an_error_of_its_own() {
    let quick = BENCH.load("export default () => new Response('quick')");
    for (name, code) in SNIPPETS {
        let app = BENCH.load(&format!("export default function () {{ {code} }}"));
        crate::harness::IO.block_on(async {
            let hostile = app.invoke(invocation());
            let other = quick.invoke(invocation());
            let (ended, answered) = tokio::join!(hostile, other);
            assert_eq!(text(&answered), "quick", "beside {name}");
            match ended {
                Err(Failure::Limit { limit: Limit::Cpu | Limit::Heap | Limit::Stack, .. }) => {}
                Err(Failure::Thrown(thrown)) => {
                    assert!(["RangeError", "InternalError", "SyntaxError"].contains(&&*thrown.name), "{name}: {thrown:?}")
                }
                // It came to its end and returned what is no response.
                Err(Failure::BadAnswer(_)) => {}
                other => panic!("{name}: {other:?}"),
            }
        });
    }
}

#[test]
fn what_can_only_be_stopped_from_outside_is_stopped_by_the_cpu_limit() {
    for name in
        ["infinite loop", "loop in finally", "includes over megabytes", "microtasks without end", "a regular expression that explodes"]
    {
        let (_, code) = SNIPPETS.iter().find(|(snippet, _)| *snippet == name).unwrap();
        match BENCH.run(&format!("export default function () {{ {code} }}")) {
            Err(Failure::Limit { limit: Limit::Cpu, detail }) => assert_eq!(detail, "300ms of CPU time"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn hostile_code_at_load_time_is_a_fault() {
    for source in ["(".repeat(100_000), format!("export default {}1", "[".repeat(100_000))] {
        assert!(BENCH.try_load(&source).is_err());
    }
}

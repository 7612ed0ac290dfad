//! What console makes of values.

use crate::harness::Bench;
use egret_runtime::Limits;
use egret_runtime_js::Level;

#[test]
fn values_are_shown_as_a_person_would_want_to_read_them() {
    let bench = Bench::new(Limits::default());
    let cases = [
        ("'a', 1, true, null, undefined", "a 1 true null undefined"),
        ("{ a: 1, 'b-c': [1, 'x'], d: { e: null } }", "{ a: 1, 'b-c': [ 1, 'x' ], d: { e: null } }"),
        ("new Map([['k', { v: 1 }]]), new Set([1, 'a'])", "Map(1) { 'k' => { v: 1 } } Set(2) { 1, 'a' }"),
        ("[], {}, [,1], () => {}, function f() {}, class A {}", "[] {} [ <empty>, 1 ] [Function (anonymous)] [Function: f] [Function: A]"),
        ("new (class Point { x = 1 })(), Object.create(null)", "Point { x: 1 } [Object: null prototype] {}"),
        ("10n, Symbol('s'), -0, new Date(0), /a/g", "10n Symbol(s) -0 1970-01-01T00:00:00.000Z /a/g"),
        ("new Uint8Array([1, 2]), new ArrayBuffer(3)", "Uint8Array(2) [ 1, 2 ] ArrayBuffer { byteLength: 3 }"),
        ("Promise.resolve(1), { get x() { throw 1 } }", "Promise { <fulfilled> } { x: [Getter] }"),
        ("'%s is %d%% of %j %o', 'a', 50, { b: 1 }, [1], 'rest'", "a is 50% of {\"b\":1} [ 1 ] rest"),
        ("(() => { const o = {}; o.self = o; return o })()", "{ self: [Circular] }"),
        ("new Headers({ A: '1' }), new URL('http://a/')", "Headers { a: '1' } URL 'http://a/'"),
        ("new Proxy({}, { ownKeys() { throw 1 } })", "[cannot be shown]"),
        ("[[[[[[1]]]]]]", "[ [ [ [ [ [Array] ] ] ] ] ]"),
    ];
    for (code, expected) in cases {
        bench.eval(&format!("console.log({code})"));
        assert_eq!(bench.lines.take(), [(Level::Info, expected.to_owned())], "{code}");
    }
}

#[test]
fn levels_and_errors_are_kept() {
    let bench = Bench::new(Limits::default());
    bench.eval("console.debug(1); console.info(2); console.warn(3); console.error(new RangeError('no'))");
    let lines = bench.lines.take();
    assert_eq!(lines.iter().map(|(level, _)| *level).collect::<Vec<_>>(), [Level::Debug, Level::Info, Level::Warn, Level::Error]);
    assert!(lines[3].1.starts_with("RangeError: no\n    at ") && lines[3].1.contains("main.js:"), "{lines:?}");
}

#[test]
fn a_giant_value_is_cut() {
    let bench = Bench::new(Limits::default());
    bench.eval("console.log('x'.repeat(100000))");
    assert!(bench.lines.take()[0].1.len() < 17_000);
}

//! A function that changes the language under the prelude, or gives it what reads differently each time, so that its checks would see
//! one value and the kernel another.

use super::stage::Stage;

/// `evil(mark, values, call)`: whoever makes a string by the guest's `concat` and gets `mark` is given an object that reads differently
/// each time. The prelude makes none that way.
macro_rules! evil {
    ($mark:literal, $values:literal, $call:literal) => {
        concat!(
            "{ const concat = String.prototype.concat, apply = Reflect.apply, values = ",
            $values,
            "; let n = 0; const evil = { toString: () => values[n < values.length ? n++ : values.length - 1] };",
            "String.prototype.concat = function (...all) { const made = apply(concat, this, all); return made === ",
            $mark,
            " ? evil : made; }; return ",
            $call,
            "; }"
        )
    };
}

/// `turns(values, call)`: the call is given `turn`, which is each of the values in turn.
macro_rules! turns {
    ($values:literal, $call:literal) => {
        concat!(
            "{ const values = [",
            $values,
            "]; let n = 0; const turn = { toString: () => values[n < values.length ? n++ : values.length - 1] }; return ",
            $call,
            "; }"
        )
    };
}

#[test]
fn what_reads_differently_each_time_is_decided_as_it_is_sent() {
    Stage::check(&[
        (evil!("'mark'", "['x-a', 'host']", "give({ mark: 'v' })"), "200 <- POST /ok/h"),
        (evil!("'mark'", "['x-a', 'transfer-encoding']", "give({ mark: 'chunked' })"), "200 <- POST /ok/h"),
        (evil!("'mark'", "['x-a', 'x: y\\r\\nz']", "give({ mark: 'v' })"), "200 <- POST /ok/h"),
        (evil!("'MARK'", "['b', 'b\\r\\nx: y']", "give({ 'x-a': 'MARK' })"), "200 <- POST /ok/h"),
        (evil!("'MARK'", "['GET', 'GET', 'DELETE']", "fetch(`${OK}/ok/ro/a`, { method: 'MARK' })"), "policy.rule.method"),
        (evil!("'MARK'", "['DELETE']", "fetch(`${OK}/ok/ro/a`, { method: 'MARK' })"), "policy.rule.method"),
        (evil!("'http://mark/'", "[`${NO}/`]", "fetch('http://mark/')"), "policy.name.single_label"),
        (evil!("'http://mark/'", "[`${OK}/ok/a`, `${NO}/`]", "fetch('http://mark/')"), "policy.name.single_label"),
        (turns!("'b', 'b\\r\\nx: y'", "give({ 'x-a': turn })"), "200 <- POST /ok/h"),
        (turns!("'x-a', 'host'", "give([[turn, 'evil']])"), "200 <- POST /ok/h"),
        (turns!("'GET', 'DELETE'", "fetch(`${OK}/ok/ro/a`, { method: turn })"), "200 <- GET /ok/ro/a"),
        (turns!("`${OK}/ok/a`, `${NO}/`", "fetch(turn)"), "200 <- GET /ok/a"),
    ]);
}

#[test]
fn changed_built_ins_open_nothing() {
    Stage::check(&[
        ("{ Object.prototype.method = 'DELETE'; return fetch(`${OK}/ok/ro/a`, {}); }", "policy.rule.denied"),
        (
            "{ Object.defineProperty(URL.prototype, 'href', { get: () => `${NO}/` }); return fetch(new URL(`${OK}/ok/a`)); }",
            "200 <- GET /ok/a",
        ),
        ("{ URL.prototype.toString = () => `${NO}/`; return fetch(new URL(`${OK}/ok/a`)); }", "policy.rule.port"),
        (
            "{ Request.prototype.clone = () => 0; Object.defineProperty(Request.prototype, 'url', { get: () => `${NO}/` }); return fetch(new Request(`${OK}/ok/a`)); }",
            "200 <- GET /ok/a",
        ),
        (
            "{ Array.prototype[Symbol.iterator] = function* () { yield ['host', 'evil']; }; return fetch(`${OK}/ok/a`, { headers: [['a', 'b']] }); }",
            "TypeError",
        ),
        ("{ RegExp.prototype.exec = () => null; RegExp.prototype.test = () => true; return give({ 'x-a': 'b\\r\\nx: y' }); }", "TypeError"),
        (
            "{ JSON.stringify = () => '{}'; String.prototype.toLowerCase = () => 'x'; return give({ host: 'evil' }); }",
            "policy.header.framing",
        ),
        (
            "{ Array.prototype.constructor = { [Symbol.species]: function () { return ['host', 'evil']; } }; return give(new Headers({ 'x-a': 'b' })); }",
            "200 <- POST /ok/h",
        ),
        ("import('../egret.toml').then(() => fetch(`${NO}/`))", "TypeError"),
        ("import('/etc/passwd').then(() => fetch(`${NO}/`))", "TypeError"),
        ("{ const made = new Function('url', 'return fetch(url)'); return made(`${NO}/`); }", "policy.rule.port"),
    ]);
}

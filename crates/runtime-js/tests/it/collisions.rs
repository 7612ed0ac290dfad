//! Keys that were chosen so that they would collide under the engine's own hashes, which have no secret: strings under
//! h * 263 + c, indices under the golden ratio, numbers in a set under the exclusive or of their halves.
//!
//! With such a hash each of these takes seconds of CPU time, for every key walks past all that came before it. The
//! limit below is several times what they take now, the making of the keys included; keys that nobody chose take as long.

use crate::harness::{Bench, handler, text};
use egret_runtime::Limits;
use std::time::Duration;

#[track_caller]
fn check(count: u32, code: &str) {
    let bench = Bench::new(Limits { cpu: Duration::from_millis(1500), ..Limits::default() });
    assert_eq!(text(&bench.run(&handler(code))), count.to_string());
}

#[test]
fn json_with_colliding_string_keys_is_parsed_in_linear_time() {
    // Both blocks add the same to the hash: 97 * 263 + 0x207 = 98 * 263 + 0x100.
    check(
        1 << 15,
        r#"let json = '{"":0';
           for (let i = 1; i < 2 ** 15; i++) {
             let key = '';
             for (let bit = 0; bit < 15; bit++) key += i >> bit & 1 ? 'a\u0207' : 'b\u0100';
             json += ',"' + key + '":0';
           }
           return Object.keys(JSON.parse(json + '}')).length"#,
    );
}

#[test]
fn json_with_colliding_index_keys_is_parsed_in_linear_time() {
    // The keys whose product with the ratio is small: its upper bits choose the bucket.
    check(
        40_000,
        r#"let inverse = 0x61c88647;
           for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(inverse, 0x61c88647));
           const keys = [];
           for (let product = 0; keys.length < 40000; product++) {
             const atom = Math.imul(product, inverse) >>> 0;
             if (atom >= 2 ** 31) keys.push(`"${atom - 2 ** 31}":0`);
           }
           return Object.keys(JSON.parse('{' + keys.join() + '}')).length"#,
    );
}

#[test]
fn a_set_of_colliding_numbers_is_filled_in_linear_time() {
    check(
        40_000,
        "const halves = new Uint32Array(2), number = new Float64Array(halves.buffer), set = new Set();
         for (let i = 0; i < 40000; i++) { halves[0] = halves[1] = 0x40000000 + i; set.add(number[0]) }
         return set.size",
    );
}

#[test]
fn strings_are_the_same_key_however_they_were_put_together() {
    // Long strings are ropes until they are looked at; a part of a wide string may be narrow.
    let told = crate::harness::eval(
        "const part = 'x'.repeat(9001), set = new Set([part + part + 'é']);
         const wide = ('\\u0100' + part + part + 'é').slice(1), object = { [wide]: 1 };
         return [set.has('x'.repeat(18002) + 'é'), set.has(wide), object['x'.repeat(18002) + 'é']]",
    );
    assert_eq!(told, "true,true,1");
}

//! What taking secrets out of a response costs: `cargo xtask bench scrub`. Five secrets, 100 MiB in pieces of 16 KiB: plain JSON,
//! JSON full of escapes, random bytes, and texts made to be slow by one who knows the secrets.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use bytes::Bytes;
use egret_egress::fuzzing;
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

/// Megabytes a second and core that realistic text and random bytes must reach.
const GOAL: f64 = 500.0;
const SIZE: usize = 100 << 20;
/// A mebibyte of each text, again and again, in pieces as a connection gives them.
const TEXT: usize = 1 << 20;
const PIECE: usize = 16 << 10;
const ROUNDS: usize = 5;

const SECRETS: [&str; 5] = [
    "sk_live_51HqT2KEn8Zb0xVgYpW4aRfLmDcU7oXs",
    "ghp_Yx81mQwErTzUiOpAsDfGhJkLqWeRtYu12345",
    "whsec_9bK2/v+R7nQeLx4TzYcPdA==",
    "user:correct-horse-battery-staple",
    "AKIAIOSFODNN7EXAMPLEwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
];

fn main() {
    let texts: [(&str, bool, Vec<u8>); 11] = [
        ("json", true, json("").into()),
        ("json.escapes", true, json("\\n\\t\\\"caf\\u00e9\\\" https:\\/\\/a.test\\/b?c=%20d&amp;e").into()),
        ("random", true, random()),
        ("percent", false, vec![b'%'; 64]),
        ("backslashes", false, vec![b'\\'; 64]),
        ("ampersands", false, vec![b'&'; 64]),
        ("all.escaped", false, b"%41".repeat(64)),
        ("half.escapes", false, b"\\u00".repeat(64)),
        ("entities", false, b"&#x73;\\u0073%73".repeat(16)),
        ("one.letter", false, vec![b'A'; 64]),
        ("near.misses", false, SECRETS.map(|secret| &secret[..secret.len() - 1]).concat().into()),
    ];
    for (name, is_held_to_the_goal, text) in texts {
        let text: Bytes = text.iter().copied().cycle().take(TEXT).collect::<Vec<u8>>().into();
        let best = (0..ROUNDS).map(|_| round(&text)).fold(f64::MIN, f64::max);
        let verdict = if !is_held_to_the_goal || best >= GOAL { "ok" } else { "miss" };
        println!("{name}: {best:.0} MB/s");
        println!("figure scrub.{name} {best:.0} {} {verdict}", if is_held_to_the_goal { GOAL } else { 0.0 });
    }
}

/// Megabytes a second.
fn round(text: &Bytes) -> f64 {
    let mut scrub = fuzzing::scrub(&SECRETS.map(str::as_bytes));
    let mut out = 0;
    let start = cpu();
    for _ in 0..SIZE / TEXT {
        for from in (0..TEXT).step_by(PIECE) {
            out += black_box(scrub(Some(text.slice(from..from + PIECE)))).len();
        }
    }
    out += scrub(None).len();
    assert_eq!(out, SIZE, "a mask has the length of what it replaces");
    f64::from(u32::try_from(SIZE).unwrap()) / 1e6 / (cpu() - start).as_secs_f64()
}

/// What this thread has used of a processor: other work on the machine does not count.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
}

fn json(note: &str) -> String {
    let item = |number: usize| {
        format!(
            "{{\"id\":\"ch_{number:08x}\",\"object\":\"charge\",\"amount\":{},\"currency\":\"eur\",\"created\":{},\"description\":\"Order \
             {number} of a customer {note}\",\"paid\":true,\"metadata\":{{\"hash\":\"{:016x}\",\"token\":\"dG9rZW4gb2YgYSBjdXN0b21lcg==\"}}}},\n",
            number * 37 % 10_000,
            1_700_000_000 + number,
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    };
    (0..5_000).map(item).collect()
}

fn random() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..TEXT / 8).flat_map(|_| next()).collect()
}

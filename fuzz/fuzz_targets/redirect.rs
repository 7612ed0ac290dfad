//! `cargo +nightly fuzz run redirect`
#![no_main]

#[path = "../bodies.rs"]
#[allow(dead_code, reason = "each target runs one body")]
mod bodies;

libfuzzer_sys::fuzz_target!(|text: &str| bodies::redirect(text));

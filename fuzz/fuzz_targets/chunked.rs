//! `cargo +nightly fuzz run chunked`
#![no_main]

#[path = "../streams.rs"]
#[allow(dead_code, reason = "each target runs one body")]
mod streams;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streams::chunked(bytes));

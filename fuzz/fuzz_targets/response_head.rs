//! `cargo +nightly fuzz run response_head`
#![no_main]

#[path = "../streams.rs"]
#[allow(dead_code, reason = "each target runs one body")]
mod streams;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streams::response_head(bytes));

//! `cargo +nightly fuzz run scrub`
#![no_main]

#[path = "../scrub.rs"]
mod scrub;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scrub::scrub(bytes));

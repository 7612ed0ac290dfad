//! `cargo +nightly fuzz run manifest`: any text, as TOML and as JSON, is a manifest or has faults, each with a place inside it.
#![no_main]

use egret_manifest::Manifest;
use std::path::Path;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for name in ["egret.toml", "egret.json"] {
        if let Err(faults) = Manifest::parse(Path::new(name), text) {
            assert!(!faults.0.is_empty());
            assert!(faults.0.iter().filter_map(|fault| fault.place).all(|(line, _)| line <= text.lines().count() + 1));
        }
    }
});

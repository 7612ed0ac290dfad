//! `cargo +nightly fuzz run manifest`: any text is a manifest or has faults, each with a place inside the text.
#![no_main]

use egret_app::config::Manifest;
use std::path::Path;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(faults) = Manifest::parse(Path::new("egret.toml"), text) {
        assert!(!faults.0.is_empty());
        assert!(faults.0.iter().filter_map(|fault| fault.place).all(|(line, _)| line <= text.lines().count() + 1));
    }
});

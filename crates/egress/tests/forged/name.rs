//! The dialler, compiled from its own source, is given a name.
#[path = "../../src/dial.rs"]
mod dial;
mod error {
    pub use egret_egress::{Phase, Reason};
}

async fn by_name() {
    let _ = dial::dial("metadata.google.internal:80", None, std::time::Duration::from_secs(1)).await;
}

fn main() {}

//! A program that embeds the kernel: it may read one API's path and nothing else, and says so.
//!
//! `cargo run -p egret --example embed` asks api.github.com; give another URL to see it refused.

use egret::{Audit, Egress, Event, Route, Rule};
use std::sync::Arc;

/// Prints one line an attempt, refused or not.
struct Lines;

impl Audit for Lines {
    fn record(&self, event: Event) {
        let target = event.target.map_or_else(|| "(no URL)".to_owned(), |target| target.to_string());
        println!("{} {target}: {:?}, {:?}", event.method, event.outcome, event.took);
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://api.github.com/zen".to_owned());
    let rule = Rule { routes: Some(vec![Route::path("/zen")]), ..Rule::host("api.github.com") };
    let egress = Egress::builder().rule(rule).audit(Arc::new(Lines)).build()?;
    match egress.get(&url).send().await {
        Ok(response) => println!("{} {}", response.status, String::from_utf8_lossy(&response.body.collect(1 << 20).await?)),
        Err(error) => println!("{} ({})\n{}", error.code().as_str(), error.path(), error.guest_message()),
    }
    Ok(())
}

//! What is told is counted, shown and sent away, within bounds.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod exposition;
mod house;
mod metrics;
mod scrape;
mod traces;

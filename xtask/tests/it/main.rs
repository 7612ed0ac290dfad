//! The house rules as tests, and the generated files held against what they are generated from.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod documents;
mod generated;
mod house;
mod tidy;

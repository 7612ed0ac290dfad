//! The law from outside: decisions, proofs, explanations.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod conformance;
mod decide;
mod explain;
mod forged;
mod fuzz;
mod holes;
mod modes;
mod suites;

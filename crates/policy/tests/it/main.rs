//! The law from outside: decisions, proofs, explanations.

mod conformance;
mod decide;
mod explain;
mod forged;
mod fuzz;
mod holes;
mod modes;

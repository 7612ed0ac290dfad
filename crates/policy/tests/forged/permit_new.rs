//! The constructor of a permit is the law's own.
use egret_policy::{Permit, Request, RuleSpec};
use std::sync::Arc;

fn forge(request: Request) -> Permit {
    Permit::new(request, Arc::new(RuleSpec::host("a.test")), "".into(), todo!(), None)
}

fn main() {}

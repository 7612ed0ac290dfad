//! A permit has private fields and no constructor.
use egret_policy::{Permit, Request, RuleSpec};
use std::sync::Arc;

fn forge(request: Request) -> Permit {
    Permit { request, rule: Arc::new(RuleSpec::host("a.test")), route: "".into(), reported: None }
}

fn main() {}

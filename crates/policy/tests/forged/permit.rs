//! A permit has private fields and no constructor.
use egret_policy::{Permit, Request};
use std::sync::Arc;

fn forge(request: Request) -> Permit {
    Permit { request, rule: Arc::default(), route: "".into(), exempt: Arc::from([]), nat64: Arc::from([]) }
}

fn main() {}

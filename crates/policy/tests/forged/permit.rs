//! A permit has private fields and no constructor.
use egret_policy::{Permit, Request};

fn forge(request: Request) -> Permit {
    Permit { request, rule: unreachable!(), route: "".into(), reported: None }
}

fn main() {}

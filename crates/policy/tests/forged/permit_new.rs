//! The constructor of a permit is the law's own.
use egret_policy::{Permit, Request};

fn forge(request: Request) -> Permit {
    Permit::new(request, todo!(), todo!(), todo!(), None)
}

fn main() {}

//! An admission has private fields and no constructor.
use egret_policy::{Admitted, Target};

fn forge(target: Target) -> Admitted {
    Admitted { target, addresses: vec!["169.254.169.254:80".parse().unwrap()] }
}

fn main() {}

//! A permit is spent, not copied.
use egret_policy::Permit;

fn copy(permit: &Permit) -> Permit {
    permit.clone()
}

fn main() {}

//! A question is made by deciding alone: who could make one could answer it with yes.

fn main() {
    let _ = |request: egret_policy::Request| egret_policy::Question { request };
}

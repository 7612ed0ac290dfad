//! `cargo xtask check`: everything that must hold before a commit, step by step, each printed; the first failure ends it.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// One call of cargo and what must be in its environment.
pub struct Step {
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

/// In the order of what they cost: a fault of form is told before anything is compiled.
const STEPS: [Step; 5] = [
    step(&["fmt", "--all", "--check"]),
    step(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    Step { arguments: &["doc", "--workspace", "--no-deps"], environment: &[("RUSTDOCFLAGS", "-D warnings")] },
    step(&["test", "--workspace"]),
    step(&["xtask", "guest", "--check"]),
];

/// A call in the environment as it is.
pub const fn step(arguments: &'static [&'static str]) -> Step {
    Step { arguments, environment: &[] }
}

pub fn run() -> Result<()> {
    for step in &STEPS {
        println!("== cargo {}", step.arguments.join(" "));
        must(step)?;
    }
    println!("== cargo deny check");
    let is_installed = cargo(&step(&["deny", "--version"])).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success();
    if !is_installed {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    must(&step(&["deny", "check"]))
}

/// Runs a step; its failure is ours.
pub fn must(step: &Step) -> Result<()> {
    let words = step.arguments.join(" ");
    let status = cargo(step).status().with_context(|| format!("cargo {words} cannot be started"))?;
    if status.success() { Ok(()) } else { bail!("cargo {words}: {status}") }
}

#[expect(clippy::disallowed_methods, reason = "gate: a chore starts cargo")]
fn cargo(step: &Step) -> Command {
    let mut command = Command::new("cargo");
    command.args(step.arguments).envs(step.environment.iter().copied());
    command
}

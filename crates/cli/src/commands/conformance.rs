//! `egret conformance`: the attack corpus against the real kernel, with scripted peers on loopback.

use crate::conformance::{Corpus, Verdict};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run attack cases against the kernel
///
/// Every case goes through real parsing, a scripted DNS server and sockets on loopback. The last line counts:
/// `N passed, M failed, K skipped, L later`.
#[derive(clap::Args)]
#[command(after_help = "Example: egret conformance --corpus conformance/cases.jsonl --class url_parser --class ip_range")]
pub struct Arguments {
    /// The cases, one JSON object a line
    #[arg(long, value_name = "FILE", default_value = "conformance/cases.jsonl")]
    corpus: PathBuf,
    /// The policies that the cases name [default: policies.json beside the corpus]
    #[arg(long, value_name = "FILE")]
    policies: Option<PathBuf>,
    /// What is not built yet, with reasons [default: later.toml beside the corpus, if it is there]
    #[arg(long, value_name = "FILE")]
    later: Option<PathBuf>,
    /// Run this class only; may be repeated
    #[arg(long = "class", value_name = "NAME")]
    classes: Vec<String>,
    /// Print one JSON object a case
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let beside = |name: &str| arguments.corpus.with_file_name(name);
    let policies = arguments.policies.clone().unwrap_or_else(|| beside("policies.json"));
    let later = arguments.later.clone().or_else(|| Some(beside("later.toml")).filter(|file| file.exists()));
    let corpus = Corpus::read(&arguments.corpus, &policies, later.as_deref())?;
    for class in &arguments.classes {
        anyhow::ensure!(
            corpus.cases.iter().any(|case| case.class == *class),
            "no case of class {class:?} in {}",
            arguments.corpus.display()
        );
    }
    let wanted = |class: &str| arguments.classes.is_empty() || arguments.classes.iter().any(|name| name == class);
    let (mut passed, mut failed, mut skipped, mut later) = (0, 0, 0, 0);
    let runtime = super::runtime()?;
    for case in corpus.cases.iter().filter(|case| wanted(&case.class)) {
        let verdict = runtime.block_on(corpus.judge(case));
        let (name, words) = match &verdict {
            Verdict::Passed => ("passed", ""),
            Verdict::Failed(words) => ("failed", words.as_str()),
            Verdict::Skipped(words) => ("skipped", words.as_str()),
            Verdict::Later(words) => ("later", words.as_str()),
        };
        match verdict {
            Verdict::Passed => passed += 1,
            Verdict::Failed(_) => failed += 1,
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Later(_) => later += 1,
        }
        if arguments.json {
            println!("{}", json!({ "id": case.id, "class": case.class, "verdict": name, "message": words }));
        } else if matches!(verdict, Verdict::Failed(_) | Verdict::Skipped(_)) {
            println!("{name:<7} {} expected {}: {words}", case.id, case.expect);
        }
    }
    if arguments.json {
        println!("{}", json!({ "passed": passed, "failed": failed, "skipped": skipped, "later": later }));
    } else {
        println!("{passed} passed, {failed} failed, {skipped} skipped, {later} later");
    }
    Ok(if failed == 0 && skipped == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

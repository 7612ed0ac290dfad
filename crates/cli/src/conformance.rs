//! The runner of the attack corpus: reads cases, builds their policies, plays their upstreams, judges what the kernel did.
//!
//! The case itself is the input: nothing here is keyed by an id. It lies beside the command and not in the testkit,
//! which stays free of the kernel that is tested with it.

mod case;
mod effect;
mod family;
mod later;
mod play;
mod policies;

pub use case::Case;

use anyhow::Context;
use later::Later;
use policies::Policies;
use std::fs;
use std::path::Path;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Otherwise; the words say how.
    Failed(String),
    /// Not run: nothing here knows how.
    Skipped(String),
    /// Not run: listed as not built yet, with the reason.
    Later(String),
}

/// Cases with what they refer to.
pub struct Corpus {
    pub cases: Vec<Case>,
    policies: Policies,
    later: Later,
}

impl Corpus {
    /// Reads everything; a malformed line is an error, never a case less.
    pub fn read(cases: &Path, policies: &Path, later: Option<&Path>) -> anyhow::Result<Self> {
        let text = read(cases)?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let cases: anyhow::Result<Vec<Case>> =
            lines.map(|(index, line)| Case::parse(line).with_context(|| format!("{}:{}", cases.display(), index + 1))).collect();
        let policies = Policies::parse(&read(policies)?).with_context(|| policies.display().to_string())?;
        let later = match later {
            Some(file) => Later::parse(&read(file)?).with_context(|| file.display().to_string())?,
            None => Later::default(),
        };
        Ok(Self { cases: cases?, policies, later })
    }

    /// Runs one case, unless it is listed as later.
    pub async fn judge(&self, case: &Case) -> Verdict {
        if let Some(reason) = self.later.reason(case) {
            return Verdict::Later(reason.to_owned());
        }
        match self.policies.build(&case.policy) {
            Ok(policy) => play::play(case, policy, &self.policies).await,
            Err(words) => Verdict::Skipped(words),
        }
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let size = fs::metadata(file).with_context(|| file.display().to_string())?.len();
    anyhow::ensure!(size <= MAX_FILE, "{} is over 64 MiB", file.display());
    fs::read_to_string(file).with_context(|| file.display().to_string())
}

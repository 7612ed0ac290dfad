//! What the documents claim: that files are there, that tests exist, that commands are the ones that are run.

use crate::house::{documents, files, read, root, sources};
use std::collections::BTreeSet;
use std::path::Path;

/// Documents that name tests as the proof of what they say.
const PROVING: [&str; 3] = ["ARCHITECTURE.md", "docs/threats.md", "docs/holes.md"];
/// The one command that is the whole truth.
const TESTS: &str = "cargo test --workspace";

#[test]
fn the_readme_is_short() {
    assert!(read("README.md").lines().count() <= 150);
}

#[test]
fn the_readmes_test_command_is_what_a_clean_machine_runs() {
    assert!(read("README.md").lines().any(|line| line.trim() == TESTS));
    assert_eq!(read(".ci/run").lines().last(), Some(TESTS));
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for document in documents() {
        let text = read(&document);
        let folder = Path::new(&document).parent().unwrap();
        let targets = text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            assert!(root().join(folder).join(target).exists(), "{document}: {target}");
        }
    }
}

/// In these documents a word in backticks with three underscores or more is a test.
#[test]
fn every_test_that_a_document_names_exists() {
    let tests = test_names();
    for document in PROVING {
        let text = read(document);
        let named: BTreeSet<&str> = text.split('`').filter(|word| is_sentence(word)).collect();
        assert!(named.len() > 20, "{document} names {} tests", named.len());
        let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(**name)).collect();
        assert!(missing.is_empty(), "{document} names tests that do not exist: {missing:?}");
    }
}

/// A limit that no test sees enforced is a promise that nobody keeps.
#[test]
fn every_limit_is_held_by_a_test_that_exists() {
    let tests = test_names();
    for limit in egret_limits::LIMITS {
        assert!(!limit.held_by.is_empty(), "no test sees {} enforced", limit.name);
        let missing: Vec<&&str> = limit.held_by.iter().filter(|name| !tests.contains(**name)).collect();
        assert!(missing.is_empty(), "{} names tests that do not exist: {missing:?}", limit.name);
    }
}

/// What whoever runs into a limit is told stands on the page of codes.
#[test]
fn every_code_of_a_limit_is_on_the_page_of_codes() {
    let page = read("docs/reference/codes.md");
    let unknown = egret_limits::LIMITS.iter().filter(|limit| !limit.code.is_empty() && !page.contains(&format!("| `{}` |", limit.code)));
    assert_eq!(unknown.map(|limit| limit.name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_decision_is_numbered_in_a_row() {
    let decisions = files("docs/decisions", &[".md"]);
    for (index, file) in decisions.iter().enumerate() {
        assert!(file.starts_with(&format!("docs/decisions/{:04}-", index + 1)), "{file}");
    }
    assert!(!decisions.is_empty());
}

#[test]
fn every_crate_has_its_paragraph() {
    let architecture = read("ARCHITECTURE.md");
    for manifest in files("crates", &["/Cargo.toml"]) {
        let name = manifest.split('/').nth(1).unwrap();
        assert!(architecture.contains(&format!("### {name}\n")), "{name}");
    }
}

/// Each example is started by a test and shown to people.
#[test]
fn every_example_is_run_and_shown() {
    let (readme, tests) = (read("README.md"), files("crates/cli/tests", &[".rs"]).iter().map(|file| read(file)).collect::<String>());
    for manifest in files("examples", &["/egret.toml"]) {
        let example = manifest.trim_end_matches("/egret.toml");
        assert!(readme.contains(example) && tests.contains(&format!("\"{example}\"")), "{example}");
    }
}

fn is_sentence(word: &str) -> bool {
    word.matches('_').count() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The functions that stand directly below a test attribute.
fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in sources() {
        let text = read(&file);
        let mut after_attribute = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                after_attribute = true;
            } else if let (true, Some((_, rest))) = (after_attribute, line.split_once("fn ")) {
                names.extend(rest.split('(').next().map(str::to_owned));
                after_attribute = false;
            }
        }
    }
    names
}

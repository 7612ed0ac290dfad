//! Rules that no compiler knows: what a file begins with, how long it is, and how many doors there are.

use crate::house::{files, read, sources};

/// Lines of a file beyond which it should have been two.
const LONGEST: usize = 450;

/// Every door of the house: where it is and why. A new one is a change of this list.
const DOORS: [(&str, &str); 6] = [
    ("crates/admin/src/client.rs", "the one connection to the control socket of our own server"),
    ("crates/app/src/config/environment.rs", "the one reader of the environment"),
    ("crates/audit/src/sink/syslog.rs", "lines of the audit log to the socket of this machine's own log"),
    ("crates/egress/src/dial.rs", "the one outbound connect, to an admitted address"),
    ("crates/runtime-js/src/image/cache.rs", "native code that this process or an earlier one made and sealed"),
    ("xtask/src/check.rs", "a chore starts cargo"),
];

#[test]
fn every_source_says_its_job_first() {
    let silent: Vec<String> = sources().into_iter().filter(|file| !read(file).starts_with("//! ")).collect();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn no_source_is_too_long() {
    let code = [sources(), files("crates", &[".js", ".c", ".h"])].concat();
    let long: Vec<String> = code.into_iter().filter(|file| read(file).lines().count() > LONGEST).collect();
    assert_eq!(long, [""; 0]);
}

/// The engine compiles a template with a value in it to a call of `String.prototype.concat`, which the guest may have replaced.
#[test]
fn the_prelude_joins_no_string_by_the_guests_own_function() {
    let prelude = files("crates/runtime-js/guest/prelude", &[".js"]);
    assert!(prelude.len() > 10);
    let templates: Vec<String> = prelude.into_iter().filter(|file| read(file).contains("${")).collect();
    assert_eq!(templates, [""; 0]);
}

#[test]
fn modules_are_named_after_themselves() {
    assert_eq!(files("", &["/mod.rs"]), [""; 0]);
}

/// A nested one would silently replace the fences of the root.
#[test]
fn there_is_one_configuration_of_the_linter() {
    assert_eq!(files("", &["clippy.toml"]), ["clippy.toml"]);
}

#[test]
fn the_doors_are_these_and_no_others() {
    let mark = concat!("\"ga", "te: ");
    let mut doors = Vec::new();
    for file in sources() {
        let text = read(&file);
        let reasons = text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        doors.extend(reasons.map(|reason| (file.clone(), reason)));
    }
    let doors: Vec<(&str, &str)> = doors.iter().map(|(file, reason)| (file.as_str(), reason.as_str())).collect();
    assert_eq!(doors, DOORS);
}

/// A lint that a whole crate or file could switch off would be no fence.
#[test]
fn no_fence_is_lifted_for_more_than_an_item() {
    let lifts = |line: &str| line.contains("disallowed_methods") || line.contains("unsafe_code");
    let whole = |file: &String| read(file).lines().any(|line| line.trim_start().starts_with("#![") && lifts(line));
    let lifted: Vec<String> = sources().into_iter().filter(whole).collect();
    assert_eq!(lifted, [""; 0]);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = [files("crates", &["/Cargo.toml"]), files("xtask", &["/Cargo.toml"])].concat();
    // The guest's sources are a package that only names a dependency; nothing of it is compiled.
    let ours = manifests.into_iter().filter(|file| !file.contains("/guest/sources/"));
    let without: Vec<String> = ours.filter(|file| !read(file).contains("[lints]\nworkspace = true\n")).collect();
    assert_eq!(without, [""; 0]);
}

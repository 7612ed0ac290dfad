//! `egret check`: all faults at once, for people and for programs.

use crate::harness::{app, egret, stdout, workspace};

#[test]
fn a_good_app_has_no_fault() {
    let output = egret(&["check", workspace().join("examples/quickstart").to_str().unwrap()]);
    assert_eq!((output.status.code(), stdout(&output).trim()), (Some(0), "quickstart: 4 routes, 2 rules, no fault"));
}

#[test]
fn every_fault_of_the_manifest_comes_at_once() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), "version = 1\nname = \"Bad Name\"\nnet = [\"*\"]\ntypo = 1\n", &[("f.js", "export default () => {}")]);
    let output = egret(&["check", at.path().to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let faults: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let places: Vec<_> = faults["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["line"].as_u64().unwrap(), fault["key"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(places, [(2, "name".to_owned()), (3, "net[0].host".to_owned()), (4, "typo".to_owned())]);
}

#[test]
fn faults_of_routes_and_code_name_their_files() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), "version = 1\nname = \"a\"\n", &[("[id].js", "export default () => {}"), ("[name].js", "export default () => {}")]);
    let output = egret(&["check", at.path().to_str().unwrap()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("[id].js and [name].js both answer"), "{words}");
    std::fs::remove_file(at.path().join("functions/[name].js")).unwrap();
    std::fs::write(at.path().join("functions/[id].js"), "export default () => {\n  return new;\n}").unwrap();
    let output = egret(&["check", at.path().to_str().unwrap()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("[id].js:2"), "{words}");
}

#[test]
fn a_folder_that_is_no_app_is_told_so() {
    let at = tempfile::tempdir().unwrap();
    let output = egret(&["check", at.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("an app's folder has an egret.toml"));
}

#[test]
fn a_manifest_in_json_has_its_faults_told_alike() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), "", &[("f.js", "export default () => new Response('a')")]);
    std::fs::remove_file(at.path().join("egret.toml")).unwrap();
    let write = |text: &str| std::fs::write(at.path().join("egret.json"), text).unwrap();
    write("{ \"version\": 1,\n  \"name\": \"Bad Name\",\n  \"typo\": 1 }");
    let output = egret(&["check", at.path().to_str().unwrap()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(words.contains("egret.json:2:11: name: ") && words.contains("egret.json:3:3: typo: unknown key"), "{words}");
    write("{ \"version\": 1, \"name\": \"a\", \"net\": [\"a.test\"] }");
    let output = egret(&["check", at.path().to_str().unwrap()]);
    assert_eq!((output.status.code(), stdout(&output).trim()), (Some(0), "a: 1 routes, 1 rules, no fault"));
}

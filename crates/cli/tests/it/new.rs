//! `egret new`: a folder that is good as it is, and never one that was there before.

use crate::harness::{egret, stdout};

#[test]
fn a_new_app_passes_the_check() {
    let at = tempfile::tempdir().unwrap();
    let parent = at.path().to_str().unwrap();
    let made = egret(&["new", "shop", "--in", parent]);
    assert_eq!(made.status.code(), Some(0));
    assert!(stdout(&made).contains("egret dev"));
    let checked = egret(&["check", &format!("{parent}/shop")]);
    assert_eq!(stdout(&checked).trim(), "shop: 2 routes, 1 rules, no fault");
    let again = egret(&["new", "shop", "--in", parent]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already; nothing was changed"));
}

#[test]
fn a_name_that_leaves_the_folder_is_refused() {
    let at = tempfile::tempdir().unwrap();
    for name in ["../x", "Shop", "", "a/b"] {
        assert_eq!(egret(&["new", name, "--in", at.path().to_str().unwrap()]).status.code(), Some(1), "{name:?}");
    }
    assert_eq!(std::fs::read_dir(at.path()).unwrap().count(), 0);
}

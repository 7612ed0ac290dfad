//! `egret backup | restore | config show | completions`, and stores that cannot be used.

use super::House;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

const VALUE: &str = "sk_live_hunter2_0123456789";

#[test]
fn a_backup_brings_back_what_was_there_and_holds_no_key() {
    for mut house in House::both() {
        house.done(&["net", "allow", "a.test"]);
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], VALUE);
        let file = house.path().join("copy.db");
        let file = file.to_str().unwrap();
        assert!(house.done(&["backup", file]).contains("master key"));
        assert_eq!(house.run(&["backup", file]).code, Some(1), "nothing is overwritten");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        let (copy, key) = (std::fs::read(file).unwrap(), std::fs::read(house.data().join("master.key")).unwrap());
        assert!(!copy.windows(key.len()).any(|window| window == key));
        assert!(!copy.windows(7).any(|window| window == b"hunter2"));

        house.done(&["app", "remove", "shop", "--yes"]);
        if house.server.is_some() {
            let refused = house.run(&["restore", file]);
            assert!(refused.code == Some(1) && refused.err.contains("stop it first"), "{}", refused.err);
            house.close();
        }
        let restored = house.run(&["restore", file, "--json"]);
        assert_eq!(restored.code, Some(0), "{}", restored.out);
        let kept = restored.json()["restored"]["kept"].as_str().unwrap().to_owned();
        assert!(std::path::Path::new(&kept).exists());
        assert!(house.done(&["net", "list"]).contains("a.test"));
        let store = house.store();
        assert_eq!(store.open_secrets(&store.app("shop").unwrap().unwrap().id).unwrap()[0].value.as_slice(), VALUE.as_bytes());
    }
}

/// A new key would open nothing of the backup, and would lie in the way of the right one.
#[test]
fn a_backup_is_not_restored_under_a_key_that_was_just_made() {
    let (old, new) = (House::new(), House::new());
    old.done(&["app", "create", "shop"]);
    let file = old.path().join("copy.db");
    old.done(&["backup", file.to_str().unwrap()]);
    let restore = || new.run(&["restore", file.to_str().unwrap()]);
    let refused = restore();
    assert!(refused.code == Some(1) && refused.err.contains("master.key") && !new.data().exists(), "{}", refused.err);
    new.done(&["app", "create", "other"]);
    assert_eq!(restore().code, Some(4), "its own key is another one");
    std::fs::remove_dir_all(new.data()).unwrap();
    std::fs::DirBuilder::new().mode(0o700).create(new.data()).unwrap();
    std::fs::copy(old.data().join("master.key"), new.data().join("master.key")).unwrap();
    assert_eq!(restore().code, Some(0));
    new.done(&["app", "show", "shop"]);
}

#[test]
fn what_is_no_backup_replaces_nothing() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let file = house.path().join("junk");
    std::fs::write(&file, vec![7; 5000]).unwrap();
    for path in [file.to_str().unwrap(), "/nowhere/at/all"] {
        assert_eq!(house.run(&["restore", path]).code, Some(4), "{path}");
    }
    house.done(&["app", "show", "shop"]);
}

#[test]
fn a_store_that_cannot_be_used_has_its_own_exit_code_and_says_what_to_do() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let database = house.data().join("egret.db");
    assert!(database.is_file(), "`config show` names this file");
    std::fs::write(&database, vec![b'x'; 5000]).unwrap();
    let outcome = house.run(&["app", "list"]);
    assert_eq!(outcome.code, Some(4));
    assert!(outcome.err.contains("no database"), "{}", outcome.err);
    let json = house.run(&["app", "list", "--json"]).json();
    assert_eq!((json["ok"].as_bool(), json["kind"].as_str()), (Some(false), Some("store")));
}

#[test]
fn another_master_key_does_not_open_the_store() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let with_key = |key: &str| house.run_with(&[("EGRET_MASTER_KEY", key)], &["app", "list"]);
    for wrong in ["7".repeat(64).as_str(), "hunter2", ""] {
        let outcome = with_key(wrong);
        assert_eq!(outcome.code, Some(4), "{wrong:?}");
        assert!(!outcome.err.contains("hunter2") && outcome.err.contains("master key"), "{}", outcome.err);
    }
}

#[test]
fn the_master_key_comes_from_a_variable_or_a_credential_where_they_are_set() {
    let (one, house) = (House::new(), House::new());
    let key = "5".repeat(64);
    assert_eq!(one.run_with(&[("EGRET_MASTER_KEY", &key)], &["app", "create", "shop"]).code, Some(0));
    assert!(!one.data().join("master.key").exists());
    std::fs::write(house.path().join("egret-master-key"), [b'U'; 32]).unwrap();
    let credentials = house.path().to_str().unwrap().to_owned();
    let with = |arguments: &[&str]| house.run_with(&[("CREDENTIALS_DIRECTORY", &credentials)], arguments);
    assert_eq!(with(&["app", "create", "shop"]).code, Some(0));
    assert!(!house.data().join("master.key").exists());
    assert_eq!(with(&["app", "show", "shop"]).code, Some(0));
    assert_eq!(house.run(&["app", "show", "shop"]).code, Some(4), "without the credential it is another key");
}

#[test]
fn what_counts_is_shown_with_where_it_came_from_and_makes_nothing() {
    let mut house = House::new();
    let plain = house.done(&["config", "show"]);
    assert!(plain.contains("none runs") && plain.contains("not made yet") && !plain.contains("EGRET_DATA"), "{plain}");
    assert!(!house.data().exists(), "a question leaves nothing behind");
    let explained = house.done(&["config", "show", "--explain"]);
    assert!(explained.contains("(environment: EGRET_DATA)") && explained.contains("master.key in the data directory   (default)"));
    let flag = house.path().join("other");
    let json = house.run(&["config", "show", "--json", "--data", flag.to_str().unwrap()]).json();
    assert_eq!((json["data_directory"]["value"].as_str(), json["data_directory"]["from"].as_str()), (flag.to_str(), Some("flag --data")));
    let key = "5".repeat(64);
    let shown = house.run_with(&[("EGRET_MASTER_KEY", &key)], &["config", "show", "--explain"]).out;
    assert!(shown.contains("EGRET_MASTER_KEY") && !shown.contains(&key), "{shown}");
    house.open();
    assert!(house.done(&["config", "show"]).contains(&format!("running, process {}", std::process::id())));
}

#[test]
fn shells_complete_the_commands_that_there_are() {
    let house = House::new();
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef egret"), ("fish", "complete -c egret")] {
        let script = house.done(&["completions", shell]);
        assert!(script.contains(mark) && script.contains("rotate") && script.contains("from-stdin"), "{shell}");
    }
    assert_eq!(house.run(&["completions", "tcsh"]).code, Some(2));
}

/// Each command's help ends with how it is used.
#[test]
fn every_command_has_an_example_in_its_help() {
    let house = House::new();
    let commands = [
        "net allow",
        "net deny",
        "net remove",
        "net list",
        "net explain",
        "net fetch",
        "net logs",
        "net stats",
        "net lockdown",
        "net cache clear",
        "net cache stats",
        "why",
        "secret set",
        "secret rotate",
        "secret list",
        "secret remove",
        "secret grant",
        "secret revoke",
        "secret hmac",
        "secret trip",
        "app create",
        "app list",
        "app show",
        "app remove",
        "app pause",
        "app resume",
        "backup",
        "restore",
        "config show",
        "completions",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = house.done(&words);
        assert!(help.contains("Example") && help.contains(&format!("egret {command}")), "{command}: {help}");
    }
    assert!(house.done(&["--help"]).contains("3 no such app"));
}

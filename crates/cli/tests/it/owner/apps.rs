//! `egret app create | list | show | remove`.

use super::House;

#[test]
fn an_app_is_made_listed_shown_and_removed() {
    for house in [House::new(), House::served()] {
        assert!(house.done(&["app", "list"]).contains("no app yet"));
        let made = house.run(&["app", "create", "shop", "--folder", house.path().to_str().unwrap(), "--json"]).json();
        let id = made["app"]["id"].as_str().unwrap();
        assert_eq!((made["ok"].as_bool(), id.len()), (Some(true), 26));
        let listed = house.run(&["app", "list", "--json"]).json();
        assert_eq!((listed["apps"][0]["name"].as_str(), listed["apps"][0]["id"].as_str()), (Some("shop"), Some(id)));
        let shown = house.done(&["app", "show"]);
        assert!(shown.contains(id) && shown.contains("rules: none") && shown.contains("secrets: none"), "{shown}");
        assert_eq!(house.run(&["app", "create", "shop"]).code, Some(1));
        assert!(house.done(&["app", "remove", "shop", "--yes"]).contains(&format!("removed app shop ({id})")));
        assert_eq!(house.run(&["app", "show", "shop"]).code, Some(3));
    }
}

#[test]
fn what_goes_with_an_app_is_said_first_and_nobody_to_ask_means_no() {
    for house in House::both() {
        house.done(&["net", "allow", "a.test"]);
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], "sk_live_0123456789");
        let asked = house.run(&["app", "remove", "shop"]);
        assert_eq!(asked.code, Some(1));
        assert!(asked.err.contains("with 1 rules and 1 secrets (STRIPE_KEY)") && asked.err.contains("--yes"), "{}", asked.err);
        assert_eq!(house.run(&["app", "show", "shop"]).code, Some(0));
        let json = house.run(&["app", "remove", "shop", "--json"]).json();
        assert_eq!((json["ok"].as_bool(), json["kind"].as_str()), (Some(false), Some("refused")));
    }
}

#[test]
fn an_app_that_takes_over_a_removed_apps_name_gets_nothing_of_it() {
    for house in House::both() {
        house.done(&["net", "allow", "a.test"]);
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], "sk_live_0123456789");
        house.done(&["secret", "grant", "STRIPE_KEY", "--to", "https://a.test", "--as", "bearer"]);
        let before = house.run(&["app", "show", "shop", "--json"]).json();
        house.done(&["app", "remove", "shop", "--yes"]);
        let after = house.run(&["app", "create", "shop", "--json"]).json();
        assert_ne!(before["app"]["id"], after["app"]["id"]);
        assert_eq!((after["app"]["rules"].as_array().unwrap().len(), after["app"]["secrets"].as_array().unwrap().len()), (0, 0));
        let again = ["secret", "grant", "STRIPE_KEY", "--to", "https://a.test", "--as", "bearer"];
        assert_eq!(house.run(&again).code, Some(3));
        assert!(house.store().open_secrets(after["app"]["id"].as_str().unwrap()).unwrap().is_empty());
    }
}

#[test]
fn an_apps_name_is_a_label_and_its_folder_is_there() {
    let house = House::new();
    for name in ["Shop", "a_b", "-a", "", &"a".repeat(64), "../a", "a\u{1b}[2J"] {
        let outcome = house.run(&["app", "create", "--json", "--", name]);
        assert_eq!(outcome.code, Some(2), "{name:?}");
        assert!(!outcome.out.contains('\u{1b}'));
    }
    assert_eq!(house.run(&["app", "create", "shop", "--folder", "/nowhere/at/all"]).code, Some(2));
}

#[test]
fn with_several_apps_none_is_guessed() {
    for house in House::both() {
        assert!(house.done(&["net", "allow", "a.test"]).contains("app shop"));
        house.done(&["app", "create", "blog"]);
        for command in [["net", "allow", "b.test"].as_slice(), &["net", "list"], &["secret", "list"], &["app", "show"]] {
            let outcome = house.run(command);
            assert_eq!(outcome.code, Some(2), "{command:?}");
            assert!(outcome.err.contains("--app"), "{}", outcome.err);
        }
        assert_eq!(house.run(&["net", "allow", "b.test", "--app", "nobody"]).code, Some(3));
        assert!(house.done(&["net", "list", "--app", "blog"]).contains("no rule"));
    }
}

//! `egret net allow | deny | remove | list`, and `explain` by what was given.

use super::House;

#[test]
fn a_url_becomes_a_rule_and_is_told_as_toml() {
    for house in House::both() {
        let told = house.done(&["net", "allow", "https://x.test:8443/y?token=hunter2", "--methods", "GET,POST", "--app", "shop"]);
        assert!(
            told.contains("# host x.test, port 8443") && told.contains("# path /y and no other") && !told.contains("hunter2"),
            "{told}"
        );
        let toml: toml::Table = told.parse().unwrap();
        let rule = &toml["net"][0];
        assert_eq!((rule["host"].as_str(), rule["ports"][0].as_integer()), (Some("x.test"), Some(8443)));
        assert_eq!((rule["routes"][0]["path"].as_str(), rule["routes"][0]["methods"][1].as_str()), (Some("/y"), Some("POST")));
        let listed = house.run(&["net", "list", "--json"]).json();
        assert_eq!((listed["rules"][0]["host"].as_str(), listed["rules"][0]["deny"].as_bool()), (Some("x.test"), Some(false)));
    }
}

#[test]
fn options_stand_before_or_behind_the_target() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let behind = house.run(&["net", "allow", "a.test", "--methods", "GET", "--app", "shop", "--json"]).json();
    let before = house.run(&["net", "allow", "--json", "--app", "shop", "--methods", "GET", "a.test"]).json();
    assert_eq!(behind["rule"]["id"], before["rule"]["id"]);
    assert_eq!(before["rule"]["unchanged"].as_bool(), Some(true), "an equal rule is no second one");
}

#[test]
fn a_rule_is_removed_by_its_number_or_its_host() {
    for house in House::both() {
        house.done(&["net", "allow", "a.test", "--methods", "GET"]);
        house.done(&["net", "allow", "https://a.test/x", "--methods", "POST"]);
        house.done(&["net", "deny", "b.test"]);
        let several = house.run(&["net", "remove", "a.test"]);
        assert_eq!(several.code, Some(1));
        assert!(several.err.contains("--all"), "{}", several.err);
        assert_eq!(house.done(&["net", "remove", "--all", "a.test"]).lines().count(), 2);
        let id = house.run(&["net", "list", "--json"]).json()["rules"][0]["id"].to_string();
        assert!(house.done(&["net", "remove", &id]).contains("b.test"));
        for gone in ["a.test", &id, "999", "nobody.test"] {
            assert_eq!(house.run(&["net", "remove", gone]).code, Some(3), "{gone}");
        }
    }
}

#[test]
fn what_the_law_refuses_is_not_kept() {
    for house in House::both() {
        let wrong: [&[&str]; 9] = [
            &["*.com"],
            &["a.test/path"],
            &["http://a.test"],
            &["a.test", "--methods", "get"],
            &["a.test", "--private", "169.254.169.254/32"],
            &["a.test", "--private", "10.0.0.1/8"],
            &["a.test", "--ports", "0"],
            &["a.test", "--path", "v1"],
            &["https://user:hunter2@a.test/"],
        ];
        for arguments in wrong {
            let outcome = house.run(&[&["net", "allow"], arguments].concat());
            assert_eq!(outcome.code, Some(2), "{arguments:?} {}", outcome.out);
            assert!(!outcome.err.contains("hunter2") && !outcome.err.is_empty(), "{}", outcome.err);
        }
        assert!(house.done(&["net", "list"]).contains("no rule"));
    }
}

#[test]
fn rules_that_would_contradict_each_other_are_refused_together() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    house.done(&["net", "allow", "a.test", "--private", "10.0.0.1/32"]);
    let outcome = house.run(&["net", "allow", "a.test", "--private", "10.0.0.2/32"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.out);
    assert_eq!(house.run(&["net", "list", "--json"]).json()["rules"].as_array().unwrap().len(), 1);
}

#[test]
fn a_change_raises_the_apps_generation_and_an_equal_rule_does_not() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let generation = || house.run(&["app", "show", "--json"]).json()["app"]["generation"].as_u64().unwrap();
    let first = generation();
    house.done(&["net", "allow", "a.test"]);
    let second = generation();
    house.done(&["net", "allow", "a.test"]);
    assert_eq!((second, generation()), (first + 1, first + 1));
}

#[test]
fn what_was_given_is_explained_by_the_apps_name() {
    for house in House::both() {
        house.done(&["net", "allow", "https://api.test/v1", "--methods", "POST", "--app", "shop"]);
        house.done(&["net", "deny", "evil.test"]);
        let explain = |method: &str, url: &str| house.run(&["net", "explain", method, url, "--app", "shop"]);
        assert_eq!(explain("POST", "https://api.test/v1").code, Some(0));
        let refused = explain("GET", "https://other.test/x");
        assert_eq!(refused.code, Some(1));
        assert!(refused.out.contains("egret net allow other.test --path /x --methods GET --app shop"), "{}", refused.out);
        let denied = explain("GET", "https://evil.test/");
        assert!(denied.code == Some(1) && denied.out.contains("REFUSE  deny rules"), "{}", denied.out);
        assert_eq!(house.run(&["net", "explain", "GET", "https://a.test/", "--app", "nobody"]).code, Some(3));
    }
}

#[test]
fn the_command_that_is_proposed_allows_what_was_refused() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let url = "https://a.test:8443/it's%20here";
    let refused = house.run(&["net", "explain", "GET", url, "--app", "shop"]);
    let line = refused.out.lines().find(|line| line.trim().starts_with("egret net allow")).unwrap().trim().to_owned();
    let words = shell_words(&line);
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    house.done(&words);
    assert_eq!(house.run(&["net", "explain", "GET", url, "--app", "shop"]).code, Some(0), "{line}");
}

/// Single quotes and plain words: what is printed here has no more.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut chars) = (Vec::new(), String::new(), false, line.chars());
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted = !quoted,
            '\\' if !quoted => word.extend(chars.next()),
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

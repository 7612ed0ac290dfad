//! Golden cases: `check(text, expected faults)` as `line:column key`, and what JSON has beside TOML.

use crate::{Fault, Manifest};
use std::path::Path;

fn faults(name: &str, text: &str) -> Vec<Fault> {
    Manifest::parse(Path::new(name), text).err().map_or_else(Vec::new, |faults| faults.0)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let faults = faults("egret.json", text);
    let place = |fault: &Fault| fault.place.map_or_else(|| "-".to_owned(), |(line, column)| format!("{line}:{column}"));
    let got: Vec<String> = faults.iter().map(|fault| format!("{} {}", place(fault), fault.key)).collect();
    assert_eq!(got, expected, "{faults:#?}");
}

/// The one fault of a text, as words.
#[track_caller]
fn words(text: &str) -> String {
    let faults = faults("egret.json", text);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    faults[0].words.clone()
}

#[test]
fn a_manifest_in_json_is_read_like_one_in_toml() {
    let toml = "version = 1\nname = \"a\"\nmode = \"report\"\nnet = [\"a.test\", { host = \"b.test\", ports = [443, \"1-2\"] }]\n[vars]\nA = \"é\\n\\\"\"\n[limits]\ncpu = \"2s\"\n";
    let json = r#"{ "$schema": "./egret.schema.json", "version": 1, "name": "a", "mode": "report",
        "net": ["a.test", { "host": "b.test", "ports": [443, "1-2"] }],
        "vars": { "A": "\u00e9\n\"" }, "limits": { "cpu": "2s" } }"#;
    let read = |name: &str, text: &str| format!("{:?}", Manifest::parse(Path::new(name), text).unwrap());
    assert_eq!(read("egret.json", json), read("egret.toml", toml));
}

#[test]
fn all_faults_of_a_json_manifest_come_at_once_with_line_and_column() {
    check(
        "{\n  \"version\": 2,\n  \"name\": \"Shop\",\n  \"net\": [\"*\", 7,\n    { \"host\": \"a.test\", \"ports\": [443, 99999, 1e999, -1, 1.5],\n      \"routes\": [{ \"path\": \"x\" }] }],\n  \"bogus\": 1,\n  \"limits\": { \"cpu\": \"fast\", \"heap\": true }\n}\n",
        &[
            "2:14 version",
            "3:11 name",
            "4:11 net[0].host",
            "4:16 net[1]",
            "5:40 net[2].ports[1]",
            "5:47 net[2].ports[2]",
            "5:54 net[2].ports[3]",
            "5:58 net[2].ports[4]",
            "6:28 net[2].routes[0].path",
            "7:3 bogus",
            "8:22 limits.cpu",
            "8:38 limits.heap",
        ],
    );
    check("{}", &["1:1 version", "1:1 name"]);
}

/// One reader: what differs is only where a fault is.
#[test]
fn the_same_faults_have_the_same_keys_and_words_in_both_forms() {
    for text in [
        "",
        "version = 2\nname = \"Shop\"\nnet = [\"*\", 7]\nbogus = 1\n[vars]\n1X = \"a\"\nY = 2\n[limits]\nheap = \"4MiB\"\ncpu = \"fast\"\n[[dev.net]]\nhost = \"a.test\"\nprivate = [\"10.0.0.1\"]\nrate = 1\n",
        "version = true\nname = 1\nmode = \"x\"\nnet = {}\nvars = 1\nlimits = []\ndev = \"x\"\n",
        "version = 1\nname = \"a\"\nmode = \"denylist\"\nnet = [{ host = \"b.test\", deny = 1, https_only = \"x\", routes = [1, {}] }]\n[[dev.upstream]]\nport = 0\n",
    ] {
        let json = serde_json::to_string(&text.parse::<toml::Table>().unwrap()).unwrap();
        let told = |name: &str, text: &str| {
            let mut told: Vec<(String, String)> = faults(name, text).into_iter().map(|fault| (fault.key, fault.words)).collect();
            told.sort();
            told
        };
        let in_toml = told("egret.toml", text);
        assert!(!in_toml.is_empty());
        assert_eq!(told("egret.json", &json), in_toml, "{json}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_it_is() {
    check("{ \"version\": 1, \"name\": \"a\", \"net\": [], \"net\": [\"a.test\"] }", &["1:41 "]);
    check(
        "{ \"version\": 1, \"name\": \"a\",\n \"net\": [{ \"host\": \"a.test\", \"\\u0068ost\": \"b.test\" }], \"net\": 1, \"x\": null }",
        &["2:30 ", "2:56 ", "2:71 "],
    );
    assert!(words("{ \"a\": 1, \"a\": 2 }").contains("\"a\" stands twice"));
}

#[test]
fn what_json_has_not_is_refused_with_its_place() {
    check("{\n  // the name\n  \"name\": \"a\" }", &["2:3 "]);
    check("{ \"version\": 1,\n \"name\": \"a\", }", &["2:15 "]);
    check("{ \"version\": 1, \"name\": 'a' }", &["1:25 "]);
    check("{ \"version\": 01, \"name\": \"a\" }", &["1:15 "]);
    check("{ \"version\": 1, \"name\": \"a\nb\" }", &["1:27 "]);
    check("{ \"version\": 1, \"name\": \"\\ud800\" }", &["1:32 "]);
    check("{ \"version\": 1, \"name\": \"a\" } {}", &["1:31 "]);
    check("{ \"version\": 1, \"name\": NaN }", &["1:25 "]);
    assert!(words("{ \"version\": 1 # no\n }").contains("no comments"));
    assert!(words("\u{feff}{}").contains("byte order mark"));
    assert!(words("{ \"version\": 1, \"name\"").contains("ends before"));
    assert!(words("").contains("ends before"));
    assert!(words("{ \"version\": null }").contains("null"));
    for root in ["[]", "1", "\"a\"", "null", "true"] {
        assert!(words(root).contains("must be an object"), "{root}");
    }
}

#[test]
fn depth_is_bounded_and_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [200, 200_000] {
            let text = format!("{{\"net\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            assert!(words(&text).contains("too deep"), "{depth}");
        }
        let text = format!("{{\"version\":1,\"name\":\"a\",\"net\":[{}1{}]}}", open.repeat(100), close.repeat(100));
        assert!(!faults("egret.json", &text).is_empty());
    }
}

/// A smoke run of the fuzz target `manifest`: pieces of a good one, cut and joined by a fixed generator.
#[test]
fn any_text_is_json_and_a_manifest_or_has_faults_with_places_inside_it() {
    let whole = r#"{ "version": 1, "name": "shop", "net": ["a.test", { "host": "\u0062.test", "ports": [443, 1e3, "1-2"], "routes": ["/"] }],
        "vars": { "A": "\ud83d\ude00" }, "dev": { "net": [{ "host": "c.test", "private": "127.0.0.1/32" }], "upstream": [] }, "limits": { "cpu": "1s" } }"#;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut throw = |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % sides as u64).unwrap()
    };
    let chars: Vec<char> = whole.chars().collect();
    for _ in 0..3000 {
        let mut text = chars.clone();
        for _ in 0..=throw(3) {
            let (from, length, to) = (throw(chars.len()), throw(20), throw(text.len().max(1)));
            match throw(3) {
                0 => drop(text.splice(to..to, chars.iter().skip(from).take(length).copied())),
                1 => drop(text.drain(to..(to + length).min(text.len()))),
                _ => text.insert(to, ['"', '[', ']', ':', '\n', '\\', '\u{202e}', '{', '9', ','][throw(10)]),
            }
        }
        let text: String = text.into_iter().collect();
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        match Manifest::parse(Path::new("egret.json"), &text) {
            Ok(_) => assert!(is_json, "another reader refuses it: {text}"),
            Err(faults) => {
                let lines = text.lines().count() + 1;
                assert!(
                    !faults.0.is_empty() && faults.0.iter().filter_map(|fault| fault.place).all(|(line, _)| (1..=lines).contains(&line)),
                    "{text}"
                );
            }
        }
    }
}

//! How long answers may be used again, as a manifest writes it.

use super::*;
use egret_policy::CacheSpec;
use std::time::Duration;

fn text(rule: &str) -> String {
    format!("version = 1\nname = \"a\"\n[[net]]\nhost = \"a.test\"\n{rule}\n")
}

fn rule(text: &str) -> egret_policy::RuleSpec {
    Manifest::parse(Path::new("egret.toml"), text).unwrap().net.remove(0)
}

#[test]
fn a_time_alone_and_a_table_are_read_and_written_as_the_same() {
    let five = CacheSpec::up_to(Duration::from_secs(300));
    for (written, expected) in [
        ("", None),
        ("cache = \"5m\"", Some(five)),
        ("cache = { fresh = \"300s\" }", Some(five)),
        ("cache = { fresh = \"1500ms\", heuristic = true }", Some(CacheSpec { fresh: Duration::from_millis(1_500), heuristic: true })),
    ] {
        let spec = rule(&text(written));
        assert_eq!(spec.cache, expected, "{written}");
        let again = format!("version = 1\nname = \"a\"\n{}", spec.to_toml("net"));
        assert_eq!(rule(&again), spec, "{again}");
    }
}

#[test]
fn a_fault_of_a_cache_stands_in_its_place() {
    for (rule, expected) in [
        ("cache = \"5\"", &["5 net[0].cache"][..]),
        ("cache = \"0s\"", &["5 net[0].cache"]),
        ("cache = \"8761h\"", &["5 net[0].cache"]),
        ("cache = 5", &["5 net[0].cache"]),
        ("cache = {}", &["5 net[0].cache.fresh"]),
        ("cache = { fresh = \"x\" }", &["5 net[0].cache.fresh"]),
        ("cache = { fresh = \"1m\", guess = true }", &["5 net[0].cache.guess"]),
        ("deny = true\ncache = \"1m\"", &["6 net[0].cache"]),
    ] {
        check(&text(rule), expected);
    }
}

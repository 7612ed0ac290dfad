//! A smoke run of the fuzz targets: the corpus's own strings, and many made of them by a fixed generator.

#[path = "../../../../fuzz/bodies.rs"]
mod bodies;
#[path = "../../../../fuzz/dice.rs"]
mod dice;

use dice::Dice;
use serde_json::Value;

/// Mutations of each seed. The whole takes a few seconds; `cargo fuzz` takes as long as one lets it.
const ROUNDS: usize = 60;

/// Inserts, removes, doubles or joins pieces.
fn mutate(dice: &mut Dice, seed: &str, other: &str) -> String {
    const PIECES: [&str; 34] = [
        "/",
        "//",
        "..",
        ".",
        "%2e",
        "%2F",
        "%25",
        "%00",
        "\\",
        "@",
        ":",
        "#",
        "?",
        "[",
        "]",
        "::1",
        "127.0.0.1",
        "0x7f",
        "。",
        "．",
        "ß",
        "é",
        "\u{ad}",
        "\t",
        "\r\n",
        " ",
        "xn--",
        ";",
        "*",
        "**",
        ":id",
        "%C0%AE",
        "-",
        "a",
    ];
    let mut chars: Vec<char> = seed.chars().collect();
    for _ in 0..=dice.throw(4) {
        let at = dice.throw(chars.len() + 1);
        match dice.throw(4) {
            0 => drop(chars.splice(at..at, PIECES[dice.throw(PIECES.len())].chars())),
            1 if !chars.is_empty() => drop(chars.remove(at.min(chars.len() - 1))),
            2 => drop(chars.splice(at..at, other.chars().skip(dice.throw(other.len())).take(12))),
            _ => chars.truncate(at.max(1)),
        }
    }
    chars.into_iter().collect()
}

fn smoke(body: fn(&str), seeds: &[String]) {
    let mut dice = Dice::new();
    for seed in seeds {
        body(seed);
        for _ in 0..ROUNDS {
            let other = &seeds[dice.throw(seeds.len())];
            body(&mutate(&mut dice, seed, other));
        }
    }
}

/// Every URL that the corpus holds, wherever it stands.
fn urls() -> Vec<String> {
    let cases = include_str!("../../../../conformance/cases.jsonl");
    let cases = cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = cases.flat_map(|case| {
        let chain = case["redirect_chain"].as_array().cloned().unwrap_or_default();
        let locations = chain.iter().flat_map(|step| [step.clone(), step["location"].clone()]).collect::<Vec<_>>();
        [case["url"].clone(), case["request"]["url"].clone()].into_iter().chain(locations)
    });
    found.filter_map(|url| url.as_str().filter(|url| url.len() < 300).map(str::to_owned)).collect()
}

#[test]
fn any_string_is_refused_or_read_as_the_standard_reads_it() {
    smoke(bodies::target, &urls());
}

#[test]
fn any_path_is_refused_or_canonical() {
    let paths: Vec<String> = urls().iter().filter_map(|url| url.splitn(4, '/').nth(3).map(str::to_owned)).collect();
    assert!(paths.len() > 50);
    smoke(bodies::path, &paths);
}

#[test]
fn any_location_is_refused_or_followed_to_where_the_standard_leads() {
    smoke(bodies::redirect, &urls());
}

#[test]
fn any_rule_is_refused_or_denies_what_it_would_allow() {
    let seeds = [
        "a.test /v1/:id",
        "*.example.com /**",
        "**.example.com /a/b/**:rest",
        "a.test /x/:k(a|b)/*",
        "a.test /caf%C3%A9",
        "1.2.3.4 /",
        "a.test /a%2Fb/",
    ];
    smoke(bodies::rule, &seeds.map(str::to_owned));
}

#[test]
fn any_path_pattern_is_refused_or_matches_its_own_path() {
    let mut seeds: Vec<String> = urls().iter().filter_map(|url| url.splitn(4, '/').nth(3).map(str::to_owned)).collect();
    let others = [
        "v1/{id}",
        "v1/[id]",
        "v1/<id>",
        "(a|b)",
        "models/x:generate",
        "a%3Ab",
        "a%7Bb",
        "^a$",
        "caf\u{e9}",
        "%41dmin",
        "a%2Fb",
        "a;b",
        "x.",
    ];
    seeds.extend(others.map(str::to_owned));
    smoke(bodies::pattern, &seeds);
}

#[test]
fn any_header_is_refused_or_frames_nothing() {
    let seeds = [
        "host: a.test\nx-a: b",
        "transfer-encoding: chunked",
        "content-length: 5\ncontent-length: 6",
        "connection: close, x-a",
        "range: bytes=0-1,2-3",
    ];
    smoke(bodies::header, &seeds.map(str::to_owned));
}

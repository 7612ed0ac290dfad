//! URLs and names of the web platform, of ada and of Unicode: what is accepted is one thing to every reader.
//!
//! Refusing more than the standard does is our right, and each refusal is counted under its code. What is accepted must
//! be what the standard says, what the `url` crate reads, and what the `http` crate will send.

use super::{Tally, cases, text};
use egret_policy::Target;
use serde_json::Value;

/// Labels that the suite's version of UTS 46 refuses and that pass here. Neither is a second spelling of another name: what is
/// matched, resolved and sent is the punycode label itself.
const LAXER: &[(&str, &str)] = &[
    ("xn--t92s", "U+3E8AC lies in the block U+3D000 to U+3FC3F, which a later version of Unicode assigned than the suite's"),
    ("xn--5cb172r175fug38a", "U+3F8CD, in the same block"),
];

#[test]
fn every_accepted_url_is_read_alike_by_everyone() {
    let mut tally = Tally::default();
    for name in ["urltestdata", "urltestdata-javascript-only", "ada_extra_urltestdata", "verifydnslength_tests"] {
        let Some(cases) = cases(&format!("url/{name}.json")) else { return };
        for case in cases.iter().filter(|case| case.is_object()) {
            // With a base that is no URL everything fails, whatever the input is.
            let base_fails = case["base"].as_str().is_some_and(|base| url::Url::parse(base).is_err());
            let refused_there = case["failure"] == true && !base_fails;
            let Some(target) = read(&mut tally, case["input"].as_str().unwrap(), refused_there) else { continue };
            assert!(!refused_there, "the standard refuses {case}");
            as_the_standard_says(&target, case);
        }
    }
    tally.check(
        "url: inputs",
        &[
            ("accepted", 59),
            ("refused, as the standard does", 199),
            ("refused: policy.name.empty_label", 3),
            ("refused: policy.name.idna", 3),
            ("refused: policy.path.above_root", 1),
            ("refused: policy.path.control", 1),
            ("refused: policy.path.empty_segment", 3),
            ("refused: policy.path.encoded_dot", 5),
            ("refused: policy.path.triplet", 2),
            ("refused: policy.target.backslash", 3),
            ("refused: policy.target.control", 39),
            ("refused: policy.target.ipv4_form", 6),
            ("refused: policy.target.percent_in_host", 3),
            ("refused: policy.target.port", 2),
            ("refused: policy.target.scheme", 274),
            ("refused: policy.target.slashes", 15),
            ("refused: policy.target.userinfo", 16),
        ],
    );
}

#[test]
fn every_accepted_result_of_the_standard_is_read_alike_by_everyone() {
    let mut tally = Tally::default();
    for name in ["urltestdata", "ada_extra_urltestdata"] {
        let Some(cases) = cases(&format!("url/{name}.json")) else { return };
        for case in &cases {
            let Some(href) = case["href"].as_str() else { continue };
            let Some(target) = read(&mut tally, href, false) else { continue };
            as_the_standard_says(&target, case);
        }
    }
    for name in ["setters_tests", "ada_extra_setters_tests"] {
        let Some(text) = text(&format!("url/{name}.json")) else { return };
        let setters: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        for case in setters.values().filter_map(Value::as_array).flatten() {
            let hrefs = [&case["href"], &case["expected"]["href"]];
            hrefs.into_iter().filter_map(Value::as_str).for_each(|href| drop(read(&mut tally, href, false)));
        }
    }
    tally.check(
        "url: results and setters",
        &[
            ("accepted", 310),
            ("refused: policy.name.empty_label", 3),
            ("refused: policy.name.idna", 7),
            ("refused: policy.path.control", 3),
            ("refused: policy.path.encoded_dot", 2),
            ("refused: policy.path.empty_segment", 3),
            ("refused: policy.path.encoded_slash", 1),
            ("refused: policy.path.triplet", 2),
            ("refused: policy.path.utf8", 1),
            ("refused: policy.target.control", 15),
            ("refused: policy.target.port", 2),
            ("refused: policy.target.scheme", 418),
            ("refused: policy.target.userinfo", 33),
        ],
    );
}

#[test]
fn every_accepted_name_is_the_name_that_the_standard_makes_of_it() {
    let mut tally = Tally::default();
    for name in ["toascii", "IdnaTestV2", "IdnaTestV2-removed"] {
        let Some(cases) = cases(&format!("url/{name}.json")) else { return };
        for case in cases.iter().filter(|case| case.is_object()) {
            let input = case["input"].as_str().unwrap();
            let Some(target) = read_name(&mut tally, input, case["output"].is_null()) else { continue };
            named_as_the_standard_says(&target, case["output"].as_str(), input);
        }
    }
    tally.check(
        "url: names",
        &[
            ("accepted", 449),
            ("accepted, which the standard refuses", 2),
            ("refused, as the standard does", 760),
            ("refused: policy.name.empty_label", 39),
            ("refused: policy.name.idna", 548),
            ("refused: policy.name.length", 33),
        ],
    );
}

/// Verdicts of Unicode's file that depend on options: none; hyphens in the third and fourth place; lengths, which the
/// law checks by itself and counts without the root's dot.
const OPTIONAL: [&str; 4] = ["", "V2", "A4_1", "A4_2"];

#[test]
fn every_accepted_name_of_unicode_and_punycode_is_read_alike_by_everyone() {
    let mut tally = Tally::default();
    let Some(unicode) = text("url/IdnaTestV2.txt") else { return };
    for line in unicode.lines().filter(|line| !line.starts_with('#') && line.contains(';')) {
        // Source; to Unicode, its status; to ASCII, its status. An empty field is the same as the one that it derives from.
        let fields: Vec<&str> = line.split('#').next().unwrap_or_default().split(';').map(str::trim).collect();
        let source = unescaped(fields[0]);
        let or = |field: usize, other: &str| if fields[field].is_empty() { other.to_owned() } else { unescaped(fields[field]) };
        let unicode = or(1, &source);
        let (ascii, status) = (or(3, &unicode), or(4, fields[2]));
        let refused_there = status.trim_matches(['[', ']']).split(", ").any(|status| !OPTIONAL.contains(&status));
        if let Some(target) = read_name(&mut tally, &source, refused_there) {
            named_as_the_standard_says(&target, Some(ascii.as_str()).filter(|_| !refused_there), &source);
        }
    }
    for name in ["punycode_tests", "bad_punycode_tests"] {
        let Some(cases) = cases(&format!("url/{name}.json")) else { return };
        for case in &cases {
            let encoded = case["encoded"].as_str().map(|encoded| format!("xn--{encoded}"));
            for host in [case["decoded"].as_str().map(str::to_owned), encoded].into_iter().flatten() {
                read_name(&mut tally, &host, false);
            }
        }
    }
    tally.check(
        "url: names of Unicode and punycode",
        &[
            ("accepted", 451),
            ("accepted, which the standard refuses", 3),
            ("not applicable: holds a character that ends the host", 96),
            ("refused, as the standard does", 3689),
            ("refused: policy.name.empty_label", 40),
            ("refused: policy.name.idna", 1),
            ("refused: policy.name.length", 29),
            ("refused: policy.target.control", 2),
            ("refused: policy.target.ipv4_form", 1),
            ("refused: policy.target.slashes", 1),
            ("refused: policy.target.too_long", 1),
        ],
    );
}

/// Reads a name as the host of a URL; where it holds an end of the host, the URL would be about another name.
#[track_caller]
fn read_name(tally: &mut Tally, name: &str, refused_there: bool) -> Option<Target> {
    if name.contains(['/', '?', '#']) {
        tally.count("not applicable: holds a character that ends the host");
        return None;
    }
    read(tally, &format!("https://{name}/"), refused_there)
}

/// Parses one URL; if it is accepted, all readers must agree on it.
#[track_caller]
fn read(tally: &mut Tally, input: &str, refused_there: bool) -> Option<Target> {
    match Target::parse(input) {
        Ok(target) => {
            tally.count(if refused_there { "accepted, which the standard refuses" } else { "accepted" });
            everyone_agrees(&target, input);
            Some(target)
        }
        Err(denial) => {
            if refused_there {
                tally.count("refused, as the standard does")
            } else {
                tally.refused(&denial)
            }
            None
        }
    }
}

#[track_caller]
fn everyone_agrees(target: &Target, input: &str) {
    let (host, canonical) = (target.host().to_string(), target.to_url());
    let standard = url::Url::parse(input).unwrap();
    assert_eq!(without_root(standard.host_str().unwrap()), host, "{input:?}");
    assert_eq!(standard.port_or_known_default(), Some(target.port()), "{input:?}");
    assert_eq!(url::Url::parse(&canonical).unwrap().as_str(), canonical, "{input:?}");
    assert!(Target::parse(&canonical).is_ok_and(|again| again == *target && again.to_url() == canonical), "{input:?}");
    let sent: http::Uri = canonical.parse().unwrap();
    assert_eq!((sent.host(), sent.path()), (Some(host.as_str()), target.path()), "{input:?}");
    let authority = target.authority();
    assert_eq!(sent.authority().map(http::uri::Authority::as_str), Some(authority), "{input:?}");
    let port = authority.strip_prefix(&host).unwrap();
    assert!(port.is_empty() || port == format!(":{}", target.port()), "{input:?}");
}

/// The suite's own answer: the same host and the same port.
#[track_caller]
fn as_the_standard_says(target: &Target, case: &Value) {
    let Some(host) = case["hostname"].as_str() else { return };
    assert_eq!(target.host().to_string(), without_root(host), "{case}");
    let port = match case["port"].as_str().unwrap() {
        "" => target.scheme().default_port(),
        digits => digits.parse().unwrap(),
    };
    assert_eq!(target.port(), port, "{case}");
}

/// The suite's own answer for a name, `None` if it refuses it.
#[track_caller]
fn named_as_the_standard_says(target: &Target, standard: Option<&str>, input: &str) {
    let host = target.host().to_string();
    match standard {
        Some(standard) => assert_eq!(host, without_root(standard), "{input:?}"),
        None => assert!(LAXER.iter().any(|(label, _)| host.split('.').any(|found| found == *label)), "the standard refuses {input:?}"),
    }
}

/// A name without the dot of the root: both mean the same host, and only one of them is sent.
fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// `\u05D0` and `\x{1F600}` as Unicode's file writes them; surrogates, which no string holds, become U+FFFD.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = match part.strip_prefix("x{") {
            Some(braced) => braced.split_once('}').unwrap(),
            None => part.strip_prefix('u').unwrap().split_at(4),
        };
        out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap_or('\u{fffd}'));
        out.push_str(rest);
    }
    if out == "\"\"" { String::new() } else { out }
}

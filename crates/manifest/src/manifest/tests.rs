//! Golden cases: `check(text, expected faults)` as `line key: words`.

mod actions;
mod cache;
mod schema;

use super::*;
use egret_limits::Value;
use egret_limits::list::invocation;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let faults = Manifest::parse(Path::new("egret.toml"), text).err().map_or_else(Vec::new, |faults| faults.0);
    let got: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.place.map_or(0, |(line, _)| line), fault.key)).collect();
    assert_eq!(got, expected, "{faults:#?}");
    assert!(!expected.is_empty() || schema::accepts(&schema::as_json(text)), "the schema refuses a good manifest: {text}");
}

const WHOLE: &str = r#"
version = 1
name = "shop"
net = ["api.github.com", { host = "*.example.com", ports = [443, "8000-8099"], routes = ["/v1/**", { path = "/x/:id", methods = "GET" }] }]
[vars]
REGION = "eu"
[secrets]
required = ["STRIPE_KEY"]
hmac = ["WHSEC"]
[limits]
timeout = "5s"
cpu = "200ms"
heap = "32MiB"
[[dev.net]]
host = "upstream.test"
ports = 8443
private = ["127.0.0.1/32"]
[[dev.upstream]]
host = "upstream.test"
port = 8443
functions = "upstream"
"#;

#[test]
fn whole_manifest_is_read() {
    check(WHOLE, &[]);
    let manifest = Manifest::parse(Path::new("egret.toml"), WHOLE).unwrap();
    assert_eq!(manifest.name, "shop");
    assert_eq!(manifest.net.len(), 2);
    assert_eq!(manifest.net[1].ports.as_ref().map(Vec::len), Some(2));
    assert_eq!(manifest.net[1].routes.as_ref().map(Vec::len), Some(2));
    assert_eq!(manifest.dev_net[0].private, ["127.0.0.1/32"]);
    assert_eq!(manifest.vars["REGION"], "eu");
    let number = |limit| manifest.limits.get(limit).and_then(Value::number);
    assert_eq!((number(&invocation::WALL), number(&invocation::CPU), number(&invocation::HEAP)), (Some(5_000), Some(200), Some(32 << 20)));
    assert_eq!(number(&invocation::CALLS), None);
    assert_eq!(manifest.upstreams, [Upstream { host: "upstream.test".to_owned(), port: 8443, functions: "upstream".to_owned() }]);
}

#[test]
fn all_faults_come_at_once_with_their_lines() {
    check(
        "version = 2\nname = \"Shop\"\nnet = [\"*\", 7]\nbogus = 1\n[vars]\n1X = \"a\"\nY = 2\n[limits]\nheap = \"4MiB\"\ncpu = \"fast\"\n[[dev.net]]\nhost = \"a.test\"\nprivate = [\"10.0.0.1\"]\nrate = 1\n",
        &[
            "1 version",
            "2 name",
            "3 net[0].host",
            "3 net[1]",
            "4 bogus",
            "6 vars.1X",
            "7 vars.Y",
            "9 limits.heap",
            "10 limits.cpu",
            "13 dev.net[0].private[0]",
            "14 dev.net[0].rate",
        ],
    );
}

#[test]
fn missing_keys_are_named() {
    check("", &["1 version", "1 name"]);
    check("version = 1\nname = \"a\"\n[[net]]\nports = []\n", &["3 net[0].host"]);
    check("version = 1\nname = \"a\"\n[[dev.upstream]]\nhost = \"a.test\"\n", &["3 dev.upstream[0]"]);
}

#[test]
fn broken_syntax_is_shown_where_it_is() {
    check("version = 1\nname = \nnet = [\n", &["2 ", "3 "]);
}

#[test]
fn upstream_folder_stays_inside_the_app() {
    check(
        "version = 1\nname = \"a\"\n[[dev.upstream]]\nhost = \"a.test\"\nport = 1\nfunctions = \"../x\"\n",
        &["6 dev.upstream[0].functions"],
    );
}

#[test]
fn a_mode_is_one_of_four_and_enforce_without_a_word() {
    let mode = |line: &str| {
        let text = format!("version = 1\nname = \"a\"\n{line}\n[[net]]\nhost = \"a.test\"\ndeny = true\n");
        Manifest::parse(Path::new("egret.toml"), &text).unwrap().mode
    };
    assert!(matches!(mode(""), Mode::Enforce));
    assert!(matches!(mode("mode = \"enforce\""), Mode::Enforce));
    assert!(matches!(mode("mode = \"report\""), Mode::Report));
    let https = |reach: &Reach| *reach == Reach::default();
    assert!(matches!(mode("mode = \"open\""), Mode::Open(reach) if https(&reach)));
    assert!(matches!(mode("mode = \"denylist\""), Mode::Denylist(reach) if https(&reach)));
    for bad in ["\"Open\"", "\"\"", "\"allow\"", "1", "true"] {
        check(&format!("version = 1\nname = \"a\"\nmode = {bad}\n"), &["3 mode"]);
    }
}

#[test]
fn what_a_mode_does_not_bear_is_a_fault_at_its_key() {
    let deny = "{ host = \"b.test\", deny = true }";
    check("version = 1\nname = \"a\"\nnet = []\nmode = \"denylist\"\n", &["4 mode"]);
    check(&format!("version = 1\nname = \"a\"\nmode = \"denylist\"\nnet = [\"a.test\", \"c.test\", {deny}]\n"), &["3 mode"]);
    check("version = 1\nname = \"a\"\nmode = \"denylist\"\n[[dev.net]]\nhost = \"b.test\"\ndeny = true\n", &["3 mode"]);
}

/// `0x80` is 128: read by its digits alone it would open port 80.
#[test]
fn a_port_is_written_in_decimal() {
    check(
        "version = 1\nname = \"a\"\nnet = [{ host = \"a.test\", ports = [0x80, 0b1, 0o7, 443] }]\n",
        &["3 net[0].ports[0]", "3 net[0].ports[1]", "3 net[0].ports[2]"],
    );
    check("version = 0x1\nname = \"a\"\n", &["1 version"]);
}

#[test]
fn rules_and_routes_are_bounded() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",\n");
    let hosts = |count: usize| list(count, &|index| format!("\"h{index}.test\""));
    let head = "version = 1\nname = \"a\"\n";
    check(&format!("{head}net = [{}]\n", hosts(1000)), &[]);
    check(&format!("{head}net = [{}]\n", hosts(1005)), &["1003 net[1000]"]);
    let dev = "[[dev.net]]\nhost = \"x.test\"\n[[dev.net]]\nhost = \"y.test\"\n";
    check(&format!("{head}net = [{}]\n{dev}", hosts(999)), &["1004 dev.net[1]"]);
    let routes = |count: usize| list(count, &|index| format!("\"/r{index}\""));
    check(&format!("{head}[[net]]\nhost = \"a.test\"\nroutes = [{}]\n", routes(1000)), &[]);
    check(&format!("{head}[[net]]\nhost = \"a.test\"\nroutes = [{}]\n", routes(1001)), &["1005 net[0].routes[1000]"]);
}

#[test]
fn a_line_of_a_thousand_faults_is_not_copied_a_thousand_times() {
    let faults =
        Manifest::parse(Path::new("egret.toml"), &format!("version = 1\nname = \"a\"\nvars = [{}]\nnet = [{}]\n", "7,", "7,".repeat(5000)));
    let faults = faults.unwrap_err().0;
    assert_eq!(faults.len(), 1000);
    assert!(faults.iter().all(|fault| fault.excerpt.as_ref().is_none_or(|line| line.len() < 500)));
}

/// A smoke run of the fuzz target `manifest`: pieces of a good one, cut and joined by a fixed generator.
#[test]
fn any_text_is_a_manifest_or_has_faults_with_places_inside_it() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut throw = |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % sides as u64).unwrap()
    };
    let chars: Vec<char> = WHOLE.chars().collect();
    for _ in 0..3000 {
        let mut text = chars.clone();
        for _ in 0..=throw(5) {
            let (from, length, to) = (throw(chars.len()), throw(40), throw(text.len().max(1)));
            match throw(3) {
                0 => drop(text.splice(to..to, chars.iter().skip(from).take(length).copied())),
                1 => drop(text.drain(to..(to + length).min(text.len()))),
                _ => text.insert(to, ['"', '[', ']', '=', '\n', '\0', '\u{202e}', '{', '9'][throw(9)]),
            }
        }
        let text: String = text.into_iter().collect();
        match Manifest::parse(Path::new("egret.toml"), &text) {
            Ok(manifest) => schema::agrees(&text, &manifest),
            Err(faults) => {
                assert!(!faults.0.is_empty(), "{text}");
                let lines = text.lines().count() + 1;
                assert!(faults.0.iter().filter_map(|fault| fault.place).all(|(line, _)| (1..=lines).contains(&line)), "{text}");
            }
        }
    }
}

#[test]
fn a_rules_secret_is_read_as_it_is_written_and_its_faults_stand_in_their_place() {
    let asked = "[secrets]\nrequired = [\"STRIPE_KEY\", \"KEY\"]\n";
    let text = |rule: &str| format!("version = 1\nname = \"shop\"\n[[net]]\nhost = \"a.test\"\n{rule}\n{asked}");
    let good = text("auth = { secret = \"STRIPE_KEY\", as = \"header:X-Api-Key\" }\nrequire = true\nredirect_body = true\n");
    check(&good, &[]);
    let net = Manifest::parse(Path::new("egret.toml"), &good).unwrap().net;
    let written = format!("version = 1\nname = \"shop\"\n{}{asked}", net[0].to_toml("net"));
    assert_eq!(Manifest::parse(Path::new("egret.toml"), &written).unwrap().net, net, "{written}");
    assert!(
        net[0].require && net[0].redirect_body && net[0].auth.as_ref().is_some_and(|auth| auth.place.to_string() == "header:x-api-key")
    );
    for (rule, expected) in [
        ("auth = \"KEY\"", &["5 net[0].auth"][..]),
        ("auth = {}", &["5 net[0].auth.secret", "5 net[0].auth.as"]),
        ("auth = { secret = \"key\", as = \"cookie\" }", &["5 net[0].auth.secret", "5 net[0].auth.as"]),
        ("auth = { secret = \"KEY\", as = \"header:host\" }", &["5 net[0].auth.as"]),
        ("auth = { secret = \"KEY\", as = \"bearer\", to = 1 }", &["5 net[0].auth.to"]),
        ("deny = true\nauth = { secret = \"KEY\", as = \"bearer\" }", &["6 net[0].auth"]),
        ("require = 1", &["5 net[0].require"]),
    ] {
        check(&text(rule), expected);
    }
    let wide = text("auth = { secret = \"KEY\", as = \"bearer\" }").replace("a.test", "*.a.test");
    check(&wide, &["5 net[0].auth"]);
}

//! Golden cases: `check(text, expected faults)` as `line key: words`.

use super::*;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let faults = Manifest::parse(Path::new("egret.toml"), text).err().map_or_else(Vec::new, |faults| faults.0);
    let got: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.place.map_or(0, |(line, _)| line), fault.key)).collect();
    assert_eq!(got, expected, "{faults:#?}");
}

const WHOLE: &str = r#"
version = 1
name = "shop"
net = ["api.github.com", { host = "*.example.com", ports = [443, "8000-8099"], routes = ["/v1/**", { path = "/x/:id", methods = "GET" }] }]
[vars]
REGION = "eu"
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
    let manifest = Manifest::parse(Path::new("egret.toml"), WHOLE).unwrap();
    assert_eq!(manifest.name, "shop");
    assert_eq!(manifest.net.len(), 2);
    assert_eq!(manifest.net[1].ports.as_ref().map(Vec::len), Some(2));
    assert_eq!(manifest.net[1].routes.as_ref().map(Vec::len), Some(2));
    assert_eq!(manifest.dev_net[0].private, ["127.0.0.1/32"]);
    assert_eq!(manifest.vars["REGION"], "eu");
    assert_eq!((manifest.limits.wall.as_secs(), manifest.limits.cpu.as_millis(), manifest.limits.heap), (5, 200, 32 << 20));
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

//! `egret dev`: the quickstart as the README shows it, live reload, consent, stopping.

use crate::harness::{Server, app, egret, workspace};
use std::fs;

/// One test, since the example's stand-in has a port of its own.
#[test]
fn the_quickstart_shows_the_main_job() {
    let server = Server::start(&workspace().join("examples/quickstart"), &[]);
    assert!(server.get("/hello?name=Ada").ends_with("Hello, Ada!\n"));

    let weather = server.get("/weather/oslo");
    assert!(weather.ends_with(r#"{"city":"oslo","advice":"take an umbrella"}"#), "{weather}");
    let called = server.event("called");
    assert_eq!(
        (called["url"].as_str(), called["address"].as_str()),
        (Some("https://weather.test:8443/forecast/oslo"), Some("127.0.0.1:8443"))
    );

    let forbidden = server.get("/forbidden");
    assert!(forbidden.starts_with("HTTP/1.1 500 ") && forbidden.contains("NET_BLOCKED"), "{forbidden}");
    let refused = server.event("called");
    assert_eq!((refused["error"].as_str(), refused["code"].as_str()), (Some("NET_BLOCKED"), Some("policy.rule.no_host")));
    assert!(refused["change"].as_str().unwrap().contains("host = \"collector.example.net\""), "{refused}");
    assert_eq!(refused["address"], serde_json::Value::Null);

    assert!(server.get("/nothing").starts_with("HTTP/1.1 404 "));
    let own_host = server.request("/hello", "attacker.example");
    assert!(own_host.starts_with("HTTP/1.1 421 "), "a page elsewhere must not reach it: {own_host}");
    assert_eq!(server.terminate(), Some(0));
}

const MANIFEST: &str = "version = 1\nname = \"a\"\n";

#[test]
fn changed_code_and_rules_are_served_without_a_restart_and_broken_ones_are_not() {
    let at = tempfile::tempdir().unwrap();
    let (port, upstream) = stand_in(at.path());
    let reach = format!(
        "export default async () => {{ try {{ return await fetch('https://up.test:{port}/x') }} catch (e) {{ return new Response(e.message) }} }}"
    );
    app(at.path(), &format!("{MANIFEST}{upstream}"), &[("f.js", "export default () => new Response('one')"), ("reach.js", &reach)]);
    let server = Server::start(at.path(), &[]);
    assert!(server.get("/f").ends_with("one"));
    assert!(server.get("/reach").contains("policy.rule.no_host"));

    fs::write(at.path().join("functions/f.js"), "export default () => new Response('two')").unwrap();
    server.event("reloaded");
    assert!(server.get("/f").ends_with("two"));

    fs::write(at.path().join("functions/f.js"), "export default () => new Response(").unwrap();
    let failed = server.event("reload_failed");
    assert!(failed["message"].as_str().unwrap().contains("f.js:1"), "{failed}");
    assert!(server.get("/f").ends_with("two"), "what was good is still served");

    fs::write(at.path().join("functions/f.js"), "export default () => new Response('three')").unwrap();
    server.event("reloaded");
    fs::write(at.path().join("egret.toml"), format!("{MANIFEST}net = [{{ host = \"up.test\", ports = [{port}] }}]\n{upstream}")).unwrap();
    server.event("reloaded");
    let answer = server.get("/reach");
    assert!(answer.contains("egress.addr.loopback"), "the new rule counts from the next call on: {answer}");
}

#[test]
fn rules_that_reach_inwards_need_the_owners_yes() {
    let (at, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    app(
        at.path(),
        &format!("{MANIFEST}[[net]]\nhost = \"db.example.com\"\nprivate = [\"10.0.0.0/8\"]\n"),
        &[("f.js", "export default () => new Response('up')")],
    );
    let (dir, data) = (at.path().to_str().unwrap(), data.path().to_str().unwrap());
    let refused = egret(&["dev", dir, "--data", data, "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("private = [\"10.0.0.0/8\"]") && words.contains("--grant"), "{words}");
    Server::start(at.path(), &["--data", data, "--grant"]).terminate();
    let remembered = Server::start(at.path(), &["--data", data]);
    assert!(remembered.get("/f").ends_with("up"));
}

#[test]
fn a_function_cannot_reach_the_servers_own_listener() {
    let at = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let back = format!(
        "export default async () => {{ try {{ return await fetch('http://localhost:{port}/f') }} catch (e) {{ return new Response(e.message) }} }}"
    );
    let manifest = format!(
        "{MANIFEST}[[dev.net]]\nhost = \"localhost\"\nports = [{port}]\nhttps_only = false\nprivate = [\"127.0.0.1/32\"]\n[[dev.net]]\nhost = \"127.0.0.1\"\nports = [{port}]\nhttps_only = false\nprivate = [\"127.0.0.1/32\"]\n"
    );
    app(
        at.path(),
        &manifest,
        &[("f.js", "export default () => new Response('inside')"), ("back.js", &back.replace("localhost", "127.0.0.1"))],
    );
    let server = Server::start(at.path(), &["--grant", "--listen", &format!("127.0.0.1:{port}")]);
    let answer = server.get("/back");
    assert!(answer.contains("egress.addr.listener") && !answer.contains("inside"), "{answer}");
}

#[test]
fn a_mode_that_lets_through_what_no_rule_names_needs_the_owners_yes() {
    let (at, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    app(at.path(), &format!("{MANIFEST}mode = \"open\"\n"), &[("f.js", "export default () => new Response('up')")]);
    let (dir, data) = (at.path().to_str().unwrap(), data.path().to_str().unwrap());
    let refused = egret(&["dev", dir, "--data", data, "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("mode OPEN: every public https host is allowed") && words.contains("--grant"), "{words}");
    let server = Server::start(at.path(), &["--data", data, "--grant"]);
    assert_eq!(server.started["mode"], "open");
    let explained = egret(&["net", "explain", "GET", "https://any.example.com/", "--app", dir]);
    assert_eq!(explained.status.code(), Some(0));
}

/// The yes that is not asked for a stand-in's port must not count for another port, where somebody else may listen.
#[test]
fn a_reload_cannot_exempt_a_port_that_no_stand_in_has_taken() {
    let (at, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let manifest = |port: u16, more: &str| {
        let rule = format!("[[dev.net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\n");
        format!("{MANIFEST}[[dev.upstream]]\nhost = \"up.test\"\nport = {port}\nfunctions = \"up\"\n{rule}{more}")
    };
    let first = manifest(port(), "");
    app(at.path(), &first, &[("f.js", "export default () => new Response('one')")]);
    fs::create_dir(at.path().join("up")).unwrap();
    // Renamed into place: a manifest that is half written would be at fault in another way.
    let write = |text: &str| {
        fs::write(beside.path().join("egret.toml"), text).unwrap();
        fs::rename(beside.path().join("egret.toml"), at.path().join("egret.toml")).unwrap();
    };
    let server = Server::start(at.path(), &[]);
    for changed in [manifest(other.local_addr().unwrap().port(), ""), format!("{first}[limits]\nheap = \"128MiB\"\n"), MANIFEST.to_owned()] {
        write(&changed);
        let failed = server.event("reload_failed");
        assert_eq!(failed["message"], "restart egret dev to apply changed [[dev.upstream]] or limits.heap");
        assert!(server.get("/f").ends_with("one"), "what was served still is");
        write(&first);
        server.event("reloaded");
    }
}

#[test]
fn a_terminal_that_nobody_reads_stops_no_request_and_no_shutdown() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), MANIFEST, &[("f.js", "export default () => { console.log('x'.repeat(60000)); return new Response('done') }")]);
    let (server, out) = Server::unread(at.path());
    for _ in 0..20 {
        assert!(server.get("/f").ends_with("done"));
    }
    assert_eq!(server.terminate(), Some(0));
    drop(out);
}

#[test]
fn a_dotenv_file_that_is_a_link_stops_the_start() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), MANIFEST, &[("f.js", "export default () => new Response('up')")]);
    std::os::unix::fs::symlink("/proc/self/environ", at.path().join(".env")).unwrap();
    let refused = egret(&["dev", at.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("symbolic link"), "{words}");
}

/// A stand-in's name resolves without DNS; its folder is made beside the functions.
fn stand_in(at: &std::path::Path) -> (u16, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs::create_dir_all(at.join("up")).unwrap();
    fs::write(at.join("up/x.js"), "export default () => new Response('up')").unwrap();
    (port, format!("[[dev.upstream]]\nhost = \"up.test\"\nport = {port}\nfunctions = \"up\"\n"))
}

#[test]
fn what_the_report_mode_lets_through_is_told() {
    let at = tempfile::tempdir().unwrap();
    let (port, upstream) = stand_in(at.path());
    let call = format!(
        "export default async () => {{ try {{ return await fetch('https://up.test:{port}/x') }} catch (e) {{ return new Response(e.message) }} }}"
    );
    app(at.path(), &format!("{MANIFEST}mode = \"report\"\n{upstream}"), &[("f.js", &call)]);
    let server = Server::start(at.path(), &["--grant"]);
    let answer = server.get("/f");
    assert!(answer.contains("egress.addr.loopback"), "the rule is softened, the address is not: {answer}");
    let called = server.event("called");
    assert_eq!(called["reported"].as_str(), Some("policy.rule.no_host"), "{called}");
}

#[test]
fn a_manifest_in_json_is_served_and_watched() {
    let (at, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    app(at.path(), "", &[("f.js", "export default (request, env) => new Response(env.WORD)")]);
    fs::remove_file(at.path().join("egret.toml")).unwrap();
    let write = |word: &str| {
        let text = format!("{{ \"version\": 1, \"name\": \"a\", \"vars\": {{ \"WORD\": \"{word}\" }} }}");
        fs::write(beside.path().join("new"), text).unwrap();
        fs::rename(beside.path().join("new"), at.path().join("egret.json")).unwrap();
    };
    write("one");
    let server = Server::start(at.path(), &[]);
    assert!(server.get("/f").ends_with("one"));
    write("two");
    server.event("reloaded");
    assert!(server.get("/f").ends_with("two"));
    fs::write(at.path().join("egret.toml"), MANIFEST).unwrap();
    assert!(server.event("reload_failed")["message"].as_str().unwrap().contains("one manifest"));
    assert!(server.get("/f").ends_with("two"), "what was good is still served");
}

//! `egret net learn` and `egret net diff` over the log of a real server.

use crate::harness::{Server, app, egret_on};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// An app `a` that may reach a stand-in, must not reach one host, and asks for more than that.
struct Scene {
    at: TempDir,
    port: u16,
}

impl Scene {
    fn new() -> Self {
        let at = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let manifest = format!(
            "version = 1\nname = \"a\"\nnet = [{{ host = \"denied.test\", deny = true }}]\n\
             [[dev.upstream]]\nhost = \"up.test\"\nport = {port}\nfunctions = \"up\"\n\
             [[dev.net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\n"
        );
        let calls = format!(
            "[['GET', 'https://up.test:{port}/x'], ['GET', 'https://api.test/v1/users/42?token=hunter2'], \
             ['GET', 'https://api.test/v1/users/7'], ['POST', 'https://api.test/v1/charges'], \
             ['GET', 'https://denied.test/'], ['GET', 'http://plain.test/']]"
        );
        let f = format!(
            "const calls = {calls}\nexport default async () => {{\n  const seen = []\n  for (const [method, url] of calls) {{\n    \
             try {{ seen.push(await (await fetch(url, {{ method }})).text()) }} catch (e) {{ seen.push(e.message) }}\n  }}\n  \
             return new Response(seen.join('\\n'))\n}}\n"
        );
        let folder = at.path().join("app");
        app(&folder, &manifest, &[("f.js", &f)]);
        fs::create_dir(folder.join("up")).unwrap();
        fs::write(folder.join("up/x.js"), "export default () => new Response('up')").unwrap();
        Self { at, port }
    }

    /// Lets the app make its six calls, and waits until the log has so many in all.
    fn call(&self, arguments: &[&str], rows: usize) {
        let server = Server::on(&self.at.path().join("data"), &self.at.path().join("app"), arguments);
        let answer = server.get("/f");
        assert!(answer.contains("up\n"), "{answer}");
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(self.done(&["net", "logs", "--json"]).lines().count(), rows);
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = egret_on(&self.at.path().join("data"), &[], arguments, b"");
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (code, out) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {out}");
        out
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments)).unwrap()
    }

    /// Writes a file of rules and gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        let file = self.at.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

#[test]
fn what_was_refused_becomes_rules_to_review_and_what_they_would_reach_is_shown() {
    let scene = Scene::new();
    assert_eq!((scene.run(&["net", "learn"]).0, scene.at.path().join("data").exists()), (Some(3), false));

    // Without paths, a rule for the whole host is all that can be said.
    scene.call(&[], 6);
    let text = scene.done(&["net", "learn"]);
    assert!(text.contains("routes = [{ path = \"/**\", methods = [\"GET\", \"POST\"] }]") && text.contains("--audit-paths"), "{text}");

    // With them, each call has its template; those that are not known are left.
    scene.call(&["--audit-paths"], 12);
    let text = scene.done(&["net", "learn", "--app", "a", "--since", "1h"]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let routes = "{ path = \"/v1/charges\", methods = [\"POST\"] }, { path = \"/v1/users/:id\", methods = [\"GET\"] }";
    assert_eq!(lines, ["version = 1", "[[net]]", "host = \"api.test\"", &format!("routes = [{routes}]")], "{text}");
    for words in ["GET /v1/users/:id: 2 calls, 2 paths", "a deny rule refuses it", "plain http", "the log has not its path"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    let json = scene.json(&["net", "learn", "--json"]);
    assert_eq!((&json["proposals"][0]["calls"], &json["rows"]), (&3.into(), &12.into()), "{json}");

    // The rules allow what they claim, and no neighbour of it.
    let learned = scene.file("learned.toml", &text);
    let explain = |method: &str, url: &str| scene.run(&["net", "explain", method, url, "--policy", &learned]).0;
    assert_eq!(explain("GET", "https://api.test/v1/users/8"), Some(0));
    for (method, url) in
        [("POST", "https://api.test/v1/users/8"), ("GET", "https://api.test/v1"), ("GET", "https://www.api.test/v1/users/8")]
    {
        assert_eq!(explain(method, url), Some(1), "{method} {url}");
    }
    let diff = scene.done(&["net", "diff", &learned, "--beside", "--app", "a", "--exit-code"]);
    assert!(diff.contains("+ host = \"api.test\"") && diff.contains("newly reached: 3\n") && diff.contains("newly refused: 0\n"), "{diff}");
    assert!(diff.contains("cannot be said") && diff.contains("https://api.test/…"), "{diff}");

    // What is allowed by now is not proposed again.
    scene.done(&["net", "allow", "https://api.test/v1/charges", "--methods", "POST", "--app", "a"]);
    let json = scene.json(&["net", "learn", "--json"]);
    assert_eq!((&json["allowed_by_now"], &json["proposals"][0]["calls"]), (&1.into(), &2.into()), "{json}");
    assert!(json["proposals"][0]["beside"].as_str().unwrap().contains("rule 1 of `egret net list`"), "{json}");
    assert!(scene.done(&["net", "list"]).matches("[[net]]").count() == 1, "nothing was changed by asking");
}

#[test]
fn a_difference_says_what_would_be_refused_and_what_the_log_cannot_tell() {
    let scene = Scene::new();
    scene.call(&["--audit-paths"], 6);
    scene.call(&[], 12);
    // Nothing is allowed any more: that holds for every path.
    let nothing = scene.file("nothing.toml", "version = 1\n");
    let (code, out) = scene.run(&["net", "diff", &nothing, "--exit-code"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("newly refused: 2\n") && out.contains("- host = \"up.test\"") && out.contains("policy.rule.no_host"), "{out}");
    assert_eq!(scene.run(&["net", "diff", &nothing]).0, Some(0));
    // Another path: one call had its path in the log, the other has not.
    let port = scene.port;
    let other = format!("version = 1\n[[net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\nroutes = [\"/y\"]\n");
    let json = scene.json(&["net", "diff", &scene.file("other.toml", &other), "--json"]);
    let one = |list: &str| (json[list][0]["calls"].clone(), json[list][0]["path"].clone(), json[list][0]["code"].clone());
    assert_eq!(one("refused"), (1.into(), "/x".into(), "policy.rule.path".into()), "{json}");
    assert_eq!(one("unknown"), (1.into(), "/**".into(), Value::Null), "{json}");
    // The app's own manifest changes nothing, and a broken file is told as one.
    let own = scene.done(&["net", "diff", scene.at.path().join("app").to_str().unwrap()]);
    assert!(own.contains("the rules are the same") && own.contains("unchanged: 12"), "{own}");
    let broken = scene.run(&["net", "diff", &scene.file("broken.toml", "version = 1\nnets = []\n")]);
    assert!(broken.0 != Some(0) && broken.1.contains("nets"), "{}", broken.1);
    assert_eq!(scene.run(&["net", "diff", &nothing, "--app", "nobody"]).0, Some(3));
}

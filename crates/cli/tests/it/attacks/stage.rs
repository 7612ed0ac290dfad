//! One app, one upstream that it may reach, canaries that it may not, and a table of attempts in between.

use super::upstream::Upstream;
use crate::harness::{Server, app};
use std::fmt::Write as _;
use std::net::TcpListener;
use tempfile::TempDir;

/// An attempt as JavaScript, and what must come of it: the outcome, then the lines of the requests that arrived.
pub type Attempt = (&'static str, &'static str);

pub struct Stage {
    pub server: Server,
    upstream: Upstream,
    canaries: Vec<TcpListener>,
    pub folder: TempDir,
}

/// What the attempts may use: the origins, and ways to be redirected.
const WORDS: &str = r#"
const OK = `http://127.0.0.1:${OPEN}`, NO = `http://127.0.0.1:${SHUT}`;
const go = (status, target) => `${OK}/ok/go?${status}=${encodeURIComponent(target)}`;
const raw = (answer) => `${OK}/ok/raw?${encodeURIComponent(answer)}`;
const give = (headers) => fetch(`${OK}/ok/h`, { method: "POST", body: "b", headers });
const text = async (result) => { const response = await result; await response.text(); return `${response.status}`; };
const reason = (error) => (/\[((policy|egress)\.[a-z0-9_.]+)\]/.exec(error.message) ?? [0, error.code ?? error.name])[1];
"#;

/// Runs one attempt, in an invocation of its own: what it does to the built-in objects ends with it.
const HANDLER: &str = "
export default { async fetch(request) {
  const attempt = ATTEMPTS[new URL(request.url).searchParams.get('n')];
  try { return new Response(await text(attempt())); } catch (error) { return new Response(reason(error)); }
} };
";

impl Stage {
    /// `attempts` are expressions that give a response, or the promise of one.
    pub fn set<'a>(attempts: impl Iterator<Item = &'a str>) -> Self {
        let upstream = Upstream::start();
        let open = upstream.address.port();
        let shut = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = shut.local_addr().unwrap().port();
        // The same ports at other addresses of this machine, as far as it has them.
        let others = [("127.0.0.2", open), ("::1", open), ("::1", port)];
        let canaries: Vec<_> = std::iter::once(shut).chain(others.into_iter().filter_map(|at| TcpListener::bind(at).ok())).collect();
        canaries.iter().for_each(|canary| canary.set_nonblocking(true).unwrap());
        let mut source = format!("const OPEN = {open}, SHUT = {port};{WORDS}const ATTEMPTS = [\n");
        attempts.for_each(|attempt| writeln!(source, "async () => {attempt},").unwrap());
        source += "];";
        let folder = tempfile::tempdir().unwrap();
        app(folder.path(), &manifest(open), &[("attempt.js", &(source + HANDLER))]);
        let server = Server::start(folder.path(), &["--grant"]);
        Self { server, upstream, canaries, folder }
    }

    /// Makes every attempt; all that came out otherwise is told at once.
    #[track_caller]
    pub fn check(attempts: &[Attempt]) {
        let stage = Self::set(attempts.iter().map(|(attempt, _)| *attempt));
        let mut wrong = String::new();
        for (number, (attempt, expected)) in attempts.iter().enumerate() {
            let seen = stage.attempt(number);
            if seen != *expected {
                writeln!(wrong, "{attempt}\n  expected {expected}\n  seen     {seen}").unwrap();
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}");
    }

    /// What one attempt came to, and the line of every request that arrived meanwhile.
    pub fn attempt(&self, number: usize) -> String {
        let answer = self.server.get(&format!("/attempt?n={number}"));
        let mut seen = answer.split_once("\r\n\r\n").map_or(answer.clone(), |(_, body)| body.to_owned());
        for head in self.upstream.take() {
            let host = format!("\r\nhost: {}\r\n", self.upstream.address);
            assert_eq!(head.to_ascii_lowercase().matches("\r\nhost:").count(), 1, "one host: {head:?}");
            assert!(head.contains(&host), "the host that was decided: {head:?}");
            assert_eq!(head.matches(" HTTP/1.1\r\n").count(), 1, "one request line: {head:?}");
            let line = head.split_once(" HTTP/1.1\r\n").unwrap().0;
            let line = line.split_once("/ok/go?").or_else(|| line.split_once("/ok/raw?")).map_or(line, |(method, _)| method.trim());
            write!(seen, " <- {line}").unwrap();
        }
        let touched = self.canaries.iter().find(|canary| canary.accept().is_ok());
        assert!(touched.is_none(), "{touched:?} was dialled: {seen}");
        seen
    }

    pub fn open(&self) -> u16 {
        self.upstream.address.port()
    }
}

fn manifest(open: u16) -> String {
    let reach = format!("host = \"127.0.0.1\", ports = [{open}], https_only = false, private = [\"127.0.0.1/32\"]");
    format!(
        r#"version = 1
name = "attacks"
net = [
  {{ {reach}, routes = ["/ok/**", {{ path = "/post", methods = "POST" }}, {{ path = "/enc/**", encoded_slash = true }}, "/u/:id/x"] }},
  {{ host = "127.0.0.1", deny = true, routes = ["/ok/admin/**", {{ path = "/ok/ro/**", methods = ["POST", "DELETE"] }}] }},
]
"#
    )
}

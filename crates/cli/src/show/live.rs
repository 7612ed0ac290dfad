//! What `egret dev` prints as it happens.

mod json;

pub use json::call_json as event_json;

use super::queue::Queue;
use super::{Home, indented, mode_words, printable, printable_line};
use egret_app::config::Folder;
use egret_app::dev::{Report, Reporter};
use egret_egress::{Event, Outcome};
use egret_gateway::{Answered, Routes};
use egret_policy::{Mode, RuleSpec};
use egret_runtime::Failure;
use egret_runtime_js::Level;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long stopping waits for standard output.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes reports to standard output, behind a queue: whoever reports is serving requests and must not wait.
pub struct Terminal {
    /// One JSON object a line instead of text.
    json: bool,
    /// The manifest that counts now: where the lines belong that would allow what is refused.
    manifest: Mutex<PathBuf>,
    queue: Queue,
}

impl Terminal {
    /// Starts to write to standard output.
    pub fn start(json: bool) -> io::Result<Self> {
        let notice = if json {
            |lines| format!("{}\n", serde_json::json!({ "event": "dropped", "lines": lines }))
        } else {
            |lines| format!("{lines} lines dropped: they were not read in time\n")
        };
        Ok(Self { json, manifest: Mutex::default(), queue: Queue::start(io::stdout(), notice)? })
    }

    /// Writes what waits, as far as a second suffices.
    pub fn close(&self) {
        self.queue.close(PATIENCE);
    }
}

impl Reporter for Terminal {
    fn report(&self, report: Report<'_>) {
        let manifest = {
            let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
            if let Report::Started { folder, .. } | Report::Reloaded { folder, .. } = &report {
                manifest.clone_from(&folder.file);
            }
            manifest.clone()
        };
        self.queue.send(if self.json { format!("{}\n", json::as_json(&report)) } else { as_text(&report, &manifest) });
    }
}

fn as_text(report: &Report<'_>, manifest: &Path) -> String {
    match report {
        Report::Started { address, folder, kept, routes } => {
            format!("{} on http://localhost:{}\n{}", folder.manifest.name, address.port(), served(folder, kept, routes))
        }
        Report::Reloaded { folder, kept, routes } => format!("reloaded\n{}", served(folder, kept, routes)),
        Report::ReloadFailed { error } => format!("not reloaded; what was served before still is\n{}\n", printable(&error.to_string())),
        Report::Warning { words } => format!("warning: {}\n", printable(words)),
        Report::Answered(answered) => answer(answered),
        Report::Called(event) => call(event, Home::File(manifest)),
        Report::Console { function, level, text, .. } => {
            indented(&printable(text), &format!("  {} {}| ", printable_line(function), mark(*level)))
        }
    }
}

fn mark(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug ",
        Level::Info => "",
        Level::Warn => "warn ",
        Level::Error => "error ",
    }
}

fn served(folder: &Folder, kept: &[RuleSpec], routes: &Routes) -> String {
    let manifest = &folder.manifest;
    let mut out = mode_words(&manifest.mode).map_or_else(String::new, |words| format!("{words}\n"));
    out.push_str("routes\n");
    for route in routes.list() {
        let methods: Vec<&str> = route.methods.iter().map(http::Method::as_str).collect();
        let methods = if methods.len() >= 7 { "any".to_owned() } else { methods.join(",") };
        let _ = writeln!(out, "  {methods:<8} {:<24} {}", printable_line(&route.path), printable_line(&route.file));
    }
    out.push_str("grants\n");
    if manifest.net.is_empty() && manifest.dev_net.is_empty() && kept.is_empty() && matches!(manifest.mode, Mode::Enforce) {
        out.push_str("  nothing: every call will be refused\n");
    }
    manifest.net.iter().for_each(|rule| out.push_str(&grant(rule, "")));
    manifest.dev_net.iter().for_each(|rule| out.push_str(&grant(rule, " (development only)")));
    kept.iter().for_each(|rule| out.push_str(&grant(rule, " (kept in the store)")));
    for upstream in &manifest.upstreams {
        let (host, functions) = (printable_line(&upstream.host), printable_line(&upstream.functions));
        let _ = writeln!(out, "stand-in\n  https://{host}:{} answers from {functions}/", upstream.port);
    }
    out
}

fn grant(rule: &RuleSpec, note: &str) -> String {
    let verb = if rule.deny { "refuse" } else { "allow " };
    let ports = rule.ports.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let ports = if ports.is_empty() { ports } else { format!(":{ports}") };
    let scheme = if rule.https_only { "https://" } else { "http(s)://" };
    let routes = rule
        .routes
        .as_ref()
        .map_or_else(String::new, |routes| format!(" {}", routes.iter().map(|route| route.path.as_str()).collect::<Vec<_>>().join(" ")));
    let private = if rule.private.is_empty() { String::new() } else { format!(", may be at {}", rule.private.join(", ")) };
    printable_line(&format!("  {verb} {scheme}{}{ports}{routes}{private}{note}", rule.host)) + "\n"
}

fn answer(answered: &Answered<'_>) -> String {
    let Answered { id, method, path, status, took, .. } = answered;
    let code = answered.code.map_or_else(String::new, |code| format!(" {code}"));
    let mut out = format!("{method} {} {}{code} {:.1} ms {id}\n", printable_line(path), status.as_u16(), took.as_secs_f64() * 1e3);
    match answered.failure {
        // The call itself was shown in full when it was refused or failed.
        Some(Failure::Thrown(thrown)) if thrown.net.is_some() => out.push_str(&indented(&printable(&thrown.stack), "  uncaught ")),
        Some(Failure::Thrown(thrown)) => {
            out.push_str(&indented(&printable(&thrown.to_string()), "  "));
            out.push_str(&indented(&printable(&thrown.stack), "    "));
        }
        Some(failure) => out.push_str(&indented(&printable(&failure.to_string()), "  ")),
        None => {}
    }
    out
}

/// One attempt of a call, with what would allow it where it was refused.
pub fn call(event: &Event, home: Home<'_>) -> String {
    let target = event.target.as_ref().map_or_else(|| "(unreadable URL)".to_owned(), ToString::to_string);
    let hop = if event.hop > 0 { format!(" hop {}", event.hop) } else { String::new() };
    let status = event.status.map_or_else(String::new, |status| format!(" {status}"));
    let address = event.address.map_or_else(String::new, |address| format!(" at {address}"));
    let method = printable(event.method.as_str());
    let secrets: Vec<&str> = event.secrets.iter().map(egret_policy::SecretName::as_str).collect();
    let secrets = if secrets.is_empty() { String::new() } else { format!(" with {}", secrets.join(", ")) };
    let head = format!("{method} {target}{hop}{status}{address}{secrets} {:.1} ms", event.took.as_secs_f64() * 1e3);
    let reported = event.reported.as_ref().map_or_else(String::new, |denial| {
        format!("     REPORTED, enforce would refuse it: {} [{}]\n", printable(denial.message()), denial.code())
    });
    match &event.outcome {
        Outcome::Answered => format!("  -> {head}, {} bytes\n{reported}", event.received),
        Outcome::Abandoned => format!("  -> {head}, dropped after {} bytes\n{reported}", event.received),
        Outcome::Failed(reason) => {
            let verb = if reason.denial().is_some() { "refused" } else { "failed" };
            let mut out =
                format!("  -> {verb} {head}\n     {} {} [{}]\n", reason.code().as_str(), printable(&reason.to_string()), reason.path());
            if let Some(change) = &event.change {
                out.push_str(&indented(&super::change(change, home), "     "));
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egret_app::config::Manifest;

    fn shown(manifest: &str, edit: impl FnOnce(&mut Manifest), file: &str) -> String {
        let text = format!("version = 1\nname = \"a\"\n{manifest}");
        let mut manifest = Manifest::parse(Path::new("egret.toml"), &text).unwrap();
        edit(&mut manifest);
        let folder = Folder {
            root: "a".into(),
            file: "a/egret.toml".into(),
            manifest,
            manifest_text: text,
            env: Default::default(),
            secrets: Default::default(),
            functions: "a/functions".into(),
        };
        served(&folder, &[], &Routes::from_files([file], &["js"]).unwrap())
    }

    #[test]
    fn nothing_of_a_manifest_or_a_file_name_moves_the_cursor() {
        let upstream = "[[dev.upstream]]\nhost = \"up\\u001b[1A\\n.test\"\nport = 1\nfunctions = \"up\\u001b\\nx\"\n";
        let edit = |manifest: &mut Manifest| {
            let routes = Some(vec![egret_policy::RouteSpec::path("/\u{1b}\n")]);
            manifest.net.push(RuleSpec { routes, private: vec!["\u{9b}\r".to_owned()], ..RuleSpec::host("a\u{202e}\n") });
        };
        let text = shown(upstream, edit, "f.js");
        assert_eq!(text.lines().count(), 6, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']), "{text:?}");
    }

    #[test]
    fn every_mode_but_enforce_is_said_first() {
        let deny = "net = [{ host = \"a.test\", deny = true }]\n";
        let first = |line: &str| shown(&format!("{line}\n{deny}"), |_| {}, "f.js").lines().next().unwrap().to_owned();
        assert_eq!(first("mode = \"open\""), "mode OPEN: every public https host is allowed");
        assert!(first("mode = \"report\"").starts_with("mode REPORT: ") && first("mode = \"denylist\"").starts_with("mode DENYLIST: "));
        assert_eq!(first("mode = \"enforce\""), "routes");
        assert!(!shown("mode = \"open\"\n", |_| {}, "f.js").contains("every call will be refused"));
    }
}

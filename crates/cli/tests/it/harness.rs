//! Runs the binary, once or as a server whose reports are read line by line.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(clippy::disallowed_methods, reason = "test: the binary under test is a process")]
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_egret"));
    command.env("EGRET_DATA", Path::new(env!("CARGO_TARGET_TMPDIR")).join("data")).stdin(Stdio::null());
    command
}

pub fn egret(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

/// Runs it on a data directory of the test's own, with more variables and a text on standard input.
pub fn egret_on(data: &Path, variables: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command();
    command
        .env("EGRET_DATA", data)
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone before it is written to.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Starts it on a data directory of the test's own, at a terminal.
pub fn egret_at_terminal(data: &Path, arguments: &[&str], terminal: File) -> Child {
    let end = || Stdio::from(terminal.try_clone().unwrap());
    command().env("EGRET_DATA", data).args(arguments).stdin(end()).stdout(end()).stderr(end()).spawn().unwrap()
}

/// Starts a command that goes on, and gives what it prints.
pub fn followed(data: &Path, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = command().env("EGRET_DATA", data).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

/// Sends what Ctrl-C sends.
#[expect(clippy::disallowed_methods, reason = "test: a signal is sent by a process")]
pub fn interrupt(child: &Child) {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A running `egret dev --json`.
pub struct Server {
    child: Child,
    lines: Receiver<Value>,
    /// Its first event.
    pub started: Value,
    pub port: u16,
}

fn spawn(dir: &Path, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    spawn_by(command(), dir, arguments)
}

fn spawn_by(mut command: Command, dir: &Path, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let listen: &[&str] = if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
    let mut child = command.arg("dev").arg(dir).arg("--json").args(listen).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

impl Server {
    pub fn start(dir: &Path, arguments: &[&str]) -> Self {
        Self::listening(spawn(dir, arguments))
    }

    /// A server on a data directory of the test's own.
    pub fn on(data: &Path, dir: &Path, arguments: &[&str]) -> Self {
        let mut command = command();
        command.env("EGRET_DATA", data);
        Self::listening(spawn_by(command, dir, arguments))
    }

    /// A server with this filter of the log, and what it writes to standard error.
    pub fn logging(dir: &Path, filter: &str, arguments: &[&str]) -> (Self, ChildStderr) {
        let mut command = command();
        command.env("EGRET_LOG", filter).stderr(Stdio::piped());
        let (mut child, out) = spawn_by(command, dir, arguments);
        let stderr = child.stderr.take().unwrap();
        (Self::listening((child, out)), stderr)
    }

    fn listening((child, mut out): (Child, BufReader<ChildStdout>)) -> Self {
        let (sender, lines) = channel();
        let mut server = Self { child, lines, started: Value::Null, port: 0 };
        server.started(&mut out);
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        server
    }

    /// A server whose standard output is open, and read by nobody after its start.
    pub fn unread(dir: &Path) -> (Self, BufReader<ChildStdout>) {
        let (child, mut out) = spawn(dir, &[]);
        let (_, lines) = channel();
        let mut server = Self { child, lines, started: Value::Null, port: 0 };
        server.started(&mut out);
        (server, out)
    }

    fn started(&mut self, out: &mut impl BufRead) {
        let mut lines = out.lines().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        self.started = lines.find(|event| event["event"] == "started").unwrap();
        self.port = self.started["address"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    }

    /// The next event of a kind; others are passed over.
    pub fn event(&self, kind: &str) -> Value {
        loop {
            let event = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no event {kind:?}"));
            if event["event"] == kind {
                return event;
            }
        }
    }

    /// The whole answer to a GET, head and body.
    pub fn get(&self, path: &str) -> String {
        self.request(path, &format!("localhost:{}", self.port))
    }

    /// The whole answer to a POST with these fields (each a line) and this body.
    pub fn post(&self, path: &str, fields: &str, body: &str) -> String {
        let host = format!("localhost:{}", self.port);
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{fields}\r\n{body}",
            body.len()
        ))
    }

    pub fn request(&self, path: &str, host: &str) -> String {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"))
    }

    #[expect(clippy::disallowed_methods, reason = "test: a client on loopback")]
    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let _ = stream.shutdown(Shutdown::Both);
        answer
    }

    /// Asks it to stop and waits until it has.
    #[expect(clippy::disallowed_methods, reason = "test: a signal is sent by a process")]
    pub fn terminate(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an app's folder of a manifest and functions.
pub fn app(at: &Path, manifest: &str, functions: &[(&str, &str)]) {
    std::fs::create_dir_all(at.join("functions")).unwrap();
    std::fs::write(at.join("egret.toml"), manifest).unwrap();
    for (name, source) in functions {
        std::fs::write(at.join("functions").join(name), source).unwrap();
    }
}

//! A server that does as it is told, byte by byte: half answers, endless answers, resets, silence.

use crate::h2::{self, Kind};
use crate::upstream::bind;
use bytes::Bytes;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// One thing that a hostile server does with a connection.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads until a blank line (CR LF CR LF) has come since the last such step.
    ExpectHead,
    /// Reads until this many bytes have come since the last expectation was met.
    ExpectBytes(usize),
    /// Reads until a whole HTTP/2 frame of this kind has come since the last expectation was met.
    ExpectFrame(Kind),
    /// Writes these bytes.
    Send(Bytes),
    /// Writes these bytes again and again until the client closes, and reads nothing.
    Stream(Bytes),
    /// The same, reading meanwhile: a client that answers is not held up by its answers.
    Flood(Bytes),
    /// Waits until the test opens the gate, reading meanwhile.
    Pause(Gate),
    /// Closes its own direction and goes on.
    CloseWrite,
    /// Ends the connection with a TCP reset.
    Reset,
    /// Reads, and keeps the connection open until the client closes it.
    Hold,
}

impl Step {
    /// [`Step::Send`] from anything that is bytes.
    #[must_use]
    pub fn send(bytes: impl Into<Bytes>) -> Self {
        Self::Send(bytes.into())
    }
}

/// A gate that begins closed and, once opened, stays open. Copies are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Opens it for everybody who waits and will wait.
    pub fn release(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is open.
    pub async fn opened(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// What has reached a hostile server.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Connections accepted.
    pub connections: usize,
    /// Connections that are over, by whoever's doing.
    pub ended: usize,
    /// What each connection received, in the order of acceptance; inside TLS where there is TLS.
    pub received: Vec<Vec<u8>>,
}

/// A scripted server on 127.0.0.1. After its script a connection is closed. Dropping the server ends it all.
pub struct Hostile {
    address: SocketAddr,
    seen: Arc<watch::Sender<Seen>>,
    task: JoinHandle<()>,
}

impl Hostile {
    /// Plays `steps` on every connection.
    #[must_use]
    pub fn script(steps: Vec<Step>) -> Self {
        Self::sequence(vec![steps])
    }

    /// Plays the first script on the first connection and so on; the last one also on all that follow.
    #[must_use]
    pub fn sequence(scripts: Vec<Vec<Step>>) -> Self {
        Self::start(None, scripts)
    }

    /// [`Hostile::script`] inside TLS. Whoever fails the handshake has been counted, and gets no step.
    #[must_use]
    pub fn script_tls(config: Arc<ServerConfig>, steps: Vec<Step>) -> Self {
        Self::start(Some(TlsAcceptor::from(config)), vec![steps])
    }

    /// [`Hostile::sequence`] inside TLS.
    #[must_use]
    pub fn sequence_tls(config: Arc<ServerConfig>, scripts: Vec<Vec<Step>>) -> Self {
        Self::start(Some(TlsAcceptor::from(config)), scripts)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has reached it so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.borrow().connections
    }

    /// Waits until what has reached it satisfies `enough`, for example `|seen| seen.ended == 1`.
    pub async fn until(&self, enough: impl FnMut(&Seen) -> bool) -> Seen {
        self.seen.subscribe().wait_for(enough).await.unwrap().clone()
    }

    fn start(tls: Option<TlsAcceptor>, scripts: Vec<Vec<Step>>) -> Self {
        assert!(!scripts.is_empty(), "a hostile server needs a script");
        let (listener, address) = bind();
        let seen = Arc::new(watch::Sender::new(Seen::default()));
        let task = tokio::spawn(accept(listener, tls, scripts, seen.clone()));
        Self { address, seen, task }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, scripts: Vec<Vec<Step>>, seen: Arc<watch::Sender<Seen>>) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        seen.send_modify(|seen| {
            seen.connections += 1;
            seen.received.push(Vec::new());
        });
        let steps = scripts[number.min(scripts.len() - 1)].clone();
        let log = Log { seen: seen.clone(), number };
        connections.spawn(serve(stream, tls.clone(), steps, log));
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, steps: Vec<Step>, log: Log) {
    let seen = log.seen.clone();
    match tls {
        None => play(stream, steps, log, |stream| stream).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                play(stream, steps, log, |stream| stream.get_ref().0).await;
            }
        }
    }
    seen.send_modify(|seen| seen.ended += 1);
}

/// Where one connection writes down what it received.
struct Log {
    seen: Arc<watch::Sender<Seen>>,
    number: usize,
}

impl Log {
    fn add(&self, bytes: &[u8]) {
        self.seen.send_modify(|seen| seen.received[self.number].extend_from_slice(bytes));
    }

    /// What has come since the expectation that was met at `mark`.
    fn after<T>(&self, mark: usize, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.seen.borrow().received[self.number][mark..])
    }
}

async fn play<S>(mut stream: S, steps: Vec<Step>, log: Log, socket: impl Fn(&S) -> &TcpStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut mark = 0;
    for step in steps {
        let going_on = match step {
            Step::ExpectHead => expect(&mut stream, &log, &mut mark, head_length).await,
            Step::ExpectBytes(count) => expect(&mut stream, &log, &mut mark, |bytes| (bytes.len() >= count).then_some(count)).await,
            Step::ExpectFrame(kind) => expect(&mut stream, &log, &mut mark, |bytes| h2::end_of(kind, bytes)).await,
            Step::Send(bytes) => write(&mut stream, &bytes).await,
            Step::Stream(bytes) => {
                while write(&mut stream, &bytes).await {}
                false
            }
            Step::Flood(bytes) => flood(&mut stream, &bytes, &log).await,
            Step::Pause(gate) => tokio::select! {
                () = gate.opened() => true,
                () = drain(&mut stream, &log) => false,
            },
            Step::CloseWrite => stream.shutdown().await.is_ok(),
            Step::Reset => {
                socket(&stream).set_zero_linger().unwrap();
                return;
            }
            Step::Hold => {
                drain(&mut stream, &log).await;
                false
            }
        };
        if !going_on {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
}

/// Writes and reads until the client closes; there is no going on after it.
async fn flood(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8], log: &Log) -> bool {
    let (mut reader, mut writer) = tokio::io::split(stream);
    tokio::select! {
        () = drain(&mut reader, log) => {}
        () = async { while write(&mut writer, bytes).await {} } => {}
    }
    false
}

/// Reads until `found` gives the length of what was expected; `false` when the client left before.
async fn expect(stream: &mut (impl AsyncRead + Unpin), log: &Log, mark: &mut usize, found: impl Fn(&[u8]) -> Option<usize>) -> bool {
    loop {
        if let Some(length) = log.after(*mark, &found) {
            *mark += length;
            return true;
        }
        if !read(stream, log).await {
            return false;
        }
    }
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

async fn drain(stream: &mut (impl AsyncRead + Unpin), log: &Log) {
    while read(stream, log).await {}
}

async fn read(stream: &mut (impl AsyncRead + Unpin), log: &Log) -> bool {
    let mut chunk = [0; 16 << 10];
    match stream.read(&mut chunk).await {
        Ok(0) | Err(_) => false,
        Ok(length) => {
            log.add(&chunk[..length]);
            true
        }
    }
}

//! The one peer that the rules allow: it notes every request line and says what the attempt asks of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers on 127.0.0.1. `/ok/go?302=TARGET` redirects to the decoded target, `/ok/raw?BYTES` answers with the decoded bytes.
pub struct Upstream {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self { address: socket.local_addr().unwrap(), heads: Arc::default() };
        let heads = Arc::clone(&upstream.heads);
        std::thread::spawn(move || {
            for stream in socket.incoming() {
                let heads = Arc::clone(&heads);
                std::thread::spawn(move || serve(stream.unwrap(), &heads));
            }
        });
        upstream
    }

    /// The heads that have come since the last call. A request is noted before it is answered.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.heads.lock().unwrap())
    }
}

/// One request a connection: what follows its head is not looked at, so that a smuggled second request would stand in the first.
fn serve(mut stream: TcpStream, heads: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            // A TLS hello or a broken connection is noted as it is.
            _ => break,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let answer = answer(head.split(' ').nth(1).unwrap_or_default());
    heads.lock().unwrap().push(head);
    let _ = stream.write_all(&answer);
}

fn answer(path: &str) -> Vec<u8> {
    if let Some(bytes) = path.strip_prefix("/ok/raw?") {
        return decoded(bytes);
    }
    match path.strip_prefix("/ok/go?").and_then(|query| query.split_once('=')) {
        Some((status, target)) => {
            let start = format!("HTTP/1.1 {status} Go\r\nlocation: ");
            [start.as_bytes(), &decoded(target), b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"].concat()
        }
        None => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_vec(),
    }
}

fn decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(piece.as_bytes().iter().skip(2));
    }
    bytes
}

//! The plainest client: bytes out, bytes back. For tests that must say exactly what is on the wire.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opens a TCP connection.
///
/// # Panics
/// When nobody listens at `address`.
#[expect(clippy::disallowed_methods, reason = "test: a client of peers on loopback")]
pub async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends `bytes`, then reads until the peer closes or resets. What came before a reset is returned.
///
/// The connection stays open for writing meanwhile: a peer that waits for more and never closes makes this wait too.
///
/// # Panics
/// When nobody listens at `address`.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address).await;
    // A peer may refuse before everything is sent; what it answered is the result all the same.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        answer.extend_from_slice(&chunk[..read]);
    }
    answer
}

//! A server that does almost nothing, so that the client is what is measured: it waits for a blank line and writes an answer
//! that was made beforehand.

use super::Place;
use crate::case::Size;
use anyhow::{Context, Result, anyhow, bail};
use egret_testkit::{Leaf, server_config};
use rustls::pki_types::PrivateKeyDer;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

/// How the table calls it.
pub const PRODUCT: &str = "a minimal server of the benchmark's own (no nginx here)";

/// Starts this very program as the server.
#[expect(clippy::disallowed_methods, reason = "test: an upstream for a measurement")]
pub(super) fn start(place: &Place<'_>) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("upstream").arg(place.plain.to_string()).arg(place.tls.to_string()).arg(place.folder);
    command.stdin(Stdio::null()).spawn().context("the upstream cannot be started")
}

/// The server's whole life; it is ended from outside.
pub fn serve(arguments: &[&str]) -> Result<()> {
    let [plain, tls, folder] = arguments else { bail!("usage: upstream PLAIN TLS FOLDER") };
    let acceptor = acceptor(Path::new(folder))?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        tokio::try_join!(accept(plain, None), accept(tls, Some(acceptor)))?;
        Ok(())
    })
}

fn acceptor(folder: &Path) -> Result<TlsAcceptor> {
    let key = PrivateKeyDer::try_from(fs::read(folder.join("key.der"))?).map_err(|error| anyhow!(error))?;
    let leaf = Leaf { chain: vec![fs::read(folder.join("leaf.der"))?.into()], key, public: Vec::new() };
    Ok(TlsAcceptor::from(server_config(leaf)))
}

async fn accept(address: &str, tls: Option<TlsAcceptor>) -> Result<()> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let answers: &'static [Vec<u8>; 2] = Box::leak(Box::new(Size::ALL.map(answer)));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let tls = tls.clone();
        tokio::spawn(async move {
            // Whoever leaves, in whatever way, is no concern of the server.
            let _ = match tls {
                None => talk(stream, answers).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, answers).await,
                    Err(error) => Err(error),
                },
            };
        });
    }
}

/// Status line, fields and body.
fn answer(size: Size) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nserver: bench\r\ndate: Sat, 21 Nov 2026 00:00:00 GMT\r\ncontent-type: application/octet-stream\r\n\
         content-length: {}\r\nlast-modified: Sat, 21 Nov 2026 00:00:00 GMT\r\netag: \"1\"\r\naccept-ranges: bytes\r\n\r\n",
        size.bytes()
    );
    [head.into_bytes(), vec![b'x'; size.bytes()]].concat()
}

/// Answers until the client leaves. No client here sends a body, nor a second request before it has its answer.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, answers: &[Vec<u8>; 2]) -> std::io::Result<()> {
    let mut head = Vec::with_capacity(1 << 10);
    loop {
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let size = Size::ALL.iter().position(|size| head[b"GET ".len()..].starts_with(size.path().as_bytes()));
        let Some(size) = size else { return Ok(()) };
        stream.write_all(&answers[size]).await?;
        stream.flush().await?;
        head.clear();
    }
}

//! WebSocket peers: an honest one that sends back what it hears, and the pieces that a hostile one is scripted from.

use crate::upstream::bind;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What has reached an honest peer.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Header fields of each handshake.
    pub heads: Vec<HeaderMap>,
    /// The protocol that each TLS handshake agreed on, where there was TLS.
    pub alpn: Vec<Option<Vec<u8>>>,
    /// Code and words of each close frame; no code is 1005.
    pub closes: Vec<(u16, String)>,
    /// Connections that are over, by whoever's doing.
    pub ended: usize,
}

/// A server that agrees to every WebSocket, chooses the first subprotocol that is asked for, and sends every message back.
pub struct WebSocketPeer {
    address: SocketAddr,
    heard: Arc<watch::Sender<Heard>>,
    task: JoinHandle<()>,
}

impl WebSocketPeer {
    /// Over plain TCP.
    #[must_use]
    pub fn plain() -> Self {
        Self::start(None)
    }

    /// Over TLS; see [`server_config`](crate::server_config).
    #[must_use]
    pub fn tls(config: Arc<ServerConfig>) -> Self {
        Self::start(Some(TlsAcceptor::from(config)))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has reached it so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.borrow().clone()
    }

    /// Waits until what has reached it satisfies `enough`.
    ///
    /// # Panics
    /// Never: the sender lives as long as this.
    pub async fn until(&self, enough: impl FnMut(&Heard) -> bool) -> Heard {
        self.heard.subscribe().wait_for(enough).await.unwrap().clone()
    }

    fn start(tls: Option<TlsAcceptor>) -> Self {
        let (listener, address) = bind();
        let heard = Arc::new(watch::Sender::new(Heard::default()));
        let task = tokio::spawn(accept(listener, tls, Arc::clone(&heard)));
        Self { address, heard, task }
    }
}

impl Drop for WebSocketPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Owns its connections, so that aborting this one task ends them all.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, heard: Arc<watch::Sender<Heard>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, heard) = (tls.clone(), Arc::clone(&heard));
        connections.spawn(async move {
            match tls {
                None => echo(stream, &heard).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        let alpn = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
                        heard.send_modify(|heard| heard.alpn.push(alpn));
                        echo(stream, &heard).await;
                    }
                }
            }
            heard.send_modify(|heard| heard.ended += 1);
        });
    }
}

#[expect(clippy::result_large_err, reason = "the library's own shape")]
async fn echo(stream: impl AsyncRead + AsyncWrite + Unpin, heard: &watch::Sender<Heard>) {
    let agreeing = |request: &Request, response| Ok::<_, ErrorResponse>(agree(request, response, heard));
    let Ok(mut socket) = accept_hdr_async(stream, agreeing).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Close(frame) => {
                let close = frame.map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                heard.send_modify(|heard| heard.closes.push(close));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            Message::Text(_) | Message::Binary(_) => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn agree(request: &Request, mut response: Response, heard: &watch::Sender<Heard>) -> Response {
    heard.send_modify(|heard| heard.heads.push(request.headers().clone()));
    let asked = request.headers().get("sec-websocket-protocol").and_then(|asked| asked.to_str().ok());
    if let Some(first) = asked.and_then(|asked| asked.split(',').next()) {
        response.headers_mut().insert("sec-websocket-protocol", first.trim().parse().unwrap());
    }
    response
}

/// The answer that agrees to the WebSocket which `head` asks for, with `lines` beside; nothing of `head` is judged.
pub(crate) fn agreement(head: &[u8], lines: &[u8]) -> Bytes {
    let head = String::from_utf8_lossy(head);
    let key = head.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let accept = derive_accept_key(key.map_or("", |(_, value)| value.trim()).as_bytes());
    let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n".to_vec();
    answer.extend_from_slice(format!("sec-websocket-accept: {accept}\r\n").as_bytes());
    answer.extend_from_slice(lines);
    answer.extend_from_slice(b"\r\n");
    answer.into()
}

/// A frame as a server sends it, unmasked: the first byte (FIN, RSV and opcode) as it is given, the length in the shortest way.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame.into()
}

/// The whole frames that a client sent behind its head, unmasked: first byte and payload.
///
/// # Panics
/// When one is not masked, as a client's must be, or is over 64 KiB.
#[must_use]
pub fn client_frames(received: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Vec::new() };
    let (mut rest, mut frames) = (&received[end + 4..], Vec::new());
    while let [first, second, after @ ..] = rest {
        assert!(second & 0x80 != 0, "a client's frame is masked");
        let (length, after) = match (second & 0x7f, after) {
            (126, [high, low, after @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), after),
            (126, _) => break,
            (short, after) => (usize::from(short), after),
        };
        assert!(second & 0x7f < 127, "this reads short frames only");
        let Some((mask, after)) = after.split_at_checked(4) else { break };
        let Some((payload, after)) = after.split_at_checked(length) else { break };
        frames.push((*first, payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()));
        rest = after;
    }
    frames
}

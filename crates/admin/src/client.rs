//! The other end of the control socket: one connection and one request a command.

use crate::server::is_owner;
use crate::{Command, Fault, MOST_ANSWER, MOST_COMMAND, PATH, Reply, answer};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

/// How long connecting may take: longer only if the server has more connections than it takes.
const CONNECT: Duration = Duration::from_secs(10);

/// Connects, if somebody listens. Neither a file that was left behind nor none at all is a fault.
#[expect(clippy::disallowed_methods, reason = "gate: the one connection to the control socket of our own server")]
pub(crate) async fn connect(socket: &Path) -> Result<Option<UnixStream>, Fault> {
    let fault = |words: &str| Fault::Socket(format!("the control socket {} {words}", socket.display()));
    match tokio::time::timeout(CONNECT, UnixStream::connect(socket)).await {
        // What is sent here may be a secret: it is not given to a stranger who put a socket in this place.
        Ok(Ok(stream)) if is_owner(&stream) => Ok(Some(stream)),
        Ok(Ok(_)) => Err(fault("belongs to another user's server")),
        Ok(Err(error)) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
        Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => Err(fault("belongs to another user")),
        Ok(Err(error)) => Err(fault(&format!("cannot be reached: {error}"))),
        Err(_) => Err(fault("is busy; try again")),
    }
}

/// Sends one command and waits for its answer.
pub(crate) async fn send(stream: UnixStream, command: &Command) -> Result<Reply, Fault> {
    let broke_off = |error: &dyn std::fmt::Display| {
        Fault::Socket(format!("the server broke off ({error}); whether the command was done is not known: look before it is given again"))
    };
    let exchange = exchange(stream, command);
    match tokio::time::timeout(command.patience(), exchange).await {
        Ok(Ok((status, body))) => answer::read(status, &body),
        Ok(Err(error)) => Err(broke_off(&error)),
        Err(error) => Err(broke_off(&error)),
    }
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(stream: UnixStream, command: &Command) -> Result<(StatusCode, Bytes), Broken> {
    let request = request(command)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let talk = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        Ok((head.status, Limited::new(body, MOST_ANSWER).collect().await?.to_bytes()))
    };
    let mut talk = std::pin::pin!(talk);
    // The connection's work is done here and not in a task of its own, so that it ends with the command.
    tokio::select! {
        outcome = &mut talk => outcome,
        ended = connection => { ended?; talk.await }
    }
}

fn request(command: &Command) -> Result<Request<Full<Bytes>>, Broken> {
    // Room for the longest at once: a buffer that grew would leave copies behind. The library's own go with the process.
    let mut body = Zeroizing::new(Vec::with_capacity(MOST_COMMAND));
    serde_json::to_writer(&mut *body, command)?;
    let bytes = Bytes::from_owner(Wiped(body));
    let request = Request::post(PATH).header(HOST, "egret").header(CONTENT_TYPE, answer::JSON).header(CONTENT_LENGTH, bytes.len());
    Ok(request.body(Full::new(bytes))?)
}

/// Bytes that are wiped when the last who holds them lets go.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

//! WebSockets (RFC 6455) under the same law as every other request: decided, resolved, admitted, dialled and audited like a GET.
//!
//! The handshake's request is what the policy decides; a rule that allows GET on the path allows the socket. An open socket
//! has a connection of its own, which is never kept, and a task that ends with it. What it carries is bounded each way.
//! Absent on purpose: extensions (compression is a bomb in the other direction) and redirects of a handshake.

mod assembly;
mod caps;
mod close;
mod driver;
mod fault;
mod frames;
mod handshake;
mod rate;

pub use caps::WebSocketCaps;

use crate::audit::Attempt;
use crate::budget::Budget;
use crate::client::Egress;
use crate::config::Caps;
use crate::draft::Caller;
use crate::error::{Error, Phase, Reason};
use bytes::Bytes;
use close::Closed;
use driver::Ends;
use http::{HeaderMap, Method};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

/// Messages that wait for their reader, at most; behind them the peer is stopped.
const WAITING: usize = 4;

/// A WebSocket as a guest wishes it; nothing in it is believed.
#[derive(Clone)]
pub struct WsDraft {
    /// An absolute URL, `ws://` or `wss://`.
    pub url: String,
    /// Header fields of the handshake; those that make it one are the kernel's own.
    pub headers: HeaderMap,
    /// Subprotocols, the preferred one first. The server chooses one of them or none.
    pub protocols: Vec<String>,
}

/// Names of fields only: values and the URL may hold secrets.
impl fmt::Debug for WsDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("WsDraft").field("headers", &names).field("protocols", &self.protocols.len()).finish_non_exhaustive()
    }
}

/// What a WebSocket carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// What the socket asks of its task.
enum Order {
    Send(Message),
    /// A close frame with this payload.
    Close(Bytes),
}

/// An open WebSocket. Every method takes `&self`, so one task may read while another one writes. Dropping it closes the TCP
/// connection at once, without a close frame.
pub struct WebSocket {
    messages: Mutex<mpsc::Receiver<Message>>,
    orders: mpsc::Sender<Order>,
    end: watch::Receiver<Option<Result<Closed, Reason>>>,
    /// Whether the caller has closed.
    closing: AtomicBool,
    /// Whether the caller has been told why the socket failed.
    told: AtomicBool,
    /// Bytes of all messages that were sent.
    sent: AtomicU64,
    protocol: Option<String>,
    egress: Egress,
    budget: Budget,
    task: JoinHandle<()>,
}

impl Egress {
    /// Opens a WebSocket that the caller's policy allows. Dropping the future ends the handshake at once.
    ///
    /// # Errors
    /// As [`Egress::fetch`]; `policy.redirect.refused` where the answer is a redirect, `egress.websocket.handshake` where it is
    /// anything else but the agreement that was asked for.
    pub async fn websocket(&self, caller: &Caller, draft: WsDraft) -> Result<WebSocket, Error> {
        let call = ulid::Ulid::new().to_string().into();
        let caller = &caller.pinned();
        let mut attempt = Attempt::begin(self.audit(), call, caller, 0, Method::GET);
        let (draft, prepared) = handshake::draft(draft);
        let opening = async {
            prepared?;
            handshake::open(self, caller, &draft, &mut attempt).await
        };
        match timeout_at(caller.deadline, opening).await.unwrap_or(Err(Reason::Timeout(Phase::Total))) {
            Ok(opened) => Ok(WebSocket::start(opened, caller.clone(), self.clone(), attempt)),
            Err(reason) => Err(self.fail(caller, &draft, attempt, reason)),
        }
    }
}

impl WebSocket {
    fn start(mut opened: handshake::Opened, caller: Caller, egress: Egress, attempt: Attempt) -> Self {
        let protocol = opened.protocol.take();
        let (orders, taken) = mpsc::channel(1);
        let (delivered, messages) = mpsc::channel(WAITING);
        let (ended, end) = watch::channel(None);
        let budget = caller.budget.clone();
        let running = driver::run(opened, caller, egress.clone(), attempt, Ends { messages: delivered.clone(), orders: taken });
        let task = tokio::spawn(async move {
            let outcome = running.await;
            ended.send_replace(Some(outcome));
            // Whoever finds no more messages then finds why.
            drop(delivered);
        });
        let (closing, told, sent) = Default::default();
        Self { messages: Mutex::new(messages), orders, end, closing, told, sent, protocol, egress, budget, task }
    }

    /// The subprotocol that the server chose.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message. Waits while the one before is still on its way or the rate is used up.
    ///
    /// # Errors
    /// `egress.size.websocket_message`, `egress.size.request_body` and `egress.limit.bytes` refuse this message and leave the socket open; otherwise why the
    /// socket is over, or `egress.websocket.closed`.
    pub async fn send(&self, message: Message) -> Result<(), Error> {
        if self.closing.load(Ordering::Acquire) {
            return Err(self.error(Reason::Closed));
        }
        self.count(message.len()).map_err(|reason| self.error(reason))?;
        match self.orders.send(Order::Send(message)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.error(self.over().await.unwrap_or(Reason::Closed))),
        }
    }

    /// The next message, or `None` after the end. Dropping the future loses no message.
    ///
    /// # Errors
    /// Once, why the socket failed: `NET_BLOCKED`, `NET_TIMEOUT`, `NET_SIZE` or `NET_PROTOCOL`.
    pub async fn next(&self) -> Result<Option<Message>, Error> {
        let mut messages = self.messages.lock().await;
        // What came before a refusal is not read after it.
        let refused = self.failure().filter(|reason| reason.denial().is_some());
        let message = if refused.is_some() { None } else { messages.recv().await };
        match message {
            Some(message) => Ok(Some(message)),
            None => match self.failure() {
                Some(reason) if !self.told.swap(true, Ordering::AcqRel) => Err(self.error(reason)),
                Some(_) | None => Ok(None),
            },
        }
    }

    /// Closes in order: says so, and waits until the peer has agreed. Messages that arrive meanwhile are dropped. Closing what is
    /// closed does nothing.
    ///
    /// # Errors
    /// `egress.websocket.close_code` for a code other than 1000 and 3000 to 4999, or a reason over 123 bytes; otherwise why the
    /// socket failed instead.
    pub async fn close(&self, code: u16, reason: &str) -> Result<(), Error> {
        let payload = close::by_caller(code, reason).map_err(|words| self.error(Reason::CloseCode(words)))?;
        if !self.closing.swap(true, Ordering::AcqRel) {
            // A task that is gone has left its end behind.
            let _ = self.orders.send(Order::Close(payload)).await;
        }
        self.over().await.map_or(Ok(()), |reason| Err(self.error(reason)))
    }

    /// How it ended: the peer's code and words, 1005 if it gave no code, 1006 if it went without a close frame.
    #[must_use]
    pub fn closed(&self) -> Option<(u16, String)> {
        self.end.borrow().as_ref().map(|end| end.clone().unwrap_or_else(|_| close::abnormal()))
    }

    /// Waits for the end, and says why it was no good one.
    async fn over(&self) -> Option<Reason> {
        // The task sets its end before it goes.
        let _ = self.end.clone().wait_for(Option::is_some).await;
        self.failure()
    }

    fn failure(&self) -> Option<Reason> {
        self.end.borrow().as_ref().and_then(|end| end.as_ref().err().cloned())
    }

    /// Holds a message against the caps, and counts it if it fits.
    fn count(&self, bytes: usize) -> Result<(), Reason> {
        let Caps { request_body, websocket, .. } = self.egress.config().caps;
        if bytes > websocket.message {
            return Err(Reason::MessageSize(websocket.message));
        }
        let fits = |sent: u64| sent.checked_add(bytes as u64).filter(|sent| *sent <= request_body as u64);
        self.sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Reason::RequestSize(request_body))?;
        self.budget.spend(bytes as u64)
    }

    fn error(&self, reason: Reason) -> Error {
        self.egress.error(reason, 0, "")
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("protocol", &self.protocol).field("closed", &self.closed()).finish_non_exhaustive()
    }
}

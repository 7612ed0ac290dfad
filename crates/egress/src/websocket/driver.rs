//! The task behind an open socket. It reads, writes, pings, and watches the clock and the grants, whether or not anybody asks for
//! the next message. It ends with its socket.

use super::assembly::{Assembly, Kind};
use super::close::{self, Closed};
use super::fault::Fault;
use super::frames::{BINARY, Frames, Incoming, Pen, TEXT};
use super::handshake::Opened;
use super::rate::Rate;
use super::{Message, Order, WebSocketCaps};
use crate::audit::Attempt;
use crate::budget::Budget;
use crate::client::Egress;
use crate::draft::Caller;
use crate::error::{Phase, Reason};
use crate::scrub::Guard;
use bytes::Bytes;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, split};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at, sleep, sleep_until, timeout};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// How long the peer may take to take the last frame.
const FAREWELL: Duration = Duration::from_secs(1);
/// Bytes from which a piece of a message is bounded by the caps on bytes alone, and counts as no message.
const LARGE_PIECE: usize = 1 << 10;

/// The socket's side of the task: messages out, orders in.
pub(super) struct Ends {
    pub messages: mpsc::Sender<Message>,
    pub orders: mpsc::Receiver<Order>,
}

/// Runs an open socket to its end, whose event is recorded before this returns.
pub(super) async fn run(opened: Opened, caller: Caller, egress: Egress, mut attempt: Attempt, ends: Ends) -> Result<Closed, Reason> {
    let Opened { wire, already, request, generation, guard, paid: _held, .. } = opened;
    let config = egress.config();
    let (caps, pause) = (config.caps.websocket, config.timeouts.between_bytes);
    let (reading, writing) = split(wire);
    let (pongs_in, pongs) = mpsc::channel(1);
    let closing = watch::Sender::new(false);
    let mut pen = Pen::new(writing, pause);
    let outcome = {
        let attempt = Mutex::new(&mut attempt);
        let mut reader = Reader {
            frames: Frames::new(reading, &already, caps.frame, pause),
            assembly: Assembly::new(caps.message),
            rate: Rate::new(&caps),
            left: config.caps.response_body,
            cap: config.caps.response_body,
            messages: ends.messages,
            pongs: pongs_in,
            closing: closing.subscribe(),
            guard,
            budget: &caller.budget,
            attempt: &attempt,
        };
        let writer = Writer { pen: &mut pen, rate: Rate::new(&caps), orders: ends.orders, pongs, closing: &closing, attempt: &attempt };
        tokio::select! {
            biased;
            denial = caller.grants.revoked(&request, generation) => Err(Reason::Denied(denial).into()),
            () = sleep_until(caller.deadline) => Err(Reason::Timeout(Phase::Total).into()),
            fault = writer.run(&caps, pause) => Err(fault),
            closed = reader.run() => closed,
        }
    };
    let said = *closing.borrow();
    part(&mut pen, &outcome, said).await;
    let outcome = outcome.map_err(|fault| fault.into_reason(request.target().host().to_string()));
    match &outcome {
        Ok(_) => attempt.whole(),
        Err(reason) => attempt.failed(reason, None),
    }
    outcome
}

/// The last frame, as far as the peer takes it at once. What is half written is finished for a peer that closed in order, and
/// for no other: after a refusal not one more byte of a message leaves.
async fn part<W: AsyncWrite + Unpin>(pen: &mut Pen<W>, outcome: &Result<Closed, Fault>, said: bool) {
    let last = match outcome {
        Ok(closed) => Some(close::echo(closed)),
        Err(fault) if !pen.is_within_a_frame() => fault.close_code().map(|code| close::payload(code, "")),
        Err(_) => None,
    };
    // Nobody is left to tell when this fails too.
    let _ = match last {
        Some(_) if said => timeout(FAREWELL, pen.end()).await,
        Some(payload) => timeout(FAREWELL, pen.close(payload)).await,
        None => Ok(Ok(())),
    };
}

type Shared<'a> = &'a Mutex<&'a mut Attempt>;

fn lock<'a>(attempt: Shared<'a>) -> MutexGuard<'a, &'a mut Attempt> {
    attempt.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes.
struct Reader<'a, R> {
    frames: Frames<R>,
    assembly: Assembly,
    rate: Rate,
    /// Bytes that may still come, and could in all.
    left: u64,
    cap: u64,
    messages: mpsc::Sender<Message>,
    pongs: mpsc::Sender<Bytes>,
    closing: watch::Receiver<bool>,
    guard: Option<Guard>,
    budget: &'a Budget,
    attempt: Shared<'a>,
}

impl<R: AsyncRead + Unpin> Reader<'_, R> {
    /// Reads until the peer closes.
    async fn run(&mut self) -> Result<Closed, Fault> {
        loop {
            self.rate.ready().await;
            let frame = self.frames.next().await?;
            if counts(&frame) {
                self.rate.spend();
            }
            if let OpCode::Data(_) = frame.opcode {
                self.spend(frame.payload.len() as u64)?;
            }
            let message = match frame.opcode {
                OpCode::Data(Data::Text) => self.assembly.begin(Kind::Text, frame.payload, frame.last)?,
                OpCode::Data(Data::Binary) => self.assembly.begin(Kind::Binary, frame.payload, frame.last)?,
                OpCode::Data(Data::Continue) => self.assembly.go_on(&frame.payload, frame.last)?,
                OpCode::Control(Control::Close) => return close::read(&frame.payload).map(|closed| self.said(closed)),
                OpCode::Control(Control::Ping) => {
                    self.answer(frame.payload).await;
                    None
                }
                // Any frame is a sign of life; a pong has no other meaning.
                OpCode::Control(Control::Pong) => None,
                OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
                    return Err(Fault::Protocol("a frame of an unknown kind"));
                }
            };
            if let Some(message) = message {
                self.deliver(message).await;
            }
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Fault> {
        lock(self.attempt).received(bytes);
        self.budget.spend(bytes)?;
        self.left = self.left.checked_sub(bytes).ok_or(Fault::Total(self.cap))?;
        Ok(())
    }

    /// How the peer ended it, in words without secrets.
    fn said(&self, (code, words): Closed) -> Closed {
        (code, self.guard.iter().fold(words, |words, guard| guard.words(words, &mut lock(self.attempt))))
    }

    /// Waits for room: a caller that does not read stops the peer. Once the caller has closed, nobody reads.
    async fn deliver(&mut self, message: Message) {
        let message = self.guard.iter().fold(message, |message, guard| guard.message(message, &mut lock(self.attempt)));
        tokio::select! {
            biased;
            _ = self.closing.wait_for(|closing| *closing) => {}
            _ = self.messages.send(message) => {}
        }
    }

    async fn answer(&mut self, ping: Bytes) {
        tokio::select! {
            biased;
            _ = self.closing.wait_for(|closing| *closing) => {}
            _ = self.pongs.send(ping) => {}
        }
    }
}

fn counts(frame: &Incoming) -> bool {
    !matches!(frame.opcode, OpCode::Data(Data::Continue)) || frame.payload.len() < LARGE_PIECE
}

/// What goes.
struct Writer<'a, W> {
    pen: &'a mut Pen<W>,
    rate: Rate,
    orders: mpsc::Receiver<Order>,
    pongs: mpsc::Receiver<Bytes>,
    closing: &'a watch::Sender<bool>,
    attempt: Shared<'a>,
}

impl<W: AsyncWrite + Unpin> Writer<'_, W> {
    /// Writes until something fails: it is the reader who sees a good end.
    async fn run(mut self, caps: &WebSocketCaps, pause: Duration) -> Fault {
        match self.write(caps, pause).await {
            Err(fault) => fault,
            // After its close frame nothing is written. The peer has one pause to answer it.
            Ok(()) => {
                sleep(pause).await;
                Reason::Timeout(Phase::BetweenBytes).into()
            }
        }
    }

    async fn write(&mut self, caps: &WebSocketCaps, pause: Duration) -> Result<(), Fault> {
        // A peer that is there has time to answer before the pause is over.
        let every = caps.ping.min(pause / 2).max(Duration::from_millis(1));
        let mut ping = interval_at(Instant::now() + every, every);
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let (opcode, payload) = tokio::select! {
                biased;
                Some(payload) = self.pongs.recv() => (OpCode::Control(Control::Pong), payload),
                _ = ping.tick() => (OpCode::Control(Control::Ping), Bytes::new()),
                Some(order) = paced(&self.rate, &mut self.orders) => match order {
                    Order::Close(payload) => {
                        self.pen.write(OpCode::Control(Control::Close), payload).await?;
                        self.closing.send_replace(true);
                        return Ok(());
                    }
                    Order::Send(message) => {
                        self.rate.spend();
                        lock(self.attempt).sent().fetch_add(message.len() as u64, Ordering::Relaxed);
                        framed(message)
                    }
                },
            };
            self.pen.write(opcode, payload).await?;
        }
    }
}

async fn paced(rate: &Rate, orders: &mut mpsc::Receiver<Order>) -> Option<Order> {
    rate.ready().await;
    match orders.recv().await {
        Some(order) => Some(order),
        // The socket was dropped, and this task with it.
        None => std::future::pending().await,
    }
}

fn framed(message: Message) -> (OpCode, Bytes) {
    match message {
        Message::Text(text) => (TEXT, text.into()),
        Message::Binary(bytes) => (BINARY, bytes),
    }
}

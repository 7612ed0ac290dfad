//! Frames on the wire (RFC 6455, 5.2): read one by one, so that each can be counted, and written whole and masked.
//!
//! A frame that is half written stays in its buffer: whoever gives up a write leaves the stream as it was.

use super::fault::Fault;
use crate::error::{Phase, Reason};
use bytes::{Buf, Bytes, BytesMut};
use std::io::Cursor;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

/// Bytes of a control frame's payload, at most (RFC 6455, 5.5).
const MAX_CONTROL: u64 = 125;
/// Bytes that are made room for at a time: a frame that is announced takes memory as it comes.
const CHUNK: usize = 16 << 10;

/// A frame that came.
pub(super) struct Incoming {
    pub opcode: OpCode,
    pub last: bool,
    pub payload: Bytes,
}

/// The reading end.
pub(super) struct Frames<R> {
    stream: R,
    buffer: BytesMut,
    cap: usize,
    pause: Duration,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// Reads what `already` came and then the stream: frames of up to `cap` bytes, without a pause longer than `pause`.
    pub fn new(stream: R, already: &[u8], cap: usize, pause: Duration) -> Self {
        Self { stream, buffer: BytesMut::from(already), cap, pause }
    }

    /// The next frame.
    pub async fn next(&mut self) -> Result<Incoming, Fault> {
        loop {
            if let Some((header, start, length)) = self.head()? {
                while self.buffer.len() < start + length {
                    self.fill().await?;
                }
                self.buffer.advance(start);
                let payload = self.buffer.split_to(length).freeze();
                return Ok(Incoming { opcode: header.opcode, last: header.is_final, payload });
            }
            self.fill().await?;
        }
    }

    /// The head in front of the buffer, how long it is, and how long its payload.
    fn head(&self) -> Result<Option<(FrameHeader, usize, usize)>, Fault> {
        let mut cursor = Cursor::new(&self.buffer[..]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Fault::Protocol("a frame of an unknown kind"))?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let start = header.len(length);
        if cursor.position() != start as u64 {
            return Err(Fault::Protocol("a length that is not written in the shortest way"));
        }
        lawful(&header, length)?;
        match usize::try_from(length) {
            Ok(length) if length <= self.cap => Ok(Some((header, start, length))),
            Ok(_) | Err(_) => Err(Fault::MessageSize(self.cap)),
        }
    }

    async fn fill(&mut self) -> Result<(), Fault> {
        self.buffer.reserve(CHUNK);
        match timeout(self.pause, self.stream.read_buf(&mut self.buffer)).await {
            Err(_) => Err(Reason::Timeout(Phase::BetweenBytes).into()),
            Ok(Ok(0) | Err(_)) => Err(Fault::Gone),
            Ok(Ok(_)) => Ok(()),
        }
    }
}

/// What no server may send to a client that asked for no extension.
fn lawful(header: &FrameHeader, length: u64) -> Result<(), Fault> {
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err(Fault::Protocol("a frame of an extension that was not asked for"));
    }
    if header.mask.is_some() {
        return Err(Fault::Protocol("a masked frame from a server"));
    }
    match header.opcode {
        OpCode::Control(_) if !header.is_final || length > MAX_CONTROL => {
            Err(Fault::Protocol("a control frame in pieces or over 125 bytes"))
        }
        OpCode::Control(_) | OpCode::Data(_) => Ok(()),
    }
}

/// The writing end.
pub(super) struct Pen<W> {
    stream: W,
    buffer: BytesMut,
    pause: Duration,
}

impl<W: AsyncWrite + Unpin> Pen<W> {
    /// Writes without a pause longer than `pause`.
    pub fn new(stream: W, pause: Duration) -> Self {
        Self { stream, buffer: BytesMut::new(), pause }
    }

    /// Writes a frame that is the whole of its message.
    pub async fn write(&mut self, opcode: OpCode, payload: Bytes) -> Result<(), Fault> {
        self.put(opcode, payload)?;
        self.flush().await
    }

    /// Whether a frame is half written.
    pub fn is_within_a_frame(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Writes what is left, and a close frame behind it, and ends the stream.
    pub async fn close(&mut self, payload: Bytes) -> Result<(), Fault> {
        self.put(OpCode::Control(Control::Close), payload)?;
        self.flush().await?;
        self.end().await
    }

    /// Ends the stream's own direction.
    pub async fn end(&mut self) -> Result<(), Fault> {
        self.stream.shutdown().await.map_err(|_| Fault::Gone)
    }

    /// Each frame has a mask of its own that nobody can foresee (RFC 6455, 10.3).
    fn put(&mut self, opcode: OpCode, payload: Bytes) -> Result<(), Fault> {
        let mut mask = [0; 4];
        aws_lc_rs::rand::fill(&mut mask).map_err(|_| Fault::Protocol("no random numbers for a mask"))?;
        let header = FrameHeader { opcode, mask: Some(mask), ..FrameHeader::default() };
        let mut frame = Vec::with_capacity(header.len(payload.len() as u64) + payload.len());
        Frame::from_payload(header, payload).format(&mut frame).map_err(|_| Fault::Gone)?;
        self.buffer.extend_from_slice(&frame);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let late = |_| Fault::from(Reason::Timeout(Phase::BetweenBytes));
        while self.buffer.has_remaining() {
            match timeout(self.pause, self.stream.write_buf(&mut self.buffer)).await.map_err(late)? {
                Ok(0) | Err(_) => return Err(Fault::Gone),
                Ok(_) => {}
            }
        }
        timeout(self.pause, self.stream.flush()).await.map_err(late)?.map_err(|_| Fault::Gone)
    }
}

/// What a message's frame is called.
pub(super) const TEXT: OpCode = OpCode::Data(Data::Text);
/// The same for bytes.
pub(super) const BINARY: OpCode = OpCode::Data(Data::Binary);

//! The client's socket, read by us before the HTTP library reads it.
//!
//! The library takes a message with both a length and a chunked body as chunked and hides that there was a length; a
//! proxy in front that went by the length would then see other requests on this connection than we do (request
//! smuggling). So bytes pass through [`head::Watch`], which judges each head and leaves the verdict for the request that
//! it belongs to. Bytes behind a head are held back until they are asked for, so that verdicts and requests stay in step.
//!
//! The socket also ends a client that takes its answer too slowly, and tells when a client has gone ([`Client`]).

mod head;
mod inbound;
mod outbound;

pub(crate) use head::{Framing, HeadFault, Verdict};
pub(crate) use inbound::{Client, Gone};

use crate::pace::Pace;
use outbound::Outbound;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};

/// A socket whose heads are watched and whose writes may not be taken too slowly.
pub(crate) struct Wire<S> {
    client: Client<ReadHalf<S>>,
    stream: WriteHalf<S>,
    outbound: Outbound,
}

impl<S: AsyncRead + AsyncWrite> Wire<S> {
    /// `longest_head` is in bytes; longer ones are left to the library's own limit, which must be lower. `pace` is how
    /// fast an answer must be taken; its `after` is also the longest time without a byte.
    pub(crate) fn new(stream: S, longest_head: usize, pace: Pace) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self { client: Client::new(read, longest_head), stream: write, outbound: Outbound::new(pace) }
    }

    /// The client at the other end.
    pub(crate) fn client(&self) -> Client<ReadHalf<S>> {
        self.client.clone()
    }

    /// Whether a head has begun and not ended.
    pub(crate) fn is_inside_head(&self) -> bool {
        self.client.is_inside_head()
    }

    /// The socket with what comes from now on taken for nothing.
    pub(crate) fn ignore_requests(self) -> Self {
        self.client.ignore();
        self
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.client.poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.outbound.wrote(cx, written)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.outbound.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.outbound.flushed(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;

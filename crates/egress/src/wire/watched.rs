//! A stream with an eye on it: what is read is looked at before the HTTP library gets it, and both ways can be cut.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is asked of whoever watches. An error ends the connection.
pub(crate) trait Eye {
    /// Before more is read; the waker is that of the reader.
    fn before_read(&mut self, _: &Context<'_>) -> io::Result<()> {
        Ok(())
    }

    /// What was read, before anybody else sees it; empty at the stream's end.
    fn read(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Before something is written.
    fn before_write(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that is watched.
pub(crate) struct Watched<S, E> {
    pub stream: S,
    pub eye: E,
}

impl<S: Unpin, E: Unpin> Watched<S, E> {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut S> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl<S: AsyncRead + Unpin, E: Eye + Unpin> AsyncRead for Watched<S, E> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.eye.before_read(cx)?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        Poll::Ready(this.eye.read(&buf.filled()[before..]))
    }
}

impl<S: AsyncWrite + Unpin, E: Eye + Unpin> AsyncWrite for Watched<S, E> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.eye.before_write()?;
        self.stream().poll_write(cx, bytes)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.eye.before_write()?;
        self.stream().poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

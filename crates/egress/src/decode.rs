//! Content codings taken off, chunk by chunk and within bounds (RFC 9110, 8.4). Pure: bytes in, bytes out.
//!
//! A decoder never makes more than one [`PIECE`] at a time, however much its input would come to, and holds no more than
//! its window: 32 KiB for gzip and deflate, 16 MiB for brotli, 8 MiB for zstd. What is short, what has something behind
//! its end and what fails its check is an error: half a body never passes for a whole one.

mod brotli;
mod deflate;
mod field;
mod gzip;
mod zstd;

pub(crate) use field::{Coding, Codings};

use bytes::{Buf, Bytes};

/// Bytes of decoded output that are made at a time, at most.
pub(crate) const PIECE: usize = 32 << 10;
/// Decoded bytes that are free of the ratio: small texts compress by any factor.
const RATIO_FROM: u64 = 1 << 20;
/// Members of a gzip body and frames of a zstd body, at most: each costs work however small it is.
const MEMBERS: u32 = 4096;

/// Why a body cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The bytes are not what the coding says.
    #[error("{0}")]
    Broken(&'static str),
    /// The decoded body is over this many bytes.
    #[error("the decoded body is over {0} bytes")]
    Size(u64),
    /// The decoded body is over this many times the bytes that came.
    #[error("the decoded body is over {0} times what came")]
    Ratio(u64),
}

/// What one step of an engine came to.
struct Step {
    /// Bytes taken from the input.
    read: usize,
    /// Bytes put into the output.
    written: usize,
}

/// One coding's own work.
trait Engine: Send + Sync {
    /// Takes from the input and puts into the output, as far as both go. A step that does neither needs more input.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault>;

    /// Whether what has come so far is a whole body.
    fn is_whole(&self) -> bool;
}

/// How much may come out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Decoded bytes in all.
    pub decoded: u64,
    /// Decoded bytes for each encoded one, once there are over a mebibyte of them.
    pub ratio: u64,
}

/// Takes one coding off one body.
pub(crate) struct Decoder {
    engine: Box<dyn Engine>,
    output: Box<[u8]>,
    bounds: Bounds,
    encoded: u64,
    decoded: u64,
}

impl Decoder {
    /// A decoder for one body.
    pub fn new(coding: Coding, bounds: Bounds) -> Result<Self, Fault> {
        let engine: Box<dyn Engine> = match coding {
            Coding::Gzip => Box::new(gzip::Gzip::new()),
            Coding::Deflate => Box::new(deflate::Deflate::new()),
            Coding::Brotli => Box::new(brotli::Brotli::new()),
            Coding::Zstd => Box::new(zstd::Zstd::new()?),
        };
        Ok(Self { engine, output: vec![0; PIECE].into(), bounds, encoded: 0, decoded: 0 })
    }

    /// The next piece of at most [`PIECE`] bytes, or `None` once the input is used up. Takes what it used off the input.
    pub fn next(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Fault> {
        loop {
            let Step { read, written } = self.engine.step(input, &mut self.output)?;
            input.advance(read);
            self.encoded += read as u64;
            if written > 0 {
                self.count(written)?;
                return Ok(Some(Bytes::copy_from_slice(&self.output[..written])));
            }
            match (read, input.is_empty()) {
                (0, true) => return Ok(None),
                (0, false) => return Err(Fault::Broken("something stands behind the end of the coded body")),
                _ => {}
            }
        }
    }

    /// Judges the end of the input. No byte at all is an empty body: servers send that under any coding.
    pub fn end(&self) -> Result<(), Fault> {
        if self.encoded == 0 || self.engine.is_whole() { Ok(()) } else { Err(Fault::Broken("the coded body ends before it is whole")) }
    }

    fn count(&mut self, written: usize) -> Result<(), Fault> {
        self.decoded += written as u64;
        if self.decoded > self.bounds.decoded {
            return Err(Fault::Size(self.bounds.decoded));
        }
        let most = self.encoded.saturating_mul(self.bounds.ratio);
        if self.decoded > RATIO_FROM && self.decoded > most { Err(Fault::Ratio(self.bounds.ratio)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;

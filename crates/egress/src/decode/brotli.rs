//! Brotli (RFC 7932): one stream, windows of the standard's size alone, which is at most 16 MiB.

use super::{Engine, Fault, Step};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

pub(super) struct Brotli {
    state: Box<State>,
    ended: bool,
}

impl Brotli {
    pub fn new() -> Self {
        // Strict: the "large window" that others offer is no part of the coding, and takes up to 1 GiB.
        let state = BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
        Self { state: Box::new(state), ended: false }
    }
}

impl Engine for Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        if self.ended {
            return Ok(Step { read: 0, written: 0 });
        }
        let (mut unread, mut read) = (input.len(), 0);
        let (mut room, mut written, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream(&mut unread, &mut read, input, &mut room, &mut written, output, &mut total, &mut self.state);
        match result {
            BrotliResult::ResultFailure => return Err(Fault::Broken("the body is no brotli stream")),
            BrotliResult::ResultSuccess => self.ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Step { read, written })
    }

    fn is_whole(&self) -> bool {
        self.ended
    }
}

//! Zstandard (RFC 8878): frames one after another, windows of at most 8 MiB as RFC 9659 asks of this coding.

use super::{Engine, Fault, MEMBERS, Step};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

/// 8 MiB, as a power of two.
const WINDOW_LOG: u32 = 23;

pub(super) struct Zstd {
    context: DCtx<'static>,
    /// Whether the last frame has ended and none began since.
    between: bool,
    frames: u32,
}

impl Zstd {
    pub fn new() -> Result<Self, Fault> {
        let mut context = DCtx::try_create().ok_or(Fault::Broken("no memory for zstd"))?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(fault)?;
        Ok(Self { context, between: false, frames: 0 })
    }
}

impl Engine for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        // Asked without input between frames, the library would begin another one.
        if self.between && input.is_empty() {
            return Ok(Step { read: 0, written: 0 });
        }
        let (mut source, mut sink) = (InBuffer::around(input), OutBuffer::around(output));
        let wanted = self.context.decompress_stream(&mut sink, &mut source).map_err(fault)?;
        let step = Step { read: source.pos(), written: sink.pos() };
        self.between = wanted == 0;
        if self.between {
            self.frames += 1;
        }
        if self.frames > MEMBERS { Err(Fault::Broken("the body has too many zstd frames")) } else { Ok(step) }
    }

    fn is_whole(&self) -> bool {
        self.between
    }
}

fn fault(code: zstd_safe::ErrorCode) -> Fault {
    Fault::Broken(zstd_safe::get_error_name(code))
}

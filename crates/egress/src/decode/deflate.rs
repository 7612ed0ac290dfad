//! `deflate`, which means zlib (RFC 1950); some servers send bare deflate (RFC 1951) under that name, and browsers take it.

use super::{Engine, Fault, Step};
use flate2::{Decompress, FlushDecompress, Status};

pub(super) enum Deflate {
    /// The first two bytes tell which of the two it is.
    Unknown(Option<u8>),
    Running(Decompress),
    Ended,
}

impl Deflate {
    pub fn new() -> Self {
        Self::Unknown(None)
    }

    /// Begins with the first byte; alone it cannot come to any output: the shortest block takes ten bits.
    fn begin(first: u8, second: u8) -> Result<Self, Fault> {
        let is_zlib = first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
        let mut inflate = Decompress::new(is_zlib);
        inflate_step(&mut inflate, &[first], &mut [0; 8])?;
        Ok(Self::Running(inflate))
    }
}

impl Engine for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        match (&mut *self, input) {
            (Self::Ended, _) | (Self::Unknown(_), []) => Ok(Step { read: 0, written: 0 }),
            (Self::Unknown(None), [first, ..]) => {
                *self = Self::Unknown(Some(*first));
                Ok(Step { read: 1, written: 0 })
            }
            (Self::Unknown(Some(first)), [second, ..]) => {
                *self = Self::begin(*first, *second)?;
                self.step(input, output)
            }
            (Self::Running(inflate), _) => {
                let (step, status) = inflate_step(inflate, input, output)?;
                if status == Status::StreamEnd {
                    *self = Self::Ended;
                }
                Ok(step)
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Ended)
    }
}

/// One step of inflating, for gzip too.
pub(super) fn inflate_step(inflate: &mut Decompress, input: &[u8], output: &mut [u8]) -> Result<(Step, Status), Fault> {
    let before = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, output, FlushDecompress::None);
    let status = status.map_err(|_| Fault::Broken("the body is no deflated data"))?;
    let count = |after: u64, before: u64| usize::try_from(after - before).unwrap_or(usize::MAX);
    Ok((Step { read: count(inflate.total_in(), before.0), written: count(inflate.total_out(), before.1) }, status))
}

//! gzip (RFC 1952): members one after another, each with its head read here and its check held against what came out.

use super::deflate::inflate_step;
use super::{Engine, Fault, MEMBERS, Step};
use flate2::{Crc, Decompress, Status};

/// Bits of a member's flags; those above are reserved.
const HEAD_CHECK: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

pub(super) struct Gzip {
    place: Place,
    inflate: Decompress,
    /// Of what came out of this member.
    check: Crc,
    members: u32,
}

enum Place {
    /// Between members, or before the first.
    Between,
    Head(Head),
    Data,
    /// The check and the length, as far as they have come.
    Tail([u8; 8], usize),
}

impl Gzip {
    pub fn new() -> Self {
        Self { place: Place::Between, inflate: Decompress::new(false), check: Crc::new(), members: 0 }
    }

    fn head(&mut self, input: &[u8]) -> Result<Step, Fault> {
        let Place::Head(head) = &mut self.place else { return Ok(Step { read: 0, written: 0 }) };
        for (at, byte) in input.iter().enumerate() {
            if head.take(*byte)? == Part::End {
                self.place = Place::Data;
                self.inflate.reset(false);
                self.check.reset();
                return Ok(Step { read: at + 1, written: 0 });
            }
        }
        Ok(Step { read: input.len(), written: 0 })
    }

    fn data(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let (step, status) = inflate_step(&mut self.inflate, input, output)?;
        self.check.update(&output[..step.written]);
        if status == Status::StreamEnd {
            self.place = Place::Tail([0; 8], 0);
            // A step that moves nothing would say that more input is needed.
            if step.read == 0 && step.written == 0 {
                return self.step(input, output);
            }
        }
        Ok(step)
    }

    fn tail(&mut self, input: &[u8]) -> Result<Step, Fault> {
        let Place::Tail(tail, filled) = &mut self.place else { return Ok(Step { read: 0, written: 0 }) };
        let read = input.len().min(tail.len() - *filled);
        tail[*filled..*filled + read].copy_from_slice(&input[..read]);
        *filled += read;
        if *filled == tail.len() {
            let [a, b, c, d, length @ ..] = *tail;
            if u32::from_le_bytes([a, b, c, d]) != self.check.sum() || u32::from_le_bytes(length) != self.check.amount() {
                return Err(Fault::Broken("the gzip body fails its check"));
            }
            self.place = Place::Between;
        }
        Ok(Step { read, written: 0 })
    }
}

impl Engine for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        match self.place {
            Place::Between if input.is_empty() => Ok(Step { read: 0, written: 0 }),
            Place::Between if self.members == MEMBERS => Err(Fault::Broken("the body has too many gzip members")),
            Place::Between => {
                self.members += 1;
                self.place = Place::Head(Head::new());
                self.head(input)
            }
            Place::Head(_) => self.head(input),
            Place::Data => self.data(input, output),
            Place::Tail(..) => self.tail(input),
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.place, Place::Between) && self.members > 0
    }
}

/// A member's head, read byte by byte: nothing of it is kept, so a long name costs nothing.
struct Head {
    part: Part,
    flags: u8,
    check: Crc,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The ten bytes that every head has.
    Fixed(usize),
    ExtraLength(Option<u8>),
    Extra(u16),
    Name,
    Comment,
    Check(Option<u8>),
    End,
}

impl Head {
    fn new() -> Self {
        Self { part: Part::Fixed(0), flags: 0, check: Crc::new() }
    }

    /// Takes one byte, and says which part comes next.
    fn take(&mut self, byte: u8) -> Result<Part, Fault> {
        let checked = self.check.sum().to_le_bytes();
        self.check.update(&[byte]);
        self.part = match self.part {
            Part::Fixed(at) => self.fixed(at, byte)?,
            Part::ExtraLength(None) => Part::ExtraLength(Some(byte)),
            Part::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.after(EXTRA),
                length => Part::Extra(length),
            },
            Part::Extra(1) => self.after(EXTRA),
            Part::Extra(left) => Part::Extra(left - 1),
            Part::Name if byte == 0 => self.after(NAME),
            Part::Comment if byte == 0 => self.after(COMMENT),
            part @ (Part::Name | Part::Comment) => part,
            // The check of the head is the lower half of the one over all that stands before it.
            Part::Check(None) if byte == checked[0] => Part::Check(Some(checked[1])),
            Part::Check(Some(second)) if byte == second => Part::End,
            Part::Check(_) => return Err(Fault::Broken("the head of a gzip member fails its check")),
            Part::End => Part::End,
        };
        Ok(self.part)
    }

    fn fixed(&mut self, at: usize, byte: u8) -> Result<Part, Fault> {
        let fits = match at {
            0 => byte == 0x1f,
            1 => byte == 0x8b,
            2 => byte == 8,
            3 => byte & RESERVED == 0,
            _ => true,
        };
        if !fits {
            return Err(Fault::Broken("the body is no gzip member, or something stands behind its last one"));
        }
        if at == 3 {
            self.flags = byte;
        }
        Ok(if at == 9 { self.after(0) } else { Part::Fixed(at + 1) })
    }

    /// The part behind the one that has this flag: they stand in the order of extra, name, comment, check.
    fn after(&self, flag: u8) -> Part {
        let has = |next: u8| flag < next && self.flags & next != 0;
        if has(EXTRA) {
            Part::ExtraLength(None)
        } else if has(NAME) {
            Part::Name
        } else if has(COMMENT) {
            Part::Comment
        } else if self.flags & HEAD_CHECK != 0 {
            Part::Check(None)
        } else {
            Part::End
        }
    }
}

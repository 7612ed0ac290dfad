//! Pieces become messages (RFC 6455, 5.4): one at a time, under the cap, text checked as it comes.

use super::Message;
use super::fault::Fault;
use bytes::{Bytes, BytesMut};

/// A message under way, or none.
pub(super) struct Assembly {
    cap: usize,
    partial: Option<Partial>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Binary,
}

struct Partial {
    kind: Kind,
    data: BytesMut,
    /// How much of a text is known to be UTF-8.
    checked: usize,
}

impl Assembly {
    pub fn new(cap: usize) -> Self {
        Self { cap, partial: None }
    }

    /// A frame that begins a message; `last` if it is the whole of it.
    pub fn begin(&mut self, kind: Kind, payload: Bytes, last: bool) -> Result<Option<Message>, Fault> {
        if self.partial.is_some() {
            return Err(Fault::Protocol("a message within another one"));
        }
        if last {
            self.bounded(payload.len())?;
            return whole(kind, payload).map(Some);
        }
        self.partial = Some(Partial { kind, data: BytesMut::new(), checked: 0 });
        self.go_on(&payload, false)
    }

    /// A frame that continues one.
    pub fn go_on(&mut self, payload: &[u8], last: bool) -> Result<Option<Message>, Fault> {
        let Some(mut partial) = self.partial.take() else { return Err(Fault::Protocol("a piece of no message")) };
        self.bounded(partial.data.len() + payload.len())?;
        partial.data.extend_from_slice(payload);
        if last {
            return whole(partial.kind, partial.data.freeze()).map(Some);
        }
        partial.check()?;
        self.partial = Some(partial);
        Ok(None)
    }

    fn bounded(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.cap { Err(Fault::MessageSize(self.cap)) } else { Ok(()) }
    }
}

impl Partial {
    /// Refuses a text as soon as no end could make it UTF-8; a character may be cut in two.
    fn check(&mut self) -> Result<(), Fault> {
        if self.kind == Kind::Binary {
            return Ok(());
        }
        match std::str::from_utf8(&self.data[self.checked..]) {
            Ok(_) => self.checked = self.data.len(),
            Err(cut) if cut.error_len().is_none() => self.checked += cut.valid_up_to(),
            Err(_) => return Err(Fault::NotUtf8),
        }
        Ok(())
    }
}

fn whole(kind: Kind, data: Bytes) -> Result<Message, Fault> {
    match kind {
        Kind::Binary => Ok(Message::Binary(data)),
        Kind::Text => String::from_utf8(data.into()).map(Message::Text).map_err(|_| Fault::NotUtf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(data: &'static [u8]) -> Bytes {
        Bytes::from_static(data)
    }

    #[test]
    fn pieces_become_one_message_and_a_character_may_be_cut() {
        let mut assembly = Assembly::new(10);
        assert_eq!(assembly.begin(Kind::Text, bytes(b"a\xe2"), false), Ok(None));
        assert_eq!(assembly.go_on(b"\x82", false), Ok(None));
        assert_eq!(assembly.go_on(b"\xac", true), Ok(Some(Message::Text("a\u{20ac}".to_owned()))));
        assert_eq!(assembly.begin(Kind::Binary, bytes(b"\xff"), true), Ok(Some(Message::Binary(bytes(b"\xff")))));
    }

    #[test]
    fn text_that_cannot_become_utf_8_is_refused_at_once() {
        assert_eq!(Assembly::new(10).begin(Kind::Text, bytes(b"a\xff"), false), Err(Fault::NotUtf8));
        assert_eq!(Assembly::new(10).begin(Kind::Text, bytes(b"a\xe2"), true), Err(Fault::NotUtf8));
    }

    #[test]
    fn pieces_out_of_place_and_over_the_cap_are_refused() {
        assert!(Assembly::new(10).go_on(b"a", true).is_err());
        let mut assembly = Assembly::new(10);
        assert_eq!(assembly.begin(Kind::Binary, bytes(b"12345"), false), Ok(None));
        assert!(assembly.begin(Kind::Binary, bytes(b""), true).is_err());
        assert_eq!(assembly.go_on(b"678901", false), Err(Fault::MessageSize(10)));
    }
}

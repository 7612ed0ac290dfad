//! The little of the DNS message format (RFC 1035, section 4) that a server with one question a message needs.

use super::{Kind, Record};
use std::net::IpAddr;

/// The question of a message, with what must be repeated in its answer.
pub(super) struct Question {
    /// As it was spelled, without the last dot.
    pub name: String,
    /// The type asked for.
    pub kind: Kind,
    id: [u8; 2],
    recursion_desired: bool,
    /// The question section as it came, letter case included: resolvers check that it comes back.
    section: Vec<u8>,
    /// Whether the client said by EDNS that it takes more than 512 bytes over UDP.
    extended: bool,
}

/// Response codes (RFC 1035, 4.1.1).
#[derive(Clone, Copy)]
pub(super) enum Code {
    NoError = 0,
    ServerFailure = 2,
    NoSuchName = 3,
}

const HEADER: usize = 12;
const INTERNET: u16 = 1;
const CNAME: u16 = 5;

impl Question {
    /// `None` for what is no query with exactly one uncompressed question.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let header = message.get(..HEADER)?;
        let is_query = header[2] & 0x80 == 0;
        if !is_query || header[4..6] != [0, 1] {
            return None;
        }
        let (name, end) = read_name(message, HEADER)?;
        let kind = u16::from_be_bytes(message.get(end..end + 2)?.try_into().ok()?);
        Some(Self {
            name,
            kind: Kind::from_number(kind),
            id: [header[0], header[1]],
            recursion_desired: header[2] & 0x01 != 0,
            section: message.get(HEADER..end + 4)?.to_vec(),
            extended: header[10..12] != [0, 0],
        })
    }

    /// The whole answer; over UDP one that is too long is emptied and marked as truncated.
    pub(super) fn answer(&self, code: Code, records: &[(String, Record)], ttl: u32, whole: bool) -> Vec<u8> {
        let full = self.message(code, records, ttl, false);
        let room = if self.extended { 1232 } else { 512 };
        if whole || full.len() <= room { full } else { self.message(code, &[], ttl, true) }
    }

    /// An answer whose question has its letters in the other case, over UDP.
    pub(super) fn recased(&self, records: &[(String, Record)], ttl: u32, whole: bool) -> Vec<u8> {
        let mut message = self.answer(Code::NoError, records, ttl, whole);
        if !whole {
            let letters = message[HEADER..HEADER + self.section.len() - 4].iter_mut().filter(|byte| byte.is_ascii_alphabetic());
            letters.for_each(|letter| *letter ^= 0x20);
        }
        message
    }

    /// An answer that says only that the whole one must be asked for over TCP.
    pub(super) fn truncated(&self, ttl: u32) -> Vec<u8> {
        self.message(Code::NoError, &[], ttl, true)
    }

    fn message(&self, code: Code, records: &[(String, Record)], ttl: u32, truncated: bool) -> Vec<u8> {
        let mut message = self.id.to_vec();
        message.push(0x80 | (u8::from(truncated) << 1) | u8::from(self.recursion_desired));
        message.push(0x80 | code as u8);
        let answers = u16::try_from(records.len()).unwrap();
        for count in [1, answers, 0, 0] {
            message.extend(count.to_be_bytes());
        }
        message.extend(&self.section);
        for (owner, record) in records {
            write_record(&mut message, owner, record, ttl);
        }
        message
    }
}

impl Kind {
    fn from_number(number: u16) -> Self {
        match number {
            1 => Self::A,
            28 => Self::Aaaa,
            other => Self::Other(other),
        }
    }
}

fn read_name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        match length {
            0 => return Some((labels.join("."), at)),
            1..=63 => labels.push(String::from_utf8(message.get(at..at + length)?.to_vec()).ok()?),
            // A pointer. Questions have none.
            _ => return None,
        }
        at += length;
    }
}

fn write_record(message: &mut Vec<u8>, owner: &str, record: &Record, ttl: u32) {
    let (number, data) = match record {
        Record::Address(IpAddr::V4(address)) => (1, address.octets().to_vec()),
        Record::Address(IpAddr::V6(address)) => (28, address.octets().to_vec()),
        Record::Alias(target) => (CNAME, name(target)),
    };
    message.extend(name(owner));
    message.extend(u16::to_be_bytes(number));
    message.extend(INTERNET.to_be_bytes());
    message.extend(ttl.to_be_bytes());
    message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    message.extend(data);
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        assert!(label.len() < 64, "{label:?} is too long for a label");
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

//! Whether a response's head can be read in one way only (RFC 9112, 2 to 6). Pure: bytes in, a fault or nothing out.
//!
//! Line by line and in one scan; only a line that has not ended yet is kept. What this lets through the library still
//! parses: nothing is taken from here but the verdict.

/// How much of heads there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes of one head, status line and blank line included.
    pub head: usize,
    /// Fields of one head.
    pub fields: usize,
    /// Informational responses before the final one.
    pub informational: u32,
}

/// Why a response is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The head has no one reading.
    #[error("{0}")]
    Malformed(&'static str),
    /// The head is over this many bytes or fields.
    #[error("the head is over {0} bytes or {1} fields")]
    HeadSize(usize, usize),
    /// There are more than this many informational responses.
    #[error("over {0} informational responses")]
    Informational(u32),
}

/// Follows the heads of one connection.
#[derive(Debug)]
pub(crate) struct Judge {
    bounds: Bounds,
    place: Place,
    head: Head,
    /// The beginning of a line whose end has not come.
    held: Vec<u8>,
    informational: u32,
}

#[derive(Debug)]
enum Place {
    Head,
    /// Behind the head of a final response: nothing is looked at.
    Beyond,
    Refused(Fault),
}

/// What a head has said so far.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    fields: usize,
    status: Option<Status>,
    length: Option<u64>,
    chunked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Status {
    code: u16,
    /// HTTP/1.0, which knows no transfer codings.
    old: bool,
}

impl Judge {
    /// A judge who expects a head.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, place: Place::Head, head: Head::default(), held: Vec::new(), informational: 0 }
    }

    /// The next byte begins a head. A connection that was refused stays so.
    pub fn expect_head(&mut self) {
        if let Place::Beyond = self.place {
            (self.place, self.informational) = (Place::Head, 0);
        }
    }

    /// Judges what of `bytes` belongs to heads.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let judged = match &self.place {
            Place::Beyond => Ok(()),
            Place::Refused(fault) => Err(fault.clone()),
            Place::Head => self.lines(bytes),
        };
        if let Err(fault) = &judged {
            self.place = Place::Refused(fault.clone());
        }
        judged
    }

    fn lines(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while let Place::Head = self.place {
            let end = memchr::memchr(b'\n', bytes).map(|at| at + 1);
            let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.head.bytes += line.len();
            if self.head.bytes > self.bounds.head {
                return Err(self.too_large());
            }
            match (end, self.held.is_empty()) {
                (None, _) => {
                    self.held.extend_from_slice(line);
                    return Ok(());
                }
                (Some(_), true) => self.line(line)?,
                (Some(_), false) => {
                    let mut whole = std::mem::take(&mut self.held);
                    whole.extend_from_slice(line);
                    self.line(&whole)?;
                }
            }
            bytes = rest;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Fault> {
        let line = line.strip_suffix(b"\r\n").ok_or(Fault::Malformed("a line of the head ends with a line feed alone"))?;
        match (self.head.status, line) {
            (None, line) => self.head.status = Some(status(line)?),
            (Some(status), []) => self.end(status)?,
            (Some(_), line) => self.field(line)?,
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.head.fields += 1;
        if self.head.fields > self.bounds.fields {
            return Err(self.too_large());
        }
        let (name, value) = field(line)?;
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = number(value).ok_or(Fault::Malformed("Content-Length is not a number"))?;
            if self.head.length.replace(length).is_some() {
                return Err(Fault::Malformed("the head has Content-Length more than once"));
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.head.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Fault::Malformed("Transfer-Encoding is not chunked, once"));
            }
            self.head.chunked = true;
        }
        Ok(())
    }

    /// The blank line: what the head says as a whole.
    fn end(&mut self, status: Status) -> Result<(), Fault> {
        let head = std::mem::take(&mut self.head);
        let informational = status.code < 200;
        match (head.length, head.chunked) {
            (Some(_), true) => return Err(Fault::Malformed("the head has both Content-Length and Transfer-Encoding")),
            (_, true) if status.old => return Err(Fault::Malformed("a response of HTTP/1.0 has Transfer-Encoding")),
            (_, true) if informational || status.code == 204 => {
                return Err(Fault::Malformed("a response that has no body has Transfer-Encoding"));
            }
            (Some(1..), _) if informational || status.code == 204 => {
                return Err(Fault::Malformed("a response that has no body has a length"));
            }
            (_, _) => {}
        }
        // 101 is final: nothing of HTTP follows it.
        if !informational || status.code == 101 {
            self.place = Place::Beyond;
            return Ok(());
        }
        self.informational += 1;
        if self.informational > self.bounds.informational { Err(Fault::Informational(self.bounds.informational)) } else { Ok(()) }
    }

    fn too_large(&self) -> Fault {
        Fault::HeadSize(self.bounds.head, self.bounds.fields)
    }
}

/// `HTTP/1.1 200 Reason`. Some servers leave out the space together with the reason.
fn status(line: &[u8]) -> Result<Status, Fault> {
    let bad = Fault::Malformed("the status line is none of HTTP/1");
    let (old, rest) = match (line.strip_prefix(b"HTTP/1.1 "), line.strip_prefix(b"HTTP/1.0 ")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Err(bad),
    };
    let ([a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', reason @ ..], digit) = (rest, |digit: u8| u16::from(digit - b'0')) else {
        return Err(bad);
    };
    let spaced = matches!(reason, [] | [b' ', ..]);
    if !spaced || !reason.iter().copied().all(is_text) {
        return Err(bad);
    }
    Ok(Status { code: digit(*a) * 100 + digit(*b) * 10 + digit(*c), old })
}

/// Name and value of one field.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    if matches!(line, [b' ' | b'\t', ..]) {
        return Err(Fault::Malformed("a field goes on in a second line"));
    }
    let colon = memchr::memchr(b':', line).ok_or(Fault::Malformed("a line of the head has no colon"))?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() || !name.iter().all(|byte| TOKEN[usize::from(*byte)]) {
        return Err(Fault::Malformed("a field's name has characters that names do not have"));
    }
    if !value.iter().copied().all(is_text) {
        return Err(Fault::Malformed("a field's value has a control character"));
    }
    Ok((name, value.trim_ascii()))
}

/// Which bytes a name may have (RFC 9110, 5.6.2). A table, since every byte of every head passes here.
static TOKEN: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0_u8);
    loop {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// Whatever may stand in a value or a reason: no control character but the tab.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Digits alone: `+5`, `0x5`, `5, 5` and nothing at all are no lengths.
fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests;

//! Attempts as the file has them: those that are written together are one BLOB, a pack. What SQLite takes for a row, it takes for a
//! pack; an attempt costs its bytes.
//!
//! The first byte is the form, 1. Then come the attempts, each with its texts, its numbers and two lists of names, in the order of
//! [`texts`] and [`numbers`]. A number has seven bits in each byte, the lowest first, and the highest bit on every byte but its
//! last. A text is a number, 0 for none, 1 for that of the attempt before, or its length and two, with its bytes in UTF-8. A list
//! is the number of its names and these, each with its length. A number that may be missing is kept as one more than it is, or 0.
//!
//! Reading is total: bytes that no attempts were packed into are damaged, and nothing more is said of them.

use super::{Attempt, Ended, Others, Timings};
use crate::clock;
use std::time::Duration;

/// The form that is written.
const FORM: u8 = 1;
/// How many texts an attempt has.
const TEXTS: usize = 18;
/// How many numbers an attempt has.
const NUMBERS: usize = 17;

/// Puts attempts behind one another.
pub fn pack(attempts: &[&Attempt], pack: &mut Vec<u8>) {
    pack.push(FORM);
    let mut before = [None; TEXTS];
    for attempt in attempts {
        let texts = texts(attempt);
        for (text, before) in texts.into_iter().zip(before) {
            put_text(pack, text, before);
        }
        numbers(attempt).into_iter().for_each(|number| put_number(pack, number));
        put_names(pack, &attempt.secrets);
        put_names(pack, &attempt.echoed);
        before = texts;
    }
}

/// Takes a pack of so many attempts apart; nothing if it is damaged.
pub fn unpack(pack: &[u8], count: usize) -> Option<Vec<Row<'_>>> {
    let mut left = Left(pack.strip_prefix(&[FORM])?);
    let mut before = [None; TEXTS];
    // Each takes a byte at least, so that a count without end comes to one.
    let rows = (0..count).map(|_| {
        let row = left.row(&before)?;
        before = row.texts;
        Some(row)
    });
    let rows = rows.collect::<Option<Vec<Row<'_>>>>()?;
    left.0.is_empty().then_some(rows)
}

/// One attempt of a pack, with its texts where they lie: most are looked at and not taken.
pub struct Row<'a> {
    texts: [Option<&'a str>; TEXTS],
    numbers: [u64; NUMBERS],
    secrets: Vec<&'a str>,
    echoed: Vec<&'a str>,
}

fn texts(attempt: &Attempt) -> [Option<&str>; TEXTS] {
    [
        Some(&attempt.app),
        attempt.host.as_deref(),
        attempt.code.as_deref(),
        Some(&attempt.call),
        Some(&attempt.invocation),
        Some(&attempt.function),
        attempt.door.as_deref(),
        Some(&attempt.method),
        attempt.scheme.as_deref(),
        attempt.route.as_deref(),
        attempt.path.as_deref(),
        attempt.rule.as_deref(),
        attempt.words.as_deref(),
        attempt.change.as_deref(),
        attempt.reported.as_deref(),
        attempt.address.as_deref(),
        attempt.cache.as_deref(),
        attempt.hook.as_deref(),
    ]
}

fn numbers(attempt: &Attempt) -> [u64; NUMBERS] {
    let Timings { queue, dns, connect, tls, first_byte } = attempt.timings;
    let part = |part: Option<Duration>| optional(part.map(micros));
    [
        clock::kept(attempt.time).unsigned_abs(),
        Ended::ALL.iter().position(|ended| *ended == attempt.ended).unwrap_or_default() as u64,
        attempt.hop.into(),
        attempt.retries.into(),
        optional(attempt.port.map(u64::from)),
        optional(attempt.status.map(u64::from)),
        attempt.reused.into(),
        attempt.cached.into(),
        attempt.sent,
        attempt.received,
        micros(attempt.took),
        part(queue),
        part(dns),
        part(connect),
        part(tls),
        part(first_byte),
        attempt.weight.into(),
    ]
}

impl Row<'_> {
    /// When it began, in milliseconds since 1970.
    pub fn time(&self) -> i64 {
        i64::try_from(self.numbers[0]).unwrap_or(i64::MAX)
    }

    /// How it ended, if that can be read.
    pub fn ended(&self) -> Option<Ended> {
        Ended::ALL.get(usize::try_from(self.numbers[1]).ok()?).copied()
    }

    /// The app.
    pub fn app(&self) -> Option<&str> {
        self.texts[0]
    }

    /// The host.
    pub fn host(&self) -> Option<&str> {
        self.texts[1]
    }

    /// The dotted code.
    pub fn code(&self) -> Option<&str> {
        self.texts[2]
    }

    /// The ids of the call and of the invocation.
    pub fn ids(&self) -> [Option<&str>; 2] {
        [self.texts[3], self.texts[4]]
    }

    /// The attempt; nothing if it is damaged.
    pub fn attempt(&self) -> Option<Attempt> {
        let [
            app,
            host,
            code,
            call,
            invocation,
            function,
            door,
            method,
            scheme,
            route,
            path,
            rule,
            words,
            change,
            reported,
            address,
            cache,
            hook,
        ] = self.texts;
        let [_, _, hop, retries, port, status, reused, cached, sent, received, took, queue, dns, connect, tls, first_byte, weight] =
            self.numbers;
        let word = |text: Option<&str>| text.map(|text| text.to_owned().into());
        let part = |part: u64| part.checked_sub(1).map(Duration::from_micros);
        Some(Attempt {
            time: clock::time(self.time()),
            call: call?.into(),
            hop: hop.try_into().ok()?,
            app: app?.into(),
            function: function?.into(),
            invocation: invocation?.into(),
            door: word(door),
            method: method?.to_owned().into(),
            scheme: word(scheme),
            host: host.map(Into::into),
            port: port.checked_sub(1).map(u16::try_from).transpose().ok()?,
            route: route.map(Into::into),
            path: path.map(str::to_owned),
            rule: word(rule),
            ended: self.ended()?,
            code: word(code),
            words: words.map(str::to_owned),
            change: change.map(str::to_owned),
            reported: word(reported),
            address: address.map(str::to_owned),
            reused: flag(reused)?,
            cached: flag(cached)?,
            cache: word(cache),
            hook: hook.map(Into::into),
            retries: retries.try_into().ok()?,
            status: status.checked_sub(1).map(u16::try_from).transpose().ok()?,
            sent,
            received,
            took: Duration::from_micros(took),
            timings: Timings { queue: part(queue), dns: part(dns), connect: part(connect), tls: part(tls), first_byte: part(first_byte) },
            secrets: owned(&self.secrets),
            echoed: owned(&self.echoed),
            weight: weight.try_into().ok()?,
            others: Others::default(),
        })
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(str::to_owned).collect()
}

fn flag(number: u64) -> Option<bool> {
    (number <= 1).then_some(number == 1)
}

fn optional(number: Option<u64>) -> u64 {
    number.map_or(0, |number| number.saturating_add(1))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn put_number(pack: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        pack.push(number as u8 | 0x80);
        number >>= 7;
    }
    pack.push(number as u8);
}

fn put_text(pack: &mut Vec<u8>, text: Option<&str>, before: Option<&str>) {
    match text {
        None => pack.push(0),
        Some(_) if text == before => pack.push(1),
        Some(text) => {
            put_number(pack, text.len() as u64 + 2);
            pack.extend_from_slice(text.as_bytes());
        }
    }
}

fn put_names(pack: &mut Vec<u8>, names: &[String]) {
    put_number(pack, names.len() as u64);
    for name in names {
        put_number(pack, name.len() as u64);
        pack.extend_from_slice(name.as_bytes());
    }
}

/// What is left of a pack that is read.
struct Left<'a>(&'a [u8]);

impl<'a> Left<'a> {
    fn row(&mut self, before: &[Option<&'a str>; TEXTS]) -> Option<Row<'a>> {
        let (mut texts, mut numbers) = (*before, [0; NUMBERS]);
        for text in &mut texts {
            *text = self.text(*text)?;
        }
        for number in &mut numbers {
            *number = self.number()?;
        }
        Some(Row { texts, numbers, secrets: self.names()?, echoed: self.names()? })
    }

    /// The outer nothing is a damage, the inner one that there is no text.
    fn text(&mut self, before: Option<&'a str>) -> Option<Option<&'a str>> {
        match self.number()? {
            0 => Some(None),
            1 => before.map(Some),
            more => self.bytes(more - 2).map(Some),
        }
    }

    fn names(&mut self) -> Option<Vec<&'a str>> {
        let count = self.number()?;
        (0..count).map(|_| self.number().and_then(|length| self.bytes(length))).collect()
    }

    fn bytes(&mut self, length: u64) -> Option<&'a str> {
        let (bytes, left) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = left;
        str::from_utf8(bytes).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, left) = self.0.split_first()?;
            self.0 = left;
            let part = u64::from(byte & 0x7f);
            // What has no place in 64 bits is no number of ours.
            number |= (part << shift >> shift == part).then_some(part << shift)?;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;

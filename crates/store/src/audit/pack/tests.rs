//! What is packed is unpacked the same, and no bytes do harm.

use super::{Others, Row, Timings, pack, unpack};
use crate::{Attempt, Ended};
use std::time::{Duration, SystemTime};

/// Numbers in no order, but the same ones for each seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| value(self))
    }

    /// Small, large and largest ones.
    fn number(&mut self) -> u64 {
        let bits = self.below(65) as u32;
        self.roll().checked_shr(bits).unwrap_or_default()
    }

    /// One of few, so that some come twice in a row; empty ones, long ones, and more than ASCII.
    fn text(&mut self) -> String {
        ["", "GET", "a.test", "grüße, 鷺", &"x".repeat(200)][self.below(5) as usize].to_owned()
    }

    fn micros(&mut self) -> Duration {
        Duration::from_micros(self.number() >> 1)
    }

    fn names(&mut self) -> Vec<String> {
        (0..self.below(3)).map(|_| self.text()).collect()
    }

    fn attempt(&mut self) -> Attempt {
        Attempt {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(self.number() >> 12),
            call: self.text().into(),
            hop: self.roll() as u8,
            app: self.text().into(),
            function: self.text().into(),
            invocation: self.text().into(),
            door: self.maybe(Self::text).map(Into::into),
            method: self.text().into(),
            scheme: self.maybe(Self::text).map(Into::into),
            host: self.maybe(Self::text).map(Into::into),
            port: self.maybe(|dice| dice.roll() as u16),
            route: self.maybe(Self::text).map(Into::into),
            path: self.maybe(Self::text),
            rule: self.maybe(Self::text).map(Into::into),
            ended: Ended::ALL[self.below(4) as usize],
            code: self.maybe(Self::text).map(Into::into),
            words: self.maybe(Self::text),
            change: self.maybe(Self::text),
            reported: self.maybe(Self::text).map(Into::into),
            address: self.maybe(Self::text),
            reused: self.below(2) == 0,
            cached: self.below(2) == 0,
            cache: self.maybe(Self::text).map(Into::into),
            hook: self.maybe(Self::text).map(Into::into),
            retries: self.roll() as u8,
            status: self.maybe(|dice| dice.roll() as u16),
            sent: self.number(),
            received: self.number(),
            took: self.micros(),
            timings: Timings {
                queue: self.maybe(Self::micros),
                dns: self.maybe(Self::micros),
                connect: self.maybe(Self::micros),
                tls: self.maybe(Self::micros),
                first_byte: self.maybe(Self::micros),
            },
            secrets: self.names(),
            echoed: self.names(),
            weight: self.roll() as u32,
            others: Others::default(),
        }
    }

    fn attempts(&mut self) -> Vec<Attempt> {
        (0..self.below(9)).map(|_| self.attempt()).collect()
    }
}

fn packed(attempts: &[Attempt]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pack(&attempts.iter().collect::<Vec<_>>(), &mut bytes);
    bytes
}

#[test]
fn what_was_packed_is_unpacked_the_same() {
    let mut dice = Dice(1);
    for _ in 0..1_000 {
        let attempts = dice.attempts();
        let bytes = packed(&attempts);
        let read: Option<Vec<Attempt>> = unpack(&bytes, attempts.len()).unwrap().iter().map(Row::attempt).collect();
        assert_eq!(read.unwrap(), attempts);
    }
}

#[test]
fn a_text_that_comes_again_costs_a_byte() {
    let mut one = Dice(3).attempt();
    one.words = Some("x".repeat(4_000));
    let (first, both) = (packed(&[one.clone()]).len(), packed(&[one.clone(), one]).len());
    assert!(first > 4_000 && both - first < 400, "{first} {both}");
}

#[test]
fn a_pack_that_is_shorter_longer_or_of_another_form_is_damaged() {
    let attempts = [Dice(5).attempt(), Dice(6).attempt()];
    let bytes = packed(&attempts);
    for end in 0..bytes.len() {
        assert!(unpack(&bytes[..end], 2).is_none(), "{end}");
    }
    assert!(unpack(&[&bytes[..], &[0]].concat(), 2).is_none());
    assert!(unpack(&bytes, 1).is_none() && unpack(&bytes, 3).is_none() && unpack(&bytes, usize::MAX).is_none());
    assert!(unpack(&[&[2], &bytes[1..]].concat(), 2).is_none());
}

#[test]
fn bytes_that_are_no_pack_are_told_and_never_panic() {
    let mut dice = Dice(7);
    let (mut whole, mut damaged) = (0, 0);
    for _ in 0..20_000 {
        let attempts = dice.attempts();
        let mut bytes = packed(&attempts);
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] = dice.roll() as u8;
        }
        match unpack(&bytes, attempts.len()).and_then(|rows| rows.iter().map(Row::attempt).collect::<Option<Vec<_>>>()) {
            Some(read) => whole += usize::from(read.len() == attempts.len()),
            None => damaged += 1,
        }
    }
    // Some damages make another text or number of one, and no reader can tell those; all others are told.
    assert_eq!(whole + damaged, 20_000);
    assert!(damaged > 5_000, "{damaged}");
    for _ in 0..20_000 {
        let noise: Vec<u8> = [1].into_iter().chain((0..dice.below(200)).map(|_| dice.roll() as u8)).collect();
        unpack(&noise, 1 + dice.below(64) as usize).into_iter().flatten().for_each(|row| drop(row.attempt()));
    }
}

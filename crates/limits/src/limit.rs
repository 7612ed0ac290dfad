//! One limit of the list, and what a value of it must be.

use crate::text;
use crate::value::{Rate, Value};
use std::fmt;

/// One limit.
#[derive(Debug)]
pub struct Limit {
    /// Its stable dotted name.
    pub name: &'static str,
    /// What it bounds, as a sentence.
    pub about: &'static str,
    /// Why the default is what it is, as a sentence.
    pub reason: &'static str,
    /// What counts where nobody has set it.
    pub default: Value,
    /// The least number that it can be: milliseconds, bytes or a count; for a rate, of its calls and of its burst.
    pub least: u64,
    /// The greatest.
    pub most: u64,
    /// What its numbers are.
    pub unit: Unit,
    /// Whether it can be off, which is no limit at all.
    pub can_be_off: bool,
    /// Who may set it; the first one is the widest.
    pub scopes: &'static [Scope],
    /// Whether a change counts while a server runs: for new calls, connections and invocations. Else it counts from the next start on.
    pub live: bool,
    /// What whoever runs into it is told: a code; empty where it makes nothing fail.
    pub code: &'static str,
    /// The key of a manifest's `[limits]` that sets it too; empty for none.
    pub key: &'static str,
    /// Tests that see it enforced.
    pub held_by: &'static [&'static str],
}

/// Whose a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All apps of a server.
    Server,
    /// One app.
    App,
}

/// What a limit's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Time,
    /// Bytes.
    Size,
    /// How many.
    Count,
    /// How often.
    Rate,
}

/// Why a value cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read.
    Form(String),
    /// It is out of range.
    Range(String),
    /// This limit is not set there.
    Scope(String),
    /// It is wider than what binds it.
    Wider(String),
}

impl Limit {
    /// Reads a value as people write it, within the range.
    ///
    /// # Errors
    /// [`Fault::Form`] or [`Fault::Range`], which says the range.
    pub fn read(&self, text: &str) -> Result<Value, Fault> {
        let value = if text == "off" && self.can_be_off { Value::Off } else { text::read(self.unit, text).map_err(Fault::Form)? };
        if self.takes(value) { Ok(value) } else { Err(Fault::Range(format!("{} may be {}", self.name, self.range()))) }
    }

    /// Writes a value so that it is read as the same one.
    #[must_use]
    pub fn write(&self, value: Value) -> String {
        text::write(self.unit, value)
    }

    /// Whether a value is in the range.
    #[must_use]
    pub fn takes(&self, value: Value) -> bool {
        let range = self.least..=self.most;
        match value {
            Value::Off => self.can_be_off,
            Value::Is(number) => self.unit != Unit::Rate && range.contains(&number),
            Value::Rate(Rate { calls, burst, .. }) => {
                self.unit == Unit::Rate && range.contains(&calls.into()) && range.contains(&burst.into())
            }
        }
    }

    /// The range in words: `100ms to 15m`, `1 to 1000000 calls`.
    #[must_use]
    pub fn range(&self) -> String {
        let off = if self.can_be_off { ", or off" } else { "" };
        match self.unit {
            Unit::Rate => format!("{} to {} calls in s, min, h or d, burst alike{off}", self.least, self.most),
            Unit::Time | Unit::Size | Unit::Count => {
                format!("{} to {}{off}", self.write(Value::Is(self.least)), self.write(Value::Is(self.most)))
            }
        }
    }

    /// Whether it can be set there.
    ///
    /// # Errors
    /// [`Fault::Scope`], which says where it is set.
    pub fn has(&self, scope: Scope) -> Result<(), Fault> {
        let words = || format!("{} is a limit of the server, of all apps together; set it without --app", self.name);
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Fault::Scope(words())) }
    }
}

impl Scope {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::App => "app",
        }
    }
}

impl Unit {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Size => "size",
            Self::Count => "count",
            Self::Rate => "rate",
        }
    }

    /// A regular expression, in the common part of ECMA-262 and Rust's `regex`, that every value matches but `off`.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Time => "^[0-9]+(ms|s|m|h)$",
            Self::Size => "^[0-9]+(B|KiB|MiB|GiB)$",
            Self::Count => "^[0-9]+$",
            Self::Rate => "^[0-9]+/(s|min|h|d)( burst [0-9]+)?$",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(words) | Self::Range(words) | Self::Scope(words) | Self::Wider(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Fault {}

//! The words in which the list is written: tables, keys, kinds of values.

use egret_limits::Limit;

/// One table of a manifest; an object in JSON.
#[derive(Debug)]
pub struct Table {
    /// What it is called in the schema.
    pub name: &'static str,
    /// What it is for, as a sentence.
    pub about: &'static str,
    /// Its keys, in the order in which they are told to people.
    pub keys: &'static [Key],
    /// What other keys there may be; `None` where any other key is a fault.
    pub own: Option<Own>,
}

impl Table {
    /// Whether a key is one of the list.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }

    /// The names of its keys, for a message.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// One key of a table.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it means, with unit and range where it has them.
    pub about: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What counts where it is not; `None` where no value says it.
    pub default: Option<Literal>,
    /// What its value may be.
    pub kind: Kind,
}

/// Keys that the author names, with values of one kind.
#[derive(Debug)]
pub struct Own {
    /// The form of the keys.
    pub names: Text,
    /// What each value may be.
    pub of: Kind,
}

/// What a value may be.
#[derive(Debug)]
pub enum Kind {
    /// True or false.
    Flag,
    /// A whole number from the first to the last.
    Number(u32, u32),
    /// A string.
    Text(Text),
    /// A limit of the registry, which has its form, its range and its default.
    Limit(&'static Limit),
    /// One of these strings; each with its meaning.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list with at most so many values.
    List(&'static Kind, Option<usize>),
    /// One of these kinds.
    Either(&'static [Kind]),
    /// Any value that JSON has; a string is JSON text.
    Json,
    /// A table.
    Table(&'static Table),
}

/// The form of a string.
#[derive(Debug)]
pub struct Text {
    /// A regular expression in the common part of ECMA-262 and Rust's `regex`; it accepts every good value, and refuses
    /// only what is surely bad. `None` where every string is good.
    pub pattern: Option<&'static str>,
    /// Good values.
    pub examples: &'static [&'static str],
}

/// A value that stands for an absent one.
#[derive(Debug)]
pub enum Literal {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(u32),
    /// A string.
    Text(&'static str),
    /// An empty list.
    Nothing,
}

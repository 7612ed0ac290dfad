//! Reading a table key by key: a wrong type or an unknown key is a fault with its place, and reading goes on.

use crate::fault::Fault;
use crate::shape::Table;
use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// A value with its place in the file.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// Faults of one file that are kept, at most: nobody reads more, and each costs a walk through the text.
const MAX_FAULTS: usize = 1_000;

/// Collects the faults of one file.
pub(crate) struct Sink<'a> {
    file: &'a Path,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Sink<'a> {
    pub fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default() }
    }

    pub fn report(&self, span: Option<Range<usize>>, key: &str, words: impl Into<String>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MAX_FAULTS {
            faults.push(Fault::in_text(self.file, self.text, span, key, words.into()));
        }
    }

    /// In the order of the file.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.place);
        faults
    }
}

/// One table, read by the list of its keys: a key that is not listed cannot be asked for, and is unknown in the file.
pub(crate) struct Section<'a> {
    pub path: String,
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    shape: &'static Table,
    sink: &'a Sink<'a>,
}

impl<'a> Section<'a> {
    pub fn new(path: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>, shape: &'static Table, sink: &'a Sink<'a>) -> Self {
        Self { path: path.into(), span, table, shape, sink }
    }

    /// The path of a key below this table.
    pub fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn get(&self, key: &'static str) -> Option<&'a Value<'a>> {
        debug_assert!(self.shape.knows(key), "{key} is not in the list of keys of {}", self.shape.name);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    pub fn text(&self, key: &'static str) -> Option<(&'a str, Range<usize>)> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(value, &self.key(key), "a string");
        }
        text.map(|text| (text, value.span()))
    }

    /// A whole number as it is written. One that is written in another base than ten is none: `0x50` would be read as 50 or as 80.
    pub fn decimal(value: &'a Value<'a>) -> Option<&'a str> {
        value.get_ref().as_integer().filter(|number| number.radix() == 10).map(DeInteger::as_str)
    }

    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(value, &self.key(key), "true or false");
        }
        flag
    }

    /// A list; with `or_one` a single value stands for a list of one.
    pub fn list(&self, key: &'static str, or_one: bool) -> Option<Vec<&'a Value<'a>>> {
        let value = self.get(key)?;
        match value.get_ref().as_array() {
            Some(list) => Some(list.iter().collect()),
            None if or_one => Some(vec![value]),
            None => {
                self.wrong(value, &self.key(key), "a list");
                None
            }
        }
    }

    /// A list of strings with the place of each.
    pub fn texts(&self, key: &'static str, or_one: bool) -> Option<Vec<(String, Range<usize>)>> {
        let list = self.list(key, or_one)?;
        let text = |(index, value): (usize, &'a Value<'a>)| match value.get_ref().as_str() {
            Some(text) => Some((text.to_owned(), value.span())),
            None => {
                self.wrong(value, &format!("{}[{index}]", self.key(key)), "a string");
                None
            }
        };
        Some(list.into_iter().enumerate().filter_map(text).collect())
    }

    pub fn section(&self, key: &'static str, shape: &'static Table) -> Option<Section<'a>> {
        let value = self.get(key)?;
        self.as_section(value, self.key(key), shape)
    }

    /// A value as a table, or a fault.
    pub fn as_section(&self, value: &'a Value<'a>, path: String, shape: &'static Table) -> Option<Section<'a>> {
        match value.get_ref().as_table() {
            Some(table) => Some(Section::new(path, value.span(), table, shape, self.sink)),
            None => {
                self.wrong(value, &path, "a table");
                None
            }
        }
    }

    /// Every key with its value, for tables whose keys are the author's own.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Range<usize>, &'a Value<'a>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    pub fn wrong(&self, value: &Value<'_>, key: &str, wanted: &str) {
        self.sink.report(Some(value.span()), key, format!("must be {wanted}, not a value of type {}", value.get_ref().type_str()));
    }

    pub fn report(&self, span: Range<usize>, key: &str, words: impl Into<String>) {
        self.sink.report(Some(span), key, words);
    }

    /// Reports every key that is not listed.
    pub fn finish(&self) {
        for (name, span, _) in self.entries().filter(|(name, ..)| !self.shape.knows(name)) {
            let known = self.shape.names();
            self.report(span, &self.key(name), format!("unknown key; known here are {}", known.join(", ")));
        }
    }
}

//! A refusal as a value: a stable code, words for the log, and what it was about.

use crate::Code;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

/// Why something was refused. Never an error type of ours: a refusal is a normal outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    code: Code,
    message: Cow<'static, str>,
    address: Option<IpAddr>,
}

impl Denial {
    /// A refusal with the owner's words. They may name hosts, paths and addresses, but never a query or a header's value.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), address: None }
    }

    /// A refusal of one address.
    pub(crate) fn of_address(code: Code, address: IpAddr, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), address: Some(address) }
    }

    /// The stable dotted code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Words for the owner; not for guests outside development.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The address that was refused, when it was one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

//! What a TLS server is, one variant for each set of keys. A set that is not listed, or a key more, is not understood.

use serde::Deserialize;
use std::net::IpAddr;

/// A server, or what happens around a connection to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Connect {
    /// It shows this certificate: `san=NAME`, `san=ip:ADDRESS`, `cn-only` and others; its name leads to `resolved`.
    Certificate { cert: String, resolved: Option<IpAddr> },
    /// It speaks no newer version.
    Version { max_version: String },
    /// It chooses this protocol.
    Protocol { alpn: String },
    /// The guest wishes that nothing was verified.
    Unverified { danger_accept_invalid: bool },
    /// The grants change between two calls.
    Pool { pool_reuse: Generations },
    /// Two apps, one after the other, and a server that would resume sessions.
    Tickets { ticket_reuse: Apps },
}

/// Under which grants a connection was opened, and which ones stand.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generations {
    pub policy_generation: u64,
    pub current: u64,
}

/// Who calls first, and who calls then.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apps {
    pub from_app: String,
    pub to_app: String,
}

//! A configuration, or a limit and the attempt beyond it: one variant for each set of keys. A set that is not listed, or a key
//! more, is not understood.

use serde::{Deserialize, Deserializer};

/// What is configured, or tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Tenancy {
    /// So many calls of one app at once.
    Concurrency { concurrency: usize },
    /// One call more than the burst: `burst+1`.
    Rate { rate: String },
    /// Tries after the first, as many as a rule or a call might want.
    Retries { retries: u64 },
    /// A request that may act twice, and an answer after which others are tried again.
    Acting { method: String, retry_on: u16 },
    /// How long a server asks to be left alone.
    Pause { retry_after: String },
    /// Calls over the rate, each with other header fields.
    Rotated { headers_rotate: bool },
    /// Spellings of one host.
    Spellings { hosts: Vec<String> },
    /// The hosts that an app may reach; `null` where the key is missing.
    Allowed {
        #[serde(deserialize_with = "there")]
        allow: Option<Vec<String>>,
    },
    /// The hosts that an app asks for, and those that its server allows at all.
    Ceiling { app_allow: Vec<String>, org_allow: Vec<String> },
    /// Rules that take the place of others: `invalid` ones.
    Reload { reload: String },
    /// Networks that a host may resolve to.
    Exempt { exempt: Vec<String> },
    /// The network is locked down.
    Kill { kill: bool },
    /// So many bytes of one app in a day.
    BytesOfDay { egress_bytes_day: u64 },
    /// Two apps, one after the other.
    Pool { pool: Apps },
    /// One app holds all that it can: `exhausted by APP`.
    Neighbour { global_concurrency: String },
    /// A WebSocket is open when everything is revoked.
    Socket { ws_after_revoke: bool },
    /// What errors tell of a network: `error_oracle`.
    Probe { probe: String, effect: String },
}

/// Who calls first, and who calls then.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apps {
    pub from: String,
    pub to: String,
}

/// A key that must be there, though its value may be null.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Option::deserialize(deserializer)
}

//! The kernel's configuration: every value with unit, default and reason.

mod clock;
mod dns;

pub use clock::Clock;
pub use dns::{Dns, Nameservers, SecureServer};

use crate::Error;
use crate::budget::Limits;
use crate::dial::Redial;
use crate::hooks::Hooks;
use crate::resolve::Resolve;
use crate::tls::{ClientIdentity, Protocol};
use crate::websocket::WebSocketCaps;
use rustls::pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// What the kernel is built from.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Whose certificate authorities are trusted.
    pub trust: Trust,
    /// Certificate authorities that are trusted beside those.
    pub roots: Vec<CertificateDer<'static>>,
    /// Client certificates with their keys, by the names under which rules ask for them (`tls.identity`).
    pub identities: BTreeMap<String, ClientIdentity>,
    /// Names whose addresses are given here and asked of no DNS. They are judged like any answer.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// Where names are asked for.
    pub nameservers: Nameservers,
    /// What is asked in place of DNS. Default: nothing.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// How long answers are kept, and how many.
    pub dns: Dns,
    /// Addresses that are this machine's own although no interface has them: a cloud's public address, for instance.
    pub own_addresses: Vec<IpAddr>,
    /// Egret's own listeners, refused whatever a rule exempts.
    pub listeners: Vec<SocketAddr>,
    /// Which versions of HTTP are offered over TLS.
    pub protocols: Protocols,
    /// How much a guest is told.
    pub detail: Detail,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How large each part may be.
    pub caps: Caps,
    /// How many calls there may be.
    pub limits: Limits,
    /// Code that stands around requests, by the names that rules give it.
    pub hooks: Hooks,
    /// What no configuration file can set.
    pub danger: Danger,
}

/// What weakens the kernel. For conformance runs and tests alone.
#[derive(Clone, Default)]
pub struct Danger {
    /// Connects elsewhere than to the admitted address, after everything was judged: public addresses are then played by
    /// peers on loopback.
    pub redial: Option<Redial>,
    /// The clock by which stored answers age.
    pub clock: Clock,
}

impl std::fmt::Debug for Danger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Danger").field("redial", &self.redial.is_some()).finish_non_exhaustive()
    }
}

/// Whose certificate authorities are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that Mozilla trusts for the web, as they were when this was built: the same on every machine.
    #[default]
    Web,
    /// The machine's own, read once when the kernel is built; on Linux from `SSL_CERT_FILE` and `SSL_CERT_DIR` where these
    /// are set, as every program there does.
    Platform,
    /// Both.
    Both,
    /// None but those that are configured.
    Only,
}

/// Which versions of HTTP are offered to an upstream over TLS (ALPN). Without TLS it is HTTP/1.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/2 and HTTP/1.1; the upstream chooses.
    #[default]
    Both,
    /// HTTP/1.1 alone.
    Http1,
}

impl Protocols {
    /// What is offered, the preferred one first.
    pub(crate) const fn offered(self) -> &'static [Protocol] {
        match self {
            Self::Both => &[Protocol::Http2, Protocol::Http1],
            Self::Http1 => &[Protocol::Http1],
        }
    }
}

/// How much a guest's error says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The class of the error in safe words: nothing that maps the network.
    #[default]
    Safe,
    /// The reason and what would allow it. For development.
    Full,
}

/// How long each phase may take. All of them spend from the caller's deadline too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// All DNS queries of a name. Default 3 s.
    pub dns: Duration,
    /// Connecting, over all addresses. Default 3 s: a handshake across the world takes 0.3 s.
    pub connect: Duration,
    /// The TLS handshake. Default 3 s.
    pub tls: Duration,
    /// From the request's last byte to the response's head. Default 60 s: language models think.
    pub first_byte: Duration,
    /// Between two reads of a body. Default 30 s.
    pub between_bytes: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { dns: seconds(3), connect: seconds(3), tls: seconds(3), first_byte: seconds(60), between_bytes: seconds(30) }
    }
}

/// How large each part may be (DESIGN 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of a request's body. Default 10 MiB.
    pub request_body: usize,
    /// Bytes of a response's head. Default 64 KiB.
    pub response_head: usize,
    /// Fields of a response's head. Default 100.
    pub response_fields: usize,
    /// Informational responses (1xx) before a final one. Default 8: honest servers send one or two.
    pub informational: u32,
    /// Bytes of a response's body, streamed; of what comes, and of what it is decoded to. Default 100 MiB.
    pub response_body: u64,
    /// Decoded bytes for each one that came, once there is over 1 MiB of them. Default 100: texts reach 20, a bomb 1000.
    pub decoded_ratio: u64,
    /// Pieces (chunks, frames) in which a response's body may come whatever their size; beyond that they must have 32 bytes
    /// on average, since each costs work. Default 65,536.
    pub pieces: u64,
    /// Redirects that are followed. Default 5.
    pub redirects: u8,
    /// Addresses in a DNS answer. Default 64.
    pub dns_answers: usize,
    /// Aliases on the way to an address. Default 8.
    pub dns_aliases: usize,
    /// Connections that are kept in all. Default 1,024: the descriptors of most systems allow it.
    pub idle_connections: usize,
    /// Connections that are kept for one app. Default 512: half, so that no app takes the room of all others.
    pub idle_connections_per_app: usize,
    /// How long an idle connection is kept. Default 30 s: under the 60 s after which many servers close.
    pub idle_time: Duration,
    /// How old a connection may grow before it is not used again. Default 10 min: names move.
    pub connection_age: Duration,
    /// Calls that share one HTTP/2 connection. Default 100, as many as every server should allow (RFC 9113, 6.5.2).
    pub streams: usize,
    /// Bytes of answers that are kept to be used again, over all apps; one answer may have an eighth of it. Default 64 MiB.
    pub cache: usize,
    /// What one WebSocket may carry.
    pub websocket: WebSocketCaps,
}

impl Default for Caps {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            request_body: 10 * MIB,
            response_head: 64 << 10,
            response_fields: 100,
            informational: 8,
            response_body: 100 << 20,
            decoded_ratio: 100,
            pieces: 1 << 16,
            redirects: 5,
            dns_answers: 64,
            dns_aliases: 8,
            idle_connections: 1_024,
            idle_connections_per_app: 512,
            idle_time: Duration::from_secs(30),
            connection_age: Duration::from_secs(600),
            streams: 100,
            cache: 64 * MIB,
            websocket: WebSocketCaps::default(),
        }
    }
}

/// Why a kernel could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// An extra certificate authority cannot be used.
    #[error("certificate authority {index} cannot be used: {reason}")]
    Root {
        /// Its place in [`Config::roots`], from 0.
        index: usize,
        /// What the TLS library says.
        reason: rustls::Error,
    },
    /// The machine's own certificate authorities cannot be read.
    #[error("the machine's certificate authorities cannot be read: {0}")]
    Platform(String),
    /// A client certificate cannot be used.
    #[error("the client identity {0}")]
    Identity(String),
    /// The system's resolver configuration cannot be read or used.
    #[error("DNS: {0}; is /etc/resolv.conf readable?")]
    Dns(String),
    /// A name server that is asked over TLS is malformed.
    #[error("name server {name:?}: {reason}")]
    Nameserver {
        /// Its name or path as written.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A host override is malformed.
    #[error("host override {name:?}: {reason}")]
    Host {
        /// The name as written.
        name: String,
        /// What is wrong with it.
        reason: Box<Error>,
    },
}

//! How names are asked for: by which servers, over what, and how long their answers are kept.

use std::net::SocketAddr;
use std::time::Duration;

/// Where names are asked for. Only these servers are asked, over this protocol: nothing falls back to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Nameservers {
    /// The system's own (`/etc/resolv.conf`), read when the kernel is built. Search domains are not used.
    #[default]
    System,
    /// These, over UDP and, where an answer does not fit, TCP.
    At(Vec<SocketAddr>),
    /// These, over TLS (RFC 7858; the usual port is 853).
    Tls(Vec<SecureServer>),
    /// These, over HTTP/2 and TLS (RFC 8484; the usual port is 443).
    Https {
        /// The servers.
        servers: Vec<SecureServer>,
        /// The path on all of them, usually `/dns-query`.
        path: String,
    },
}

/// A name server that shows a certificate. Its address is written down, so that no name has to be resolved to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// For whom its certificate must be: a host name, or an IP address as text. The web's authorities and
    /// [`Config::roots`](super::Config::roots) are trusted for it.
    pub name: String,
}

/// How long the answers of DNS are kept, and how many are asked for and kept at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dns {
    /// How long addresses are kept at least, whatever their records say. Default 5 s, the lifetime that cluster DNS
    /// gives to services which move. A lifetime of 0 is legal (RFC 1035, 3.2.1; RFC 2181, 8), and with it whoever runs
    /// the zone is asked, and can answer otherwise, at every call.
    pub floor: Duration,
    /// How long addresses are kept at most. Default 1 h: a record that was wrong for once is forgotten within an hour.
    pub ceiling: Duration,
    /// How long it is kept at least that a name has no address. Default 1 s: a guest that asks in a loop asks once a second.
    pub negative_floor: Duration,
    /// How long it is kept at most that a name has no address. Default 30 s: who has just made the name should not have to wait.
    pub negative_ceiling: Duration,
    /// Names whose answers are kept; beyond it the one that was longest unused goes. Default 2,048: with
    /// [`Caps::dns_answers`](super::Caps::dns_answers) as shipped that is 3 MiB at the very most.
    pub names: usize,
    /// Names that are asked for at one time; further ones wait, within [`Timeouts::dns`](super::Timeouts::dns). Default 128:
    /// each takes two queries, and over UDP every query to every server has a socket of its own.
    pub lookups: usize,
}

impl Default for Dns {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            floor: seconds(5),
            ceiling: seconds(3600),
            negative_floor: seconds(1),
            negative_ceiling: seconds(30),
            names: 2048,
            lookups: 128,
        }
    }
}

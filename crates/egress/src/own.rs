//! What the machine's own addresses are, read from the system and kept for a few seconds.

use egret_policy::Surroundings;
use if_addrs::IfAddr;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a reading is good: interfaces change rarely, and reading costs some 50 µs.
const KEPT: Duration = Duration::from_secs(5);

/// The last reading of the machine's addresses.
pub(crate) struct Own {
    configured: Vec<IpAddr>,
    listeners: Vec<SocketAddr>,
    last: Mutex<Option<(Instant, Arc<Surroundings>)>>,
}

impl Own {
    pub fn new(configured: Vec<IpAddr>, listeners: Vec<SocketAddr>) -> Self {
        Self { configured, listeners, last: Mutex::new(None) }
    }

    /// Where we are. A machine whose interfaces cannot be read is an error: without it nothing may be dialled (I9).
    pub fn surroundings(&self) -> std::io::Result<Arc<Surroundings>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, surroundings)) = last.as_ref().filter(|(read, _)| read.elapsed() < KEPT) {
            let _ = read;
            return Ok(Arc::clone(surroundings));
        }
        let interfaces = if_addrs::get_if_addrs()?;
        let addresses = interfaces.iter().map(|interface| interface.ip().to_canonical());
        let own = self.configured.iter().copied().chain(addresses).collect();
        let links = interfaces.iter().filter_map(|interface| link(&interface.addr)).collect();
        let surroundings = Arc::new(Surroundings { own, links, listeners: self.listeners.clone() });
        *last = Some((Instant::now(), Arc::clone(&surroundings)));
        Ok(surroundings)
    }
}

/// The IPv6 network of an interface's address. The law knows why IPv4 has none.
fn link(address: &IfAddr) -> Option<(Ipv6Addr, u8)> {
    match address {
        IfAddr::V4(_) => None,
        IfAddr::V6(v6) => Some((v6.ip, v6.prefixlen)),
    }
}

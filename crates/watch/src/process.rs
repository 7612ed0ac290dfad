//! What the system says of this process. A reading that the machine does not give is left out, not made up.

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs;

/// CPU time so far, user and system, in seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// Bytes in RAM, by Linux' `statm`: its second number counts pages.
pub(crate) fn resident() -> Option<u64> {
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Open descriptors, without the one that reading them takes.
pub(crate) fn descriptors() -> Option<u64> {
    Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1))
}

/// How many descriptors there may be; `None` for any number.
pub(crate) fn most_descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

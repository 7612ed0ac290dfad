//! The process's own limits, raised as far as the system lets anybody.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the number of descriptors to the hard limit: every waiting call holds two. A refusal changes nothing.
pub(super) fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

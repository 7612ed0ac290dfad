//! The limit of a guest's memory. A refusal is remembered: the guest may catch its out-of-memory error and go on, but
//! if it dies of it, the limit is named.

use wasmtime::{ResourceLimiter, Result};

/// The memory of one instance.
#[derive(Debug)]
pub(crate) struct Heap {
    limit: usize,
    /// Whether growing was ever refused.
    pub refused: bool,
}

impl Heap {
    /// At most `limit` bytes, the image included.
    pub const fn new(limit: usize) -> Self {
        Self { limit, refused: false }
    }
}

impl ResourceLimiter for Heap {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let fits = desired <= self.limit;
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }
}

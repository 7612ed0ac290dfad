//! What is asked for: how, how much, and by how many at once.

use std::fmt;

/// One line of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub is_tls: bool,
    pub size: Size,
    /// How many ask at once, each on a connection of its own.
    pub connections: usize,
}

/// How large a response's body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1 KiB: what a request costs.
    Small,
    /// 1 MiB: what a byte costs.
    Large,
}

impl Size {
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    pub fn bytes(self) -> usize {
        match self {
            Self::Small => 1 << 10,
            Self::Large => 1 << 20,
        }
    }

    /// The path under which the upstream has it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Small => "/1k",
            Self::Large => "/1m",
        }
    }
}

impl Case {
    pub fn all() -> impl Iterator<Item = Self> {
        let sizes = [false, true].into_iter().flat_map(|is_tls| Size::ALL.map(|size| (is_tls, size)));
        sizes.flat_map(|(is_tls, size)| [1, 64, 512].map(|connections| Self { is_tls, size, connections }))
    }

    pub fn bytes(self) -> usize {
        self.size.bytes()
    }

    /// Requests of a round: about half a second to two seconds.
    pub fn requests(self) -> usize {
        match (self.size, self.connections) {
            (Size::Small, 1) => 8_000,
            (Size::Small, _) => 40_000,
            (Size::Large, 1) => 600,
            (Size::Large, 64) => 1_280,
            (Size::Large, _) => 2_560,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        let size = match self.size {
            Size::Small => "1 KiB",
            Size::Large => "1 MiB",
        };
        write!(f, "{scheme} {size} c={}", self.connections)
    }
}

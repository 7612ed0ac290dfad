//! A place where nobody should knock: it counts connections and answers none.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;

/// A listener that never says a word. What the code under test must not dial is given this address.
pub struct Listener {
    socket: TcpListener,
    held: Mutex<Vec<TcpStream>>,
}

impl Listener {
    /// Listens on 127.0.0.1.
    #[must_use]
    pub fn silent() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, held: Mutex::default() }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// How many connections have ever been made.
    ///
    /// They are taken from the kernel's queue now, in this call: a connection that a client saw succeed is counted,
    /// whatever the scheduler did since.
    #[must_use]
    pub fn connections(&self) -> usize {
        let mut held = self.held.lock().unwrap();
        while let Ok((stream, _)) = self.socket.accept() {
            held.push(stream);
        }
        held.len()
    }

    /// # Panics
    /// When anybody ever connected.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let address = self.address();
        assert_eq!(self.connections(), 0, "{address} was dialled");
    }
}

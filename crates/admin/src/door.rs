//! Whom commands go to: a server that runs on the data directory, else the store itself.

use crate::{Command, Fault, KeySource, Reply, SOCKET, client, perform};
use egret_store::Store;
use std::path::{Path, PathBuf};
use tokio::runtime::{Builder, Runtime};

/// Whom commands go to. Blocking: for programs that do one thing and end.
pub enum Door {
    /// A server runs; it is connected to for each command.
    Server {
        /// Its socket.
        socket: PathBuf,
        /// What the connections run on.
        runtime: Runtime,
    },
    /// None runs: the store is open here.
    Store(Store),
}

impl Door {
    /// Asks the socket first, and opens the store where nobody answers. The data directory is made if it is not there.
    ///
    /// # Errors
    /// A socket or a store that cannot be used.
    pub fn open(data_dir: &Path, key: &KeySource) -> Result<Self, Fault> {
        if let Some(server) = Self::server(data_dir)? {
            return Ok(server);
        }
        let store = Store::open(data_dir, key.read(data_dir)?).map_err(|error| Fault::Store(error.to_string()))?;
        Ok(Self::Store(store))
    }

    /// The running server, if there is one.
    ///
    /// # Errors
    /// A socket that cannot be used, or that belongs to somebody else.
    pub fn server(data_dir: &Path) -> Result<Option<Self>, Fault> {
        let socket = data_dir.join(SOCKET);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| Fault::Socket(error.to_string()))?;
        let answers = runtime.block_on(client::connect(&socket))?.is_some();
        Ok(answers.then_some(Self::Server { socket, runtime }))
    }

    /// Gives a command and waits until it is done.
    ///
    /// # Errors
    /// Why it was not.
    pub fn send(&self, command: Command) -> Result<Reply, Fault> {
        match self {
            Self::Store(store) => perform(store, command),
            Self::Server { socket, runtime } => runtime.block_on(async {
                let gone = || Fault::Socket("the server has just stopped; give the command again".to_owned());
                client::send(client::connect(socket).await?.ok_or_else(gone)?, &command).await
            }),
        }
    }
}

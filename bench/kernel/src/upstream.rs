//! Who answers: Debian's nginx where there is one, else a server of our own; in both cases a process with a CPU of its own.

mod nginx;
pub mod own;

use crate::case::{Case, Size};
use crate::machine;
use anyhow::{Result, bail};
use egret_testkit::{Authority, client_config};
use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The name in the certificate and in every URL.
pub const NAME: &str = "upstream.test";
/// How long the process may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running upstream; it ends when this is dropped.
pub struct Upstream {
    /// What it is and which version.
    pub product: String,
    plain: SocketAddr,
    tls: SocketAddr,
    authority: Authority,
    child: Child,
    _folder: TempDir,
}

/// What a server is started with: a folder with `1k`, `1m` and the certificate, and where to listen.
struct Place<'a> {
    folder: &'a Path,
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Upstream {
    /// Starts it on a CPU, to which this thread is pinned afterwards too.
    pub fn start(cpu: usize) -> Result<Self> {
        let (folder, authority) = (tempfile::tempdir()?, Authority::new());
        fill(folder.path(), &authority)?;
        let (plain, tls) = (free()?, free()?);
        let place = Place { folder: folder.path(), plain, tls };
        // What is started inherits the CPU.
        machine::pin(cpu)?;
        let (product, child) = match nginx::version() {
            Some(version) => (version, nginx::start(&place)?),
            None => (own::PRODUCT.to_owned(), own::start(&place)?),
        };
        let upstream = Self { product, plain, tls, authority, child, _folder: folder };
        [plain, tls].into_iter().try_for_each(listening)?;
        Ok(upstream)
    }

    pub fn address(&self, case: Case) -> SocketAddr {
        if case.is_tls { self.tls } else { self.plain }
    }

    /// Name and port, as in `Host`.
    pub fn authority(&self, case: Case) -> String {
        format!("{NAME}:{}", self.address(case).port())
    }

    pub fn uri(&self, case: Case) -> Uri {
        let builder = Uri::builder().scheme(if case.is_tls { "https" } else { "http" }).authority(self.authority(case));
        builder.path_and_query(case.size.path()).build().unwrap_or_default()
    }

    /// The authority that signed the certificate.
    pub fn root(&self) -> CertificateDer<'static> {
        self.authority.certificate_der()
    }

    /// TLS for a client that trusts it, HTTP/1.1 only.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        let mut config = self.client_config_without_alpn();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// The same for a connector that asks for a protocol by itself.
    pub fn client_config_without_alpn(&self) -> ClientConfig {
        Arc::unwrap_or_clone(client_config(&self.authority))
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bodies, certificate and key, in the form of either server.
fn fill(folder: &Path, authority: &Authority) -> Result<()> {
    for size in Size::ALL {
        fs::write(folder.join(&size.path()[1..]), vec![b'x'; size.bytes()])?;
    }
    let leaf = authority.leaf(&[NAME]);
    fs::write(folder.join("leaf.der"), &leaf.chain[0])?;
    fs::write(folder.join("key.der"), leaf.key.secret_der())?;
    let encoded = |tag: &str, bytes: &[u8]| pem::encode(&pem::Pem::new(tag, bytes));
    fs::write(folder.join("leaf.pem"), encoded("CERTIFICATE", &leaf.chain[0]))?;
    fs::write(folder.join("key.pem"), encoded("PRIVATE KEY", leaf.key.secret_der()))?;
    Ok(())
}

/// An address that was free a moment ago; whoever took it since makes the server fail to start.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[expect(clippy::disallowed_methods, reason = "test: whether the upstream is there")]
fn listening(address: SocketAddr) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        if began.elapsed() > PATIENCE {
            bail!("nobody listens at {address}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

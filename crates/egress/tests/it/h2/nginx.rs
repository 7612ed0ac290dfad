//! The same against a server of somebody else's: nginx, where it is installed.

use super::Scene;
use egret_egress::{Draft, RequestBody};
use egret_testkit::Authority;
use futures_util::stream;
use http::Method;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server of the test's own, ended with it.
struct Nginx {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Nginx {
    /// `None` where there is no nginx.
    #[expect(clippy::disallowed_methods, reason = "test: a server of somebody else's")]
    fn start(authority: &Authority) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = std::env::temp_dir().join(format!("egret-nginx-{}-{}", std::process::id(), address.port()));
        fs::create_dir_all(folder.join("logs")).unwrap();
        let leaf = authority.leaf(&["a.test"]);
        fs::write(folder.join("leaf.pem"), pem("CERTIFICATE", &leaf.chain[0])).unwrap();
        fs::write(folder.join("key.pem"), pem("PRIVATE KEY", leaf.key.secret_der())).unwrap();
        fs::write(folder.join("large"), vec![b'x'; 1 << 20]).unwrap();
        fs::write(folder.join("nginx.conf"), configuration(address)).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok()?;
        Some(Self { child, folder, address })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn configuration(address: SocketAddr) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("    {of}_temp_path {of};\n")).concat();
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
{temporary}    server {{
        listen {address} ssl http2;
        ssl_certificate leaf.pem;
        ssl_certificate_key key.pem;
        root .;
        client_max_body_size 100k;
        location = /protocol {{ return 200 $server_protocol; }}
        location = /early {{ return 403 early; }}
    }}
}}
"
    )
}

/// PEM, written by hand: base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let letters = (0..4).map(|place| char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        text.extend(letters.take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Asks until the server is up: it says nothing when it is.
async fn up(scene: &Scene, url: &str, folder: &Path) {
    while scene.outcome(Draft { url: url.to_owned(), ..scene.draft() }).await == "egress.connect.failed" {
        assert!(folder.exists());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nginx_speaks_http2_with_us() {
    let authority = Authority::new();
    let Some(nginx) = Nginx::start(&authority) else {
        println!("skipped: there is no nginx");
        return;
    };
    let scene = Scene::of(authority, nginx.address, |_| {});
    let at = |path: &str| Draft { url: format!("https://a.test:{}{path}", nginx.address.port()), ..scene.draft() };
    up(&scene, &at("/protocol").url, &nginx.folder).await;
    assert_eq!(scene.outcome(at("/protocol")).await, "200 HTTP/2.0");
    let large = scene.fetch(at("/large")).await.unwrap().body.collect(2 << 20).await.unwrap();
    assert_eq!(large.len(), 1 << 20);
    let endless = || RequestBody::stream(stream::repeat_with(|| Ok::<_, ()>(bytes::Bytes::from_static(&[b'x'; 1 << 14]))));
    let early = scene.outcome(Draft { method: Method::POST, body: endless(), ..at("/early") }).await;
    assert!(early.starts_with("403 "), "{early}");
    let too_large = scene.outcome(Draft { method: Method::POST, body: vec![b'x'; 200 << 10].into(), ..at("/large") }).await;
    assert!(too_large.starts_with("413 "), "{too_large}");
    assert_eq!(scene.outcome(at("/protocol")).await, "200 HTTP/2.0");
}

//! nginx as it comes: one process, files from a folder, no access log.

use super::Place;
use anyhow::{Context, Result};
use std::fs;
use std::process::{Child, Command, Stdio};

/// What nginx says of itself; `None` if there is none.
#[expect(clippy::disallowed_methods, reason = "test: an upstream for a measurement")]
pub(super) fn version() -> Option<String> {
    let output = Command::new("nginx").arg("-v").output().ok()?;
    let words = String::from_utf8_lossy(&output.stderr);
    Some(words.rsplit(": ").next()?.trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "test: an upstream for a measurement")]
pub(super) fn start(place: &Place<'_>) -> Result<Child> {
    let file = place.folder.join("nginx.conf");
    fs::write(&file, configuration(place))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(place.folder).arg("-c").arg(file).args(["-e", "stderr"]).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().context("nginx cannot be started")
}

fn configuration(place: &Place<'_>) -> String {
    let Place { plain, tls, .. } = place;
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("    {of}_temp_path {of};\n")).concat();
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
{temporary}    server {{
        listen {plain} backlog=4096;
        listen {tls} ssl backlog=4096;
        ssl_certificate leaf.pem;
        ssl_certificate_key key.pem;
        ssl_protocols TLSv1.3;
        root .;
    }}
}}
"
    )
}

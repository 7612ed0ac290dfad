//! reqwest: the client that most Rust programs use.

use super::{AGENT, ANYTHING, Worker};
use crate::case::Case;
use crate::upstream::{NAME, Upstream};
use anyhow::Result;
use http::header::{ACCEPT, HeaderMap, USER_AGENT};
use rustls::ClientConfig;
use std::sync::Arc;

/// A share in the client.
pub struct Asker {
    client: reqwest::Client,
    url: String,
}

impl Asker {
    pub async fn get(&mut self) -> Result<usize> {
        let mut response = self.client.get(&self.url).send().await?;
        let mut length = 0;
        while let Some(piece) = response.chunk().await? {
            length += piece.len();
        }
        Ok(length)
    }
}

pub fn workers(upstream: &Upstream, case: Case) -> Result<Vec<Worker>> {
    let fields = HeaderMap::from_iter([(USER_AGENT, AGENT), (ACCEPT, ANYTHING)]);
    let tls: ClientConfig = Arc::unwrap_or_clone(upstream.client_config());
    let client = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .tcp_nodelay(true)
        .default_headers(fields)
        .resolve(NAME, upstream.address(case))
        .tls_backend_preconfigured(tls)
        .build()?;
    let url = upstream.uri(case).to_string();
    Ok((0..case.connections).map(|_| Worker::Web(Asker { client: client.clone(), url: url.clone() })).collect())
}

//! Those who ask: each peer is its workers, each worker has one request under way.

pub mod kernel;
pub mod pooled;
pub mod raw;
pub mod web;

use crate::case::Case;
use crate::measure::{self, Sample};
use crate::upstream::Upstream;
use anyhow::{Result, ensure};
use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use http_body_util::{BodyExt, Empty};
use kernel::Counting;
use std::mem;
use std::sync::Arc;

/// In the order in which they take turns. The first is what the others are compared with.
pub const NAMES: [&str; 5] = ["raw hyper", "hyper-util", "reqwest", "egret", "egret, audited"];
pub const RAW: usize = 0;
pub const POOLED: usize = 1;
pub const WEB: usize = 2;
pub const KERNEL: usize = 3;

/// The two fields that every client would send anyway, alike for all.
const AGENT: HeaderValue = HeaderValue::from_static("bench");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// A client and those who use it.
pub struct Peer {
    workers: Vec<Worker>,
    asked: usize,
    audit: Option<Arc<Counting>>,
}

/// Sends one request after another.
pub enum Worker {
    Raw(raw::Line),
    Plain(pooled::Plain),
    Tls(pooled::Tls),
    Web(web::Asker),
    Kernel(kernel::Asker),
}

impl Worker {
    /// Sends a request and reads the answer to its end: its length in bytes.
    pub async fn get(&mut self) -> Result<usize> {
        match self {
            Self::Raw(line) => line.get().await,
            Self::Plain(asker) => asker.get().await,
            Self::Tls(asker) => asker.get().await,
            Self::Web(asker) => asker.get().await,
            Self::Kernel(asker) => asker.get().await,
        }
    }
}

impl Peer {
    fn new(workers: Vec<Worker>) -> Self {
        Self { workers, asked: 0, audit: None }
    }

    /// Lets the workers send so many requests in all.
    pub async fn round(&mut self, requests: usize, bytes: usize) -> Result<Sample> {
        let (workers, sample) = measure::round(mem::take(&mut self.workers), requests, bytes).await?;
        (self.workers, self.asked) = (workers, self.asked + requests);
        Ok(sample)
    }

    /// Whether every request has left its event, where events are counted.
    pub fn check(&self) -> Result<()> {
        let Some(audit) = &self.audit else { return Ok(()) };
        ensure!(audit.events() == self.asked, "{} events for {} requests", audit.events(), self.asked);
        Ok(())
    }
}

/// All peers of a case, in the order of [`NAMES`].
pub async fn all(upstream: &Upstream, case: Case) -> Result<Vec<Peer>> {
    let audit = Arc::new(Counting::default());
    let audited = Peer { audit: Some(Arc::clone(&audit)), ..Peer::new(kernel::workers(upstream, case, audit)?) };
    Ok(vec![
        Peer::new(raw::workers(upstream, case).await?),
        Peer::new(pooled::workers(upstream, case)),
        Peer::new(web::workers(upstream, case)?),
        Peer::new(kernel::workers(upstream, case, Arc::new(egret_egress::Silent))?),
        audited,
    ])
}

fn request(uri: http::Uri) -> http::Request<Empty<Bytes>> {
    let mut request = http::Request::new(Empty::new());
    *request.uri_mut() = uri;
    request.headers_mut().extend([(USER_AGENT, AGENT), (ACCEPT, ANYTHING)]);
    request
}

async fn length(mut body: hyper::body::Incoming) -> Result<usize> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(length)
}

//! Sends spans away, in batches and through the kernel, under a policy that allows the collector and nothing else (I10).

use super::Waiting;
use super::collector::Collector;
use super::encode::encode;
use super::span::Span;
use crate::{Watch, lines};
use egret_egress::{Budget, Caller, Decode, Door, Draft, Egress, Grants, Redirect, RequestBody, Secrets};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use std::future::Future;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

/// The app under which it calls.
const APP: &str = "egret:otlp";
/// Spans of one request: some 300 KiB.
const BATCH: usize = 512;
/// How long a span waits for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the collector may take, and how long stopping waits for the last batch.
const TIMEOUT: Duration = Duration::from_secs(10);
const FAREWELL: Duration = Duration::from_secs(2);
/// Bytes of the collector's answer that are read so that its connection can be used again.
const ANSWER: usize = 64 << 10;

/// What sends the spans of a [`Watch`].
pub struct Exporter {
    watch: Watch,
    spans: Receiver<Span>,
    /// What is gathered, or on its way.
    batch: Vec<Span>,
    egress: Egress,
    grants: Grants,
    url: String,
}

impl Exporter {
    pub(crate) fn new(watch: Watch, Waiting(spans): Waiting, egress: Egress, collector: Collector) -> Self {
        Self { watch, spans, batch: Vec::new(), egress, grants: Grants::new(collector.policy), url: collector.url }
    }

    /// Sends until `stop` ends, and then what waits, as far as two seconds suffice. A batch that the collector does not take is lost,
    /// and counted: nobody waits for it, and memory does not grow.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.serve() => {}
        }
        self.spans.close();
        let until = Instant::now() + FAREWELL;
        // A batch that was under way is sent again: a collector knows a span by its id.
        while !self.batch.is_empty() || self.spans.recv_many(&mut self.batch, BATCH).await > 0 {
            self.send(until).await;
        }
    }

    async fn serve(&mut self) {
        loop {
            self.gather().await;
            self.send(Instant::now() + TIMEOUT).await;
        }
    }

    /// Takes the next spans: as many as come within a second of the first.
    async fn gather(&mut self) {
        self.spans.recv_many(&mut self.batch, BATCH).await;
        let until = Instant::now() + PATIENCE;
        while self.batch.len() < BATCH {
            let room = BATCH - self.batch.len();
            match timeout_at(until, self.spans.recv_many(&mut self.batch, room)).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
    }

    /// Sends the batch, and empties it whatever comes of that.
    async fn send(&mut self, until: Instant) {
        let sent = self.post(encode(&self.batch), until).await;
        let count = self.batch.len();
        self.batch.clear();
        match &sent {
            Ok(()) => self.watch.meters().exported_spans(count as u64),
            Err(_) => self.watch.meters().lost_spans(count as u64),
        }
        lines::exported(count, sent.err().as_deref());
    }

    async fn post(&self, body: Vec<u8>, deadline: Instant) -> Result<(), String> {
        let caller = Caller {
            app: APP.into(),
            function: "".into(),
            invocation: "".into(),
            door: Door::Platform,
            grants: self.grants.clone(),
            secrets: Secrets::none(),
            deadline,
            budget: Budget::none(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let draft = Draft {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: RequestBody::Bytes(body.into()),
            redirect: Redirect::Return,
            decode: Decode::Auto,
            auth: None,
            options: egret_egress::CallOptions::default(),
            cache: egret_egress::CacheWish::default(),
        };
        let response = self.egress.fetch(&caller, draft).await.map_err(|error| error.path().to_owned())?;
        let status = response.status;
        // Whatever it says: its status is the answer.
        let _ = response.body.collect(ANSWER).await;
        if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16())) }
    }
}

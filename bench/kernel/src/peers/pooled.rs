//! The client of hyper-util: hyper with a pool and a connector, no policy.

use super::{Worker, length, request};
use crate::case::Case;
use crate::upstream::Upstream;
use anyhow::Result;
use bytes::Bytes;
use http::Uri;
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tower_service::Service;

pub type Plain = Asker<HttpConnector<Fixed>>;
pub type Tls = Asker<HttpsConnector<HttpConnector<Fixed>>>;

/// A share in the client.
pub struct Asker<C> {
    client: Client<C, Empty<Bytes>>,
    uri: Uri,
}

impl<C: Connect + Clone + Send + Sync + 'static> Asker<C> {
    pub async fn get(&mut self) -> Result<usize> {
        length(self.client.request(request(self.uri.clone())).await?.into_body()).await
    }
}

/// A resolver with one answer for every name.
#[derive(Clone)]
pub struct Fixed(SocketAddr);

impl Service<Name> for Fixed {
    type Response = std::iter::Once<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(std::iter::once(self.0)))
    }
}

pub fn workers(upstream: &Upstream, case: Case) -> Vec<Worker> {
    let mut connector = HttpConnector::new_with_resolver(Fixed(upstream.address(case)));
    connector.set_nodelay(true);
    if !case.is_tls {
        return share(upstream, case, connector, Worker::Plain);
    }
    connector.enforce_http(false);
    let tls = upstream.client_config_without_alpn();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().wrap_connector(connector);
    share(upstream, case, connector, Worker::Tls)
}

fn share<C>(upstream: &Upstream, case: Case, connector: C, worker: impl Fn(Asker<C>) -> Worker) -> Vec<Worker>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let uri = upstream.uri(case);
    (0..case.connections).map(|_| worker(Asker { client: client.clone(), uri: uri.clone() })).collect()
}

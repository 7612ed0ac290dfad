//! The listener: takes connections, hands each to its own task, and stops without dropping what is in work.

use crate::body;
use crate::config::{BuildError, Config};
use crate::connection;
use crate::observer::Observer;
use crate::routes::Routes;
use egret_runtime::Runtime;
use http::uri::Scheme;
use rustls::ServerConfig;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What to pause after a failed accept: descriptors that ran out come back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An inbound HTTP/1.1 server. Copies are the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

/// What is served: the routes and the runtime that has their functions. Swapped only together, so that no request
/// is routed by one and run by the other.
pub struct Served {
    /// Which function answers what.
    pub routes: Routes,
    /// What runs the functions.
    pub runtime: Arc<dyn Runtime>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub config: Config,
    pub observer: Arc<dyn Observer>,
    pub in_flight: Semaphore,
    /// The memory for request bodies, as `body` counts it.
    pub bodies: Semaphore,
    connections: Arc<Semaphore>,
    served: RwLock<Arc<Served>>,
    paused: watch::Sender<bool>,
}

impl Gateway {
    /// Makes a gateway; nothing listens yet.
    ///
    /// # Errors
    /// Every field of `config` that is out of its range.
    pub fn build(config: Config, served: Served, observer: Arc<dyn Observer>) -> Result<Self, Vec<BuildError>> {
        config.check()?;
        Ok(Self(Arc::new(Shared {
            in_flight: Semaphore::new(config.in_flight),
            bodies: body::memory(config.bodies),
            connections: Arc::new(Semaphore::new(config.connections)),
            served: RwLock::new(Arc::new(served)),
            paused: watch::Sender::new(false),
            config,
            observer,
        })))
    }

    /// Serves something else from the next request on. Requests in work end with what they began with.
    pub fn swap(&self, served: Served) {
        *self.0.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
    }

    /// Answers 503 to everything while it is paused; requests in work end with that answer at once, and their invocations with them.
    pub fn pause(&self, paused: bool) {
        self.0.paused.send_replace(paused);
    }

    /// What is served now.
    #[must_use]
    pub fn served(&self) -> Arc<Served> {
        self.0.served()
    }

    /// Serves connections of `listener` until `shutdown` ends. Then none is accepted any more, requests in work may
    /// end within the grace time, and what is left is dropped, invocations included.
    ///
    /// Dropping this future drops everything at once.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        self.serve_over(listener, None, shutdown).await;
    }

    /// [`Gateway::serve`] inside TLS. A handshake must be made within the time for a head.
    pub async fn serve_tls(&self, listener: TcpListener, config: Arc<ServerConfig>, shutdown: impl Future<Output = ()>) {
        self.serve_over(listener, Some(TlsAcceptor::from(config)), shutdown).await;
    }

    async fn serve_over(&self, listener: TcpListener, tls: Option<TlsAcceptor>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                (stream, place) = self.accept(&listener) => {
                    let serving = welcome(stream, tls.clone(), self.0.clone(), stopped.clone());
                    connections.spawn(async move { serving.await; drop(place); });
                }
            }
        }
        drop(listener);
        stop.send_replace(true);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        // What has not ended by then is dropped with the set.
        let _ = tokio::time::timeout(self.0.config.grace, all_ended).await;
    }

    /// The next connection, once there is a place for it. Until then clients wait in the kernel's queue.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed, so there is always a permit.
        let place = self.0.connections.clone().acquire_owned().await.ok();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

/// Makes the handshake, if there is one to make, and serves what is inside.
async fn welcome(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    // Answers are written whole: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return connection::serve(stream, Scheme::HTTP, shared, stop).await };
    if let Ok(Ok(stream)) = tokio::time::timeout(shared.config.head_timeout, tls.accept(stream)).await {
        connection::serve(stream, Scheme::HTTPS, shared, stop).await;
    }
}

impl Shared {
    /// Ends once what is served is paused, at once where it is.
    pub(crate) async fn paused(&self) {
        // The sender lives in `self`, so this never fails.
        let _ = self.paused.subscribe().wait_for(|paused| *paused).await;
    }

    pub(crate) fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

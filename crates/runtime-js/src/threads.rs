//! The threads that run JavaScript, and the clock that cuts their work into slices.
//!
//! They are apart from the I/O threads so that a spinning guest delays no socket; among themselves guests take turns,
//! for each gives its thread back after a slice.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use wasmtime::Engine;

/// How often the engine's epoch moves on while anything runs.
const TICK: Duration = Duration::from_millis(1);

/// The threads. Dropping this ends them; guests that still run are dropped.
pub(crate) struct Threads {
    runtime: Option<Runtime>,
    ticker: Option<JoinHandle<()>>,
    active: Arc<Active>,
}

/// How many guests run. The clock rests while there are none.
#[derive(Debug, Default)]
struct Active {
    running: AtomicUsize,
    /// Set once the threads end.
    ended: std::sync::atomic::AtomicBool,
}

impl Threads {
    pub fn start(count: usize) -> std::io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        // Each poll may be a whole slice long: look for timers and woken tasks after every single one. New guests and those
        // that have given their thread back take turns: with an interval of 1 the new ones always went first, and under
        // steady load one that had yielded once waited for seconds.
        builder.event_interval(1).global_queue_interval(2);
        let runtime = builder.worker_threads(count.max(1)).thread_name("egret-js").enable_time().build()?;
        Ok(Self { runtime: Some(runtime), ticker: None, active: Arc::default() })
    }

    /// Starts the clock of an engine.
    pub fn tick(&mut self, engine: Engine) -> std::io::Result<()> {
        let active = Arc::clone(&self.active);
        self.ticker = Some(thread::Builder::new().name("egret-js-clock".to_owned()).spawn(move || clock(&engine, &active))?);
        Ok(())
    }

    /// Runs a future on these threads. Dropping what is returned ends it.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        let running = Running::begin(&self.active, self.ticker.as_ref().map(|ticker| ticker.thread().clone()));
        let future = async move {
            let _running = running;
            future.await
        };
        Task(self.runtime.as_ref().map(|runtime| runtime.spawn(future)))
    }

    /// Runs a future on these threads and blocks this one, which must be none of them, until it is done.
    pub fn wait_for<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (done, result) = mpsc::sync_channel(1);
        let task = self.spawn(async move { drop(done.send(future.await)) });
        let result = result.recv().ok();
        drop(task);
        result
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not the waiting kind: this may well happen inside some other runtime.
            runtime.shutdown_background();
        }
        self.active.ended.store(true, SeqCst);
        if let Some(ticker) = self.ticker.take() {
            ticker.thread().unpark();
        }
    }
}

fn clock(engine: &Engine, active: &Active) {
    while !active.ended.load(SeqCst) {
        if active.running.load(SeqCst) == 0 {
            thread::park();
        } else {
            thread::park_timeout(TICK);
            engine.increment_epoch();
        }
    }
}

/// One guest that runs, or waits.
struct Running(Arc<Active>);

impl Running {
    fn begin(active: &Arc<Active>, clock: Option<Thread>) -> Self {
        if active.running.fetch_add(1, SeqCst) == 0 {
            clock.inspect(Thread::unpark);
        }
        Self(Arc::clone(active))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

/// A future on the threads for JavaScript. `None` when it was dropped before its end, or panicked.
pub(crate) struct Task<T>(Option<tokio::task::JoinHandle<T>>);

impl<T> Task<T> {
    /// Lets it go on alone. It then ends by itself or with the threads.
    pub fn detach(mut self) {
        self.0 = None;
    }
}

impl<T> Future for Task<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut self.0 {
            Some(handle) => Pin::new(handle).poll(cx).map(Result::ok),
            None => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}

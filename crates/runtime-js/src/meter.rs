//! CPU time of one invocation: the thread's clock read around each poll, and again at the end of each slice.
//!
//! A guest moves between threads only between polls, so the differences may be summed. Waiting costs nothing.

use rustix::time::{ClockId, clock_gettime};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

/// How much CPU time was used, and how much may be.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: u64,
    used: AtomicU64,
    /// The thread's clock when the current poll began.
    began: AtomicU64,
}

impl Meter {
    pub fn new(limit: Duration) -> Arc<Self> {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Arc::new(Self { limit, used: AtomicU64::new(0), began: AtomicU64::new(0) })
    }

    /// Whether the limit is passed. Asked from inside a poll.
    pub fn spent(&self) -> bool {
        let now = thread_time().saturating_sub(self.began.load(Relaxed));
        self.used.load(Relaxed).saturating_add(now) > self.limit
    }

    fn enter(&self) {
        self.began.store(thread_time(), Relaxed);
    }

    fn leave(&self) {
        let slice = thread_time().saturating_sub(self.began.load(Relaxed));
        self.used.fetch_add(slice, Relaxed);
    }
}

/// Nanoseconds of CPU time of this thread.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// A future whose polls are metered.
pub(crate) struct Metered<T> {
    meter: Arc<Meter>,
    inner: Pin<Box<dyn Future<Output = T> + Send>>,
}

impl<T> Metered<T> {
    pub fn new(meter: Arc<Meter>, inner: impl Future<Output = T> + Send + 'static) -> Self {
        Self { meter, inner: Box::pin(inner) }
    }
}

impl<T> Future for Metered<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.meter.enter();
        let poll = self.inner.as_mut().poll(cx);
        self.meter.leave();
        poll
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_inside_a_poll_is_counted_and_waiting_is_not() {
        let meter = Meter::new(Duration::from_secs(3600));
        let mut future = Metered::new(Arc::clone(&meter), async {
            let begin = thread_time();
            while thread_time() - begin < 2_000_000 {}
        });
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut future).poll(&mut cx).is_ready());
        let used = meter.used.load(Relaxed);
        assert!(used >= 2_000_000, "{used} ns");
        assert!(!meter.spent());
    }

    #[test]
    fn a_limit_of_nothing_is_spent_by_the_first_work() {
        let meter = Meter::new(Duration::ZERO);
        meter.enter();
        let begin = thread_time();
        while thread_time() == begin {}
        assert!(meter.spent());
    }
}

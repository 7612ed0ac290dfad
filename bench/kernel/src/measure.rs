//! One round: so many requests by so many workers, with the time and the CPU that they took.

use crate::peers::Worker;
use anyhow::{Context, Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

/// What a round came to.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Requests a second.
    pub rate: f64,
    /// Microseconds of CPU a request, user and system, of this process: the upstream is another one.
    pub cpu: f64,
}

/// Runs a round. The amount is fixed, not the time: no request is cut in two by the clock.
pub async fn round(workers: Vec<Worker>, requests: usize, bytes: usize) -> Result<(Vec<Worker>, Sample)> {
    let left = Arc::new(AtomicUsize::new(requests));
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let mut tasks = JoinSet::new();
    for worker in workers {
        tasks.spawn(ask(worker, Arc::clone(&left), bytes));
    }
    let mut workers = Vec::with_capacity(tasks.len());
    while let Some(worker) = tasks.join_next().await {
        workers.push(worker.context("a worker panicked")??);
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    Ok((workers, Sample { rate: requests as f64 / seconds, cpu: cpu * 1e6 / requests as f64 }))
}

async fn ask(mut worker: Worker, left: Arc<AtomicUsize>, bytes: usize) -> Result<Worker> {
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let received = worker.get().await?;
        ensure!(received == bytes, "{received} bytes instead of {bytes}");
    }
    Ok(worker)
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The middle one, or the mean of the two in the middle; 0 of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

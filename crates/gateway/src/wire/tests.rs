//! Clients that are slow, early or gone, against a clock that the test holds.

use super::{Gone, Wire};
use crate::pace::Pace;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

const PACE: Pace = Pace { rate: 100, after: Duration::from_secs(30) };

/// Writes an answer of `length` bytes to a client that takes `piece` bytes every second; how that ended, and after how long.
async fn write(length: usize, piece: usize) -> (io::Result<()>, Duration) {
    // Nothing is buffered in between but one byte, so that what is taken is what is written.
    let (ours, theirs) = tokio::io::duplex(1);
    let started = Instant::now();
    let reader = tokio::spawn(take(theirs, piece));
    let mut wire = Wire::new(ours, 1000, PACE);
    let answer = vec![b'x'; length];
    let outcome = async { wire.write_all(&answer).await }.await;
    let outcome = match outcome {
        Ok(()) => wire.flush().await,
        Err(error) => Err(error),
    };
    reader.abort();
    (outcome, started.elapsed())
}

async fn take(mut stream: DuplexStream, piece: usize) {
    let mut space = vec![0; piece];
    loop {
        sleep(Duration::from_secs(1)).await;
        if stream.read_exact(&mut space).await.is_err() {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_its_answer_a_few_bytes_at_a_time_is_cut_off() {
    let (outcome, took) = write(100_000, 50).await;
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!((30..32).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_the_least_rate_gets_its_whole_answer() {
    let (outcome, took) = write(20_000, 110).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(took.as_secs() > 100, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_may_be_slow_for_the_first_while() {
    let (outcome, took) = write(25, 1).await;
    assert!(outcome.is_ok(), "{outcome:?} after {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_off_though_it_was_fast_before() {
    let (ours, mut theirs) = tokio::io::duplex(1);
    let fast = tokio::spawn(async move {
        theirs.read_exact(&mut [0; 50_000]).await.unwrap();
        theirs
    });
    let started = Instant::now();
    let outcome = Wire::new(ours, 1000, PACE).write_all(&[b'x'; 60_000]).await;
    assert_eq!((outcome.unwrap_err().kind(), started.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
    drop(fast.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_cost_is_not_held_against_the_next() {
    let (ours, theirs) = tokio::io::duplex(1);
    tokio::spawn(take(theirs, 1));
    let mut wire = Wire::new(ours, 1000, PACE);
    for _ in 0..5 {
        wire.write_all(b"twenty bytes or more").await.unwrap();
        wire.flush().await.unwrap();
    }
}

/// A client that has sent a request, and a task that works on it until it is told to end.
struct Working {
    theirs: DuplexStream,
    wire: Wire<DuplexStream>,
    work: JoinHandle<Result<(), Gone>>,
    end: oneshot::Sender<()>,
}

impl Working {
    async fn start() -> Self {
        let (ours, mut theirs) = tokio::io::duplex(1);
        let wire = Wire::new(ours, 1000, PACE);
        let client = wire.client();
        let (end, ended) = oneshot::channel();
        let work = tokio::spawn(async move { client.unless_gone(async { ended.await.unwrap() }).await });
        // What does not fit in between is taken only by the watch: once this is written, the work has begun.
        theirs.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        Self { theirs, wire, work, end }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_bytes_gets_those_that_came_during_the_work_once_it_ends() {
    let Working { theirs, mut wire, work, end } = Working::start().await;
    let reading = tokio::spawn(async move {
        let mut space = [0; 1000];
        let read = wire.read(&mut space).await.unwrap();
        String::from_utf8(space[..read].to_vec()).unwrap()
    });
    sleep(Duration::from_secs(1)).await;
    assert!(!reading.is_finished(), "bytes were handed on during the work");
    end.send(()).unwrap();
    work.await.unwrap().unwrap();
    let read = timeout(Duration::from_secs(1), reading).await.expect("nobody woke the reader");
    assert_eq!(read.unwrap(), "GET / HTTP/1.1\r\n\r\n");
    drop(theirs);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_64_kib_are_read_ahead() {
    let Working { mut theirs, wire, work, end } = Working::start().await;
    let mut sent = "GET / HTTP/1.1\r\n\r\n".len();
    while timeout(Duration::from_secs(1), theirs.write_all(b"x")).await.is_ok() {
        sent += 1;
    }
    // The last byte is between us.
    assert_eq!(sent, (64 << 10) + 1);
    end.send(()).unwrap();
    work.await.unwrap().unwrap();
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn work_for_a_client_that_is_gone_is_dropped() {
    let Working { theirs, wire, work, mut end } = Working::start().await;
    drop(theirs);
    assert!(work.await.unwrap().is_err());
    end.closed().await;
    drop(wire);
}

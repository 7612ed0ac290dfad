//! Many calls, each ended at a random moment by its caller or by a peer that answers, stalls, resets or stops half-way:
//! afterwards nothing is left of them. `EGRET_SOAK=100000` makes it as long as a release wants it.
//!
//! A binary of its own: descriptors and memory are those of the whole process.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../it/house.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod house;

use crate::house::{caller_of, draft, local, policy};
use egret_egress::{Caller, Config, Egress, Silent};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

const AT_ONCE: usize = 64;
const PATHS: [&str; 6] = ["/ok", "/chunks", "/stall", "/half", "/reset", "/silent"];

/// What a process holds: open descriptors, tasks, and resident memory in KiB.
#[derive(Debug)]
struct Holding {
    descriptors: usize,
    tasks: usize,
    resident: usize,
}

impl Holding {
    fn now() -> Self {
        // The tasks first: what they hold is given back before they are counted out.
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
        Self { descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(), tasks, resident: pages * 4 }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_calls_that_end_anyhow() {
    #[expect(clippy::disallowed_methods, reason = "test: how long to soak is asked of whoever runs it")]
    let calls = std::env::var("EGRET_SOAK").map_or(4_000, |calls| calls.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = tokio::spawn(serve(listener));
    let mut config = Config { hosts: [("a.test".to_owned(), vec![[127, 0, 0, 1].into()])].into(), ..Config::default() };
    config.caps.idle_time = Duration::from_millis(50);
    let egress = Egress::build(config, Arc::new(Silent)).unwrap();
    let caller = caller_of("app", &policy([local("a.test", address)]));
    let caller = Caller { deadline: caller.deadline + Duration::from_secs(3600), ..caller };
    let before = Holding::now();
    run(&egress, &caller, address, 0..calls / 4).await;
    let early = at_rest(&before).await;
    run(&egress, &caller, address, calls / 4..calls).await;
    let late = at_rest(&before).await;
    println!("before {before:?}\nafter {} calls {early:?}\nafter {calls} {late:?}", calls / 4);
    assert!(late.descriptors <= early.descriptors, "{early:?} {late:?}");
    assert!(late.resident < early.resident + 8_192, "{early:?} {late:?}");
    peer.abort();
}

/// Each call gets a peer's behaviour and a moment at which its caller loses patience, both from its number alone.
async fn run(egress: &Egress, caller: &Caller, address: SocketAddr, numbers: std::ops::Range<usize>) {
    let mut running = JoinSet::new();
    for number in numbers {
        if running.len() == AT_ONCE {
            running.join_next().await;
        }
        let (egress, caller) = (egress.clone(), caller.clone());
        let dice = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
        let url = format!("http://a.test:{}{}", address.port(), PATHS[dice % PATHS.len()]);
        let patience = Duration::from_micros((dice / 64 % 4_000) as u64);
        running.spawn(timeout(patience, async move {
            if let Ok(response) = egress.fetch(&caller, draft(&url)).await {
                // Whether it ends well does not matter here.
                let _ = response.body.collect(1 << 20).await;
            }
        }));
    }
    while running.join_next().await.is_some() {}
}

/// Waits until no task is left that was not there before: the sweep closes what rests, and the peer sees it.
async fn at_rest(before: &Holding) -> Holding {
    let rest = async {
        loop {
            let now = Holding::now();
            if now.tasks <= before.tasks {
                return now;
            }
            tokio::task::yield_now().await;
        }
    };
    let Ok(holding) = timeout(Duration::from_secs(60), rest).await else { panic!("tasks of ended calls are still alive after a minute") };
    holding
}

async fn serve(listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted { connections.spawn(answer(stream)); },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers as the path says, until the client leaves.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 4096];
    loop {
        let length = stream.read(&mut head).await?;
        let text = std::str::from_utf8(&head[..length]).unwrap_or_default();
        match text.split(' ').nth(1) {
            Some("/ok") => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?,
            Some("/chunks") => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                for _ in 0..8 {
                    stream.write_all(b"4\r\nabcd\r\n").await?;
                    tokio::task::yield_now().await;
                }
                stream.write_all(b"0\r\n\r\n").await?;
            }
            Some("/stall") => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1234").await?,
            Some("/half") => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1234").await,
            Some("/reset") => return stream.set_zero_linger(),
            Some("/silent") => {}
            _ => return Ok(()),
        }
    }
}

//! A writer that blocks until it is let go on, one write at a time.

use super::*;
use std::sync::mpsc::Sender;

const PATIENCE: Duration = Duration::from_secs(60);

/// Tells what it is asked to write, and returns when it is told to.
struct Blocked {
    writes: Sender<String>,
    go: Receiver<()>,
}

impl Write for Blocked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.writes.send(String::from_utf8(bytes.to_vec()).unwrap());
        // Once the test holds no sender any more, everything may pass.
        let _ = self.go.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn blocked() -> (Queue, Receiver<String>, Sender<()>) {
    let ((writes, written), (go, may_go)) = (channel(), channel());
    (Queue::start(Blocked { writes, go: may_go }, |lines| format!("{lines} dropped\n")).unwrap(), written, go)
}

#[test]
fn who_reports_never_waits_and_is_told_what_is_missing() {
    let (queue, written, go) = blocked();
    queue.send("first\n".to_owned());
    assert_eq!(written.recv().unwrap(), "first\n", "the writer is blocked from here on");
    (0..MAX_WAITING).for_each(|_| queue.send("waits\n".to_owned()));
    (0..3).for_each(|_| queue.send("no room\nfor two\n".to_owned()));
    for _ in 0..2 {
        go.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), "waits\n");
    }
    queue.send("room again\n".to_owned());
    drop(go);
    queue.close(PATIENCE);
    let rest: Vec<String> = written.iter().filter(|text| text != "waits\n").collect();
    assert_eq!(rest, ["6 dropped\n", "room again\n"]);
}

#[test]
fn bytes_are_bounded_too() {
    let (queue, written, go) = blocked();
    let (long, short) = ("x".repeat(MAX_BYTES - 1), "y".to_owned());
    queue.send(long.clone());
    queue.send(short.clone());
    queue.send(short.clone());
    drop(go);
    queue.close(PATIENCE);
    assert_eq!(written.iter().collect::<Vec<_>>(), [long, short, "1 dropped\n".to_owned()]);
}

#[test]
fn closing_writes_what_waits() {
    let (queue, written, go) = blocked();
    (0..100).for_each(|index| queue.send(format!("{index}")));
    drop(go);
    queue.close(PATIENCE);
    queue.send("too late".to_owned());
    assert_eq!(written.iter().collect::<Vec<_>>(), (0..100).map(|index| index.to_string()).collect::<Vec<_>>());
}

#[test]
fn closing_does_not_wait_for_a_blocked_terminal() {
    let (queue, written, go) = blocked();
    queue.send("never ends".to_owned());
    assert_eq!(written.recv().unwrap(), "never ends");
    queue.close(Duration::ZERO);
    drop(go);
}

#[test]
fn a_closed_pipe_ends_the_writer_and_nobody_else() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let queue = Queue::start(Closed, |lines| lines.to_string()).unwrap();
    (0..10).for_each(|_| queue.send("x".to_owned()));
    queue.close(PATIENCE);
}

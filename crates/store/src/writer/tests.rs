//! The writer by itself: what a group leaves when part of it fails, what is dropped, and what is heard of a writer that is gone.

use super::group::Group;
use super::queues::{Order, Queues};
use super::{Class, Effect, Taken, Work, Write, Writer};
use crate::{Result, StoreError};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

/// A control write that runs a statement and tells what it hears.
struct Statement(&'static str, Sender<Result<()>>);

impl Work for Statement {
    fn run(&mut self, db: &Connection) -> Result<()> {
        Ok(db.execute_batch(self.0)?)
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        self.1.send(outcome).unwrap();
    }

    fn effect(&self) -> Effect {
        Effect::Keeps
    }
}

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(concat!(
        include_str!("../store/schema/v1.sql"),
        include_str!("../store/schema/v2.sql"),
        include_str!("../store/schema/v3.sql"),
        include_str!("../store/schema/v4.sql")
    ))
    .unwrap();
    db.execute_batch("CREATE TABLE kept (x INTEGER PRIMARY KEY)").unwrap();
    db
}

fn kept(db: &Connection) -> Vec<i64> {
    let mut select = db.prepare("SELECT x FROM kept ORDER BY x").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
}

type Heard = Vec<Receiver<Result<()>>>;

fn order(statements: &[&'static str]) -> (Order, Heard) {
    let (mut order, mut heard) = (Order::default(), Vec::new());
    for statement in statements {
        let (answer, hears) = channel();
        order.control.push(Box::new(Statement(statement, answer)));
        heard.push(hears);
    }
    (order, heard)
}

fn outcomes(heard: Heard) -> Vec<bool> {
    heard.into_iter().map(|hears| hears.recv().unwrap().is_ok()).collect()
}

fn event(text: &str) -> Write {
    Write::Event { time: SystemTime::now(), app: None, kind: "test".to_owned(), text: text.to_owned() }
}

#[test]
fn a_write_that_fails_half_way_undoes_itself_and_none_of_its_neighbours() {
    let db = database();
    let failing = "INSERT INTO kept VALUES (2); INSERT INTO kept VALUES (3); INSERT INTO kept VALUES (1)";
    let (order, heard) = order(&["INSERT INTO kept VALUES (1)", failing, "INSERT INTO kept VALUES (4)"]);
    Group::new(&db).commit(order);
    assert_eq!(outcomes(heard), [true, false, true]);
    assert_eq!(kept(&db), [1, 4]);
    assert!(db.is_autocommit());
}

#[test]
fn a_transaction_that_ends_under_our_hands_fails_everybody_in_it() {
    let db = database();
    let failing = "INSERT OR ROLLBACK INTO kept VALUES (1)";
    let (mut order, heard) = order(&["INSERT INTO kept VALUES (1)", failing, "INSERT INTO kept VALUES (4)"]);
    order.bulk[Class::Audit as usize] = vec![event("a"), event("b")];
    let mut group = Group::new(&db);
    let outcome = group.commit(order);
    assert_eq!(outcomes(heard), [false; 3]);
    assert_eq!((outcome.finished, outcome.lost), ([0, 0, 2, 0], [0, 0, 2, 0]));
    assert_eq!(kept(&db), [0; 0]);
    let (order, heard) = self::order(&["INSERT INTO kept VALUES (5)"]);
    group.commit(order);
    assert_eq!((outcomes(heard), kept(&db)), (vec![true], vec![5]));
}

#[test]
fn a_row_that_cannot_be_written_is_counted_and_its_neighbours_stay() {
    let db = database();
    db.execute_batch("CREATE UNIQUE INDEX once ON events (text)").unwrap();
    let mut order = Order::default();
    order.bulk[Class::Denials as usize] = vec![event("a"), event("a"), event("b")];
    let outcome = Group::new(&db).commit(order);
    assert_eq!((outcome.finished[1], outcome.lost[1]), (3, 1));
    let rows: i64 = db.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn a_full_class_drops_and_counts_exactly_and_the_others_have_their_own_room() {
    let queues = Queues::default();
    let taken: Vec<Taken> = (0..65_546).map(|_| queues.hand_over(Class::Audit, event(""))).collect();
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Dropped).count(), 10);
    assert_eq!(queues.hand_over(Class::Denials, event("")), Taken::Queued);
    assert_eq!(Class::ALL.map(|class| queues.dropped(class)), [0, 0, 10, 0]);
    let order = queues.take(Duration::MAX).unwrap();
    assert_eq!(order.bulk.map(|rows| rows.len()), [0, 1, 16_383, 0]);
    assert_eq!(queues.hand_over(Class::Audit, event("")), Taken::Queued);
}

#[test]
fn what_waits_is_bounded_in_bytes_too() {
    let queues = Queues::default();
    let text = "x".repeat(4_096);
    let taken = (0..65_536).take_while(|_| queues.hand_over(Class::Cache, event(&text)) == Taken::Queued).count();
    assert!((3_900..=4_096).contains(&taken), "{taken}");
    while queues.take(Duration::ZERO).is_some_and(|order| order.bulk.iter().any(|rows| rows.len() == 16_384)) {}
    assert_eq!(queues.hand_over(Class::Cache, event(&text)), Taken::Queued);
}

/// The writer is held inside a control write, so that everything else has to wait.
#[test]
fn a_bulk_write_never_waits_for_the_writer_and_a_control_write_passes_what_waits() {
    let writer = Writer::start(database()).unwrap();
    let (begun, begins) = channel();
    let (release, released) = channel::<()>();
    thread::scope(|scope| {
        let holding = move |_: &Connection| {
            begun.send(()).unwrap();
            released.recv().map_err(|_| StoreError::Closed)
        };
        let held = scope.spawn(|| writer.control(Effect::Keeps, holding));
        begins.recv().unwrap();
        for _ in 0..10_000 {
            assert_eq!(writer.bulk(Class::Audit, event("")), Taken::Queued);
        }
        let count = |db: &Connection| Ok(db.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0))?);
        let (ordered, orders) = channel();
        let queues = &writer.queues;
        let passing = scope.spawn(move || {
            let (reply, answer) = std::sync::mpsc::sync_channel(1);
            queues.order(Box::new(super::Task { work: Some(count), value: None, effect: Effect::Keeps, reply })).unwrap();
            ordered.send(()).unwrap();
            answer.recv().unwrap()
        });
        orders.recv().unwrap();
        release.send(()).unwrap();
        held.join().unwrap().unwrap();
        assert_eq!(passing.join().unwrap().unwrap(), 0);
    });
    writer.flush().unwrap();
    assert_eq!(writer.dropped(Class::Audit), 0);
}

#[test]
fn a_writer_that_panics_leaves_nobody_waiting() {
    let writer = Writer::start(database()).unwrap();
    let broken = writer.control(Effect::Keeps, |_| -> Result<()> { panic!("a fault in a write") });
    assert!(matches!(broken, Err(StoreError::Closed)));
    assert!(matches!(writer.control(Effect::Keeps, |_| Ok(())), Err(StoreError::Closed)));
    assert!(matches!(writer.flush(), Err(StoreError::Closed)));
    assert_eq!((writer.bulk(Class::Audit, event("")), writer.dropped(Class::Audit)), (Taken::Dropped, 1));
}

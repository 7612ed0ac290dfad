//! One group of writes in one transaction. A control write that fails is undone alone; a transaction that fails fails them all.

use super::queues::{Order, Outcome};
use super::{Effect, Work, Write};
use crate::store::PATIENCE;
use crate::{Result, Retention, StoreError, audit, clock, events};
use rusqlite::Connection;
use std::time::Duration;

/// How long the emptying of the log waits for readers. If they take longer, as a backup does, it is tried again after each group,
/// and then without waiting.
const ERASING: Duration = Duration::from_millis(200);

/// How much of a commit is on the disk when it returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    /// All of it.
    Full,
    /// What the system got round to: a crash of the machine, never one of ours, may lose the newest groups.
    Normal,
}

/// The writer's side of the connection.
pub struct Group<'a> {
    db: &'a Connection,
    sync: Option<Sync>,
    /// Values were erased that may still be in the log.
    erasing: bool,
}

impl<'a> Group<'a> {
    /// Commits on this connection.
    pub fn new(db: &'a Connection) -> Self {
        Self { db, sync: None, erasing: false }
    }

    /// Writes what was taken, and answers whoever waits for it.
    pub fn commit(&mut self, mut order: Order) -> Outcome {
        let mut outcome = Outcome::default();
        for (finished, rows) in outcome.finished.iter_mut().zip(&order.bulk) {
            *finished = rows.len() as u64;
        }
        let erases = order.control.iter().any(|work| work.effect() == Effect::Erases);
        self.erasing |= erases;
        let mut results: Vec<Result<()>> = Vec::with_capacity(order.control.len());
        if order.is_empty() {
            return outcome;
        }
        let committed = self.transact(&mut order, &mut results, &mut outcome);
        if let Err(error) = &committed {
            outcome.lost = outcome.finished;
            outcome.fault = outcome.lost.iter().any(|lost| *lost > 0).then(|| error.clone());
        } else if self.erasing {
            self.erase(if erases { ERASING } else { Duration::ZERO });
        }
        answer(order.control, results, &committed);
        outcome
    }

    /// One transaction. Whatever it fails with, nothing of it stays.
    fn transact(&mut self, order: &mut Order, results: &mut Vec<Result<()>>, outcome: &mut Outcome) -> Result<()> {
        self.demand(if order.control.is_empty() { Sync::Normal } else { Sync::Full })?;
        self.run("BEGIN IMMEDIATE")?;
        let written = self.write(order, results, outcome).and_then(|()| self.run("COMMIT"));
        if written.is_err() && !self.db.is_autocommit() {
            // Without this the next group would find a transaction open; should it fail too, that group hears of it.
            let _ = self.run("ROLLBACK");
        }
        written
    }

    fn write(&self, order: &mut Order, results: &mut Vec<Result<()>>, outcome: &mut Outcome) -> Result<()> {
        for work in &mut order.control {
            results.push(self.alone(work.as_mut())?);
        }
        if !order.control.is_empty() {
            self.db.prepare_cached("UPDATE meta SET value = value + 1 WHERE name = 'changes'")?.execute([])?;
        }
        self.rows(order, outcome)
    }

    /// Writes the rows that nobody waits for, and counts those that cannot be written.
    fn rows(&self, order: &Order, outcome: &mut Outcome) -> Result<()> {
        let (mut events, mut attempts) = (events::Insert::new(self.db)?, audit::Insert::new(self.db)?);
        let mut sums = audit::Sums::default();
        let mut fault = None;
        for (rows, lost) in order.bulk.iter().zip(&mut outcome.lost) {
            let mut count = |rows: usize, written: Result<()>| {
                let Err(error) = written else { return Ok(true) };
                *lost += rows as u64;
                fault = Some(error);
                self.still_open().map(|()| false)
            };
            let mut tried = Vec::with_capacity(rows.len());
            for row in rows {
                match row {
                    Write::Attempt(row) => tried.push(&**row),
                    Write::Event { time, app, kind, text } => {
                        count(1, events.row(clock::kept(*time), app.as_deref(), kind, text))?;
                    }
                }
            }
            for pack in tried.chunks(audit::PACK) {
                if count(pack.len(), attempts.pack(pack))? {
                    pack.iter().for_each(|row| sums.add(row));
                }
            }
        }
        outcome.fault = fault;
        sums.write(self.db)
    }

    /// Takes one step towards what is kept of the log, after a group of so many rows. Says whether there may be more to do; what
    /// fails is tried again later.
    pub fn trim(&mut self, keep: Option<&Retention>, written: u64) -> bool {
        let Some(keep) = keep else { return false };
        self.demand(Sync::Normal).and_then(|()| audit::trim(self.db, keep, written)).unwrap_or(false)
    }

    /// Does one control write so that its failure undoes nothing but itself. The outer error is the transaction's.
    fn alone(&self, work: &mut dyn Work) -> Result<Result<()>> {
        self.run("SAVEPOINT alone")?;
        let result = work.run(self.db);
        self.still_open()?;
        if result.is_err() {
            self.run("ROLLBACK TO alone")?;
        }
        self.run("RELEASE alone")?;
        Ok(result)
    }

    /// Some faults, a full disk among them, end the whole transaction under our hands.
    fn still_open(&self) -> Result<()> {
        if self.db.is_autocommit() { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Sees to it that the log is not synced for what nobody waits for.
    fn demand(&mut self, sync: Sync) -> Result<()> {
        if self.sync == Some(sync) {
            return Ok(());
        }
        self.run(match sync {
            Sync::Full => "PRAGMA synchronous = FULL",
            Sync::Normal => "PRAGMA synchronous = NORMAL",
        })?;
        self.sync = Some(sync);
        Ok(())
    }

    /// Takes the log into the file, where what was deleted is overwritten with zeros, and empties it.
    fn erase(&mut self, patience: Duration) {
        let emptied = self
            .db
            .busy_timeout(patience)
            .and_then(|()| self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).map(|busy| busy == 0));
        let _ = self.db.busy_timeout(PATIENCE);
        self.erasing = !matches!(emptied, Ok(true));
    }

    fn run(&self, sql: &str) -> Result<()> {
        Ok(self.db.prepare_cached(sql)?.execute([]).map(|_| ())?)
    }
}

/// Each hears its own failure, or else what became of the transaction; those that were not come to hear of the latter too.
fn answer(control: Vec<Box<dyn Work>>, results: Vec<Result<()>>, committed: &Result<()>) {
    let mut results = results.into_iter();
    for work in control {
        let result = results.next().unwrap_or(Ok(()));
        work.answer(result.and_then(|()| committed.clone()));
    }
}

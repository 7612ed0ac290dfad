//! `egret net logs`: what apps reached and tried to reach.
//!
//! It reads the store itself rather than asking a running server: what is asked may be a million rows, which are no business of the
//! process that serves, and the answer is the same where none runs.

use super::moment::Moment;
use crate::commands::Data;
use crate::commands::owner::{reading, tell};
use crate::show;
use egret_store::{Attempt, Filter, Store, StoreError};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How often the log is looked at for more.
const EVERY: Duration = Duration::from_millis(200);

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// Show what apps reached and what was refused to them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net logs --app shop --since 1h
  egret net logs --refused --follow
  egret net logs --code policy.rule --json | jq .host
The newest come last. `egret why` tells the whole story of a call. A time is UTC.")]
pub struct Logs {
    /// Of this app only
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// To this host only
    #[arg(long)]
    host: Option<String>,
    /// Begun since then: 30m, 1h, 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Begun before then
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    until: Option<Moment>,
    /// Refused ones only
    #[arg(long)]
    refused: bool,
    /// With this code only; policy.rule means all that begin with policy.rule.
    #[arg(long)]
    code: Option<String>,
    /// Show so many at most, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Logs) -> anyhow::Result<ExitCode> {
    let Logs { app, host, since, until, refused, code, limit, follow, json, data } = arguments;
    let filter = Filter { app, host, since: since.map(|at| at.0), until: until.map(|at| at.0), refused, code, id: None };
    let store = match reading(&data.dir()?) {
        Ok(store) => store,
        Err(fault) => return Ok(tell(json, Err(fault))),
    };
    let printer = Printer { json };
    let Some(store) = store else { return printer.nothing() };
    let rows = newest(&store, &filter, limit).map(|(last, rows)| {
        let printed = if rows.is_empty() && !follow { printer.say_nothing() } else { printer.head().and_then(|()| printer.rows(&rows)) };
        (last, printed)
    });
    match rows {
        Err(error) => Ok(tell(json, Err(error.into()))),
        Ok((last, Ok(()))) if follow => crate::commands::runtime()?.block_on(go_on(&store, &filter, last, &printer)),
        Ok((_, printed)) => quietly(printed),
    }
}

/// The newest rows, oldest first, and the number behind which there are more to come.
fn newest(store: &Store, filter: &Filter, limit: usize) -> Result<(i64, Vec<Attempt>), StoreError> {
    let end = end(store)?;
    let rows = store.latest_attempts(filter, limit)?;
    let last = rows.first().map_or(end, |(id, _)| end.max(*id));
    Ok((last, rows.into_iter().rev().map(|(_, row)| row).collect()))
}

fn end(store: &Store) -> Result<i64, StoreError> {
    Ok(store.latest_attempts(&Filter::default(), 1)?.first().map_or(0, |(id, _)| *id))
}

async fn go_on(store: &Store, filter: &Filter, mut last: i64, printer: &Printer) -> anyhow::Result<ExitCode> {
    let interrupted = tokio::signal::ctrl_c();
    let (mut interrupted, mut closed) = (std::pin::pin!(interrupted), std::pin::pin!(closed()));
    loop {
        tokio::select! {
            interrupted = &mut interrupted => return Ok(interrupted.map(|()| ExitCode::SUCCESS)?),
            () = &mut closed => return Ok(ExitCode::SUCCESS),
            () = tokio::time::sleep(EVERY) => {}
        }
        // Where nothing more matches, all rows up to here are done with.
        let end = end(store)?;
        let rows = store.attempts(filter, last, PAGE)?;
        last = rows.last().map_or(last, |(id, _)| *id).max(if rows.len() < PAGE { end } else { last });
        let rows: Vec<Attempt> = rows.into_iter().map(|(_, row)| row).collect();
        if let Err(error) = printer.rows(&rows) {
            return quietly(Err(error));
        }
    }
}

/// Ends when nobody reads any more what is printed: without this, that would be found out with the next row. A file is never closed.
#[expect(deprecated, reason = "what it asks for holds: the standard output's descriptor is never closed; the other way is unsafe code")]
async fn closed() {
    let told = match AsyncFd::with_interest(io::stdout(), Interest::ERROR) {
        Ok(watched) => watched.ready(Interest::ERROR).await.is_ok(),
        Err(_) => false,
    };
    if !told {
        std::future::pending().await
    }
}

/// A reader that goes is no fault.
fn quietly(printed: io::Result<()>) -> anyhow::Result<ExitCode> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}

struct Printer {
    json: bool,
}

impl Printer {
    fn head(&self) -> io::Result<()> {
        self.text(if self.json { "" } else { show::HEAD })
    }

    fn rows(&self, rows: &[Attempt]) -> io::Result<()> {
        let one = |row: &Attempt| if self.json { show::json_text(&egret_audit::line(row)) + "\n" } else { show::attempt(row) };
        self.text(&rows.iter().map(one).collect::<String>())
    }

    /// For programs, no line says it.
    fn say_nothing(&self) -> io::Result<()> {
        self.text(if self.json { "" } else { "the log has nothing of that\n" })
    }

    fn nothing(&self) -> anyhow::Result<ExitCode> {
        quietly(self.say_nothing())
    }

    fn text(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

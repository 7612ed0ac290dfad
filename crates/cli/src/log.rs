//! Where lines of the log go: to standard error, behind a queue, as text or JSON.
//!
//! Only our own parts are ever written: what a library logs inside could hold what it sends.

use crate::show::Queue;
use anyhow::{Context, Result, bail};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

/// What the names of our own parts begin with, also those of a crate.
const OURS: &str = "egret";

/// How long stopping waits for standard error.
const PATIENCE: Duration = Duration::from_secs(1);

/// How lines are written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// The log under way.
pub struct Log(Option<Arc<Queue>>);

impl Log {
    /// Nothing is written.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Writes from now on. A process has one log, and it is started once.
    pub fn start(form: Form, filter: Option<&str>) -> Result<Self> {
        let filter = parse(filter.unwrap_or_default())?;
        let notice: fn(u64) -> String = match form {
            Form::Text => |lines| format!("{lines} lines of the log dropped: they were not read in time\n"),
            Form::Json => |lines| format!("{}\n", serde_json::json!({ "level": "WARN", "message": "lines dropped", "lines": lines })),
        };
        let queue = Arc::new(Queue::start(io::stderr(), notice)?);
        let lines = fmt::layer().with_writer(Lines(Arc::clone(&queue)));
        match form {
            Form::Text => registry().with(lines.with_ansi(false).with_filter(filter)).try_init(),
            Form::Json => registry().with(lines.json().flatten_event(true).with_current_span(false).with_filter(filter)).try_init(),
        }
        .context("the log")?;
        Ok(Self(Some(queue)))
    }

    /// Writes what waits, as far as a second suffices.
    pub fn close(&self) {
        self.0.iter().for_each(|queue| queue.close(PATIENCE));
    }
}

/// `LEVEL` for everything, or `PART=LEVEL`, between commas; `info` where nothing is said.
fn parse(text: &str) -> Result<Targets> {
    // The library takes an empty text for the highest level alone.
    let wanted = if text.is_empty() { Ok(Targets::new()) } else { text.parse::<Targets>() };
    let wanted = wanted.with_context(|| format!("EGRET_LOG {text:?} is not LEVEL or PART=LEVEL between commas"))?;
    let mut filter = Targets::new().with_target(OURS, wanted.default_level().unwrap_or(LevelFilter::INFO));
    for (part, level) in wanted.iter() {
        if !part.starts_with(OURS) {
            bail!("EGRET_LOG names {part:?}; the parts of the log begin with {OURS}, for example egret::call");
        }
        filter = filter.with_target(part, level);
    }
    Ok(filter)
}

/// Hands lines to the queue. A line comes whole.
#[derive(Clone)]
struct Lines(Arc<Queue>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn only_our_own_parts_are_ever_written() {
        for text in ["", "trace", "egret::call=trace", "warn,egret::call=debug"] {
            let filter = parse(text).unwrap();
            assert!(["hyper", "h2::codec", "hickory_proto"].iter().all(|part| !filter.would_enable(part, &Level::ERROR)), "{text}");
            assert!(filter.would_enable("egret::server", &Level::WARN), "{text}");
        }
        let unsaid = parse("").unwrap();
        assert!(unsaid.would_enable("egret::server", &Level::INFO) && !unsaid.would_enable("egret::server", &Level::DEBUG));
        let filter = parse("warn,egret::call=debug").unwrap();
        assert!(filter.would_enable("egret::call", &Level::DEBUG) && !filter.would_enable("egret::server", &Level::INFO));
        assert!(parse("h2=trace").unwrap_err().to_string().contains("h2") && parse("egret=loud").is_err());
    }
}

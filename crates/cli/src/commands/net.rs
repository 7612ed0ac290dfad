//! `egret net ...`: what functions may reach.

mod cache;
mod diff;
mod explain;
mod fetch;
mod learn;
mod limits;
mod lockdown;
mod logs;
mod moment;
mod past;
mod rules;
mod standing;
mod stats;
mod stored;

use std::process::ExitCode;

/// What functions may reach
#[derive(clap::Subcommand)]
pub enum Net {
    Allow(rules::Allow),
    Deny(rules::Deny),
    Remove(rules::Remove),
    List(rules::List),
    Explain(explain::Arguments),
    Fetch(fetch::Arguments),
    Learn(learn::Learn),
    Diff(diff::Diff),
    Limits(limits::Arguments),
    Logs(logs::Logs),
    Stats(stats::Stats),
    Lockdown(lockdown::Lockdown),
    #[command(subcommand)]
    Cache(cache::Cache),
}

pub fn run(command: Net) -> anyhow::Result<ExitCode> {
    match command {
        Net::Allow(arguments) => rules::allow(arguments),
        Net::Deny(arguments) => rules::deny(arguments),
        Net::Remove(arguments) => rules::remove(arguments),
        Net::List(arguments) => rules::list(arguments),
        Net::Explain(arguments) => explain::run(arguments),
        Net::Fetch(arguments) => fetch::run(arguments),
        Net::Learn(arguments) => learn::run(arguments),
        Net::Diff(arguments) => diff::run(arguments),
        Net::Limits(arguments) => limits::run(arguments),
        Net::Logs(arguments) => logs::run(arguments),
        Net::Stats(arguments) => stats::run(arguments),
        Net::Lockdown(arguments) => lockdown::run(arguments),
        Net::Cache(command) => cache::run(command),
    }
}

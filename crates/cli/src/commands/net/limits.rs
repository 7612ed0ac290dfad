//! `egret net limits`: what the calls of an app are bounded by.

use crate::commands::owner::{OfApp, Owner, Said};
use egret_admin::{Command, Fault, Reply};
use std::process::ExitCode;

/// The limits that bound calls; the others are about functions and clients.
const OF_CALLS: [&str; 3] = ["outbound.", "invocation.calls", "invocation.open_calls"];
/// And those that bound what calls carry.
const OF_BYTES: [&str; 3] = ["invocation.bytes", "invocation.request_body", "invocation.response_body"];

/// Show what the calls of an app are bounded by
#[derive(clap::Args)]
#[command(after_help = "Example: egret net limits --app shop\n`egret limits set` changes them; `egret limits show` shows all others.")]
pub struct Arguments {
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { app, owner } = arguments;
    owner.run(|door| {
        let strange = || Fault::Socket("the server answered something else; is it another version of egret?".to_owned());
        // Without a name it is the only app, as for every command of an app.
        let Reply::App(app) = door.send(Command::AppShow { app: app.app })? else { return Err(strange()) };
        let Reply::Limits(mut limits) = door.send(Command::LimitList { app: Some(app.name) })? else { return Err(strange()) };
        limits.retain(|limit| OF_CALLS.iter().chain(&OF_BYTES).any(|start| limit.name.starts_with(start)));
        Ok(Said::from(Reply::Limits(limits)))
    })
}

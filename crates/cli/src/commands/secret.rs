//! `egret secret ...`: secrets go in through standard input, a file, a variable or a prompt, and never come out.

mod grants;
mod value;

use super::owner::{OfApp, Owner, Said};
use clap::{ArgAction, Args};
use egret_admin::{Command, Fault, Grace};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;
use value::Source;

/// Credentials that the kernel puts into requests; code never sees them
#[derive(clap::Subcommand)]
pub enum Secret {
    Set(Set),
    Rotate(Rotate),
    List(List),
    Remove(Remove),
    Grant(grants::Grant),
    Revoke(grants::Revoke),
    /// Say whether code may sign and verify with a secret: egret.secret(NAME).hmac and .verify
    #[command(after_help = "Example: egret secret hmac WEBHOOK_SECRET on --app shop")]
    Hmac(grants::Switch),
    /// Say whether the first echo of a secret ends its use
    ///
    /// Once its value came back from an upstream, calls that need it are refused, until something of the app's secrets is changed.
    #[command(after_help = "Example: egret secret trip STRIPE_KEY on --app shop")]
    Trip(grants::Switch),
}

/// Set a secret; an earlier value of that name is gone at once
///
/// The value comes from standard input, a file, a variable, or is asked for at the terminal without being shown. It is never an
/// argument: arguments stand in the shell's history, and every process of the machine can read them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  egret secret set STRIPE_KEY --app shop                       # asks, without showing what is typed
  pass show stripe | egret secret set STRIPE_KEY --app shop --from-stdin
  egret secret set STRIPE_KEY --app shop --from-file ./stripe.key
  egret secret set STRIPE_KEY --app shop --from-env STRIPE_KEY")]
pub struct Set {
    #[command(flatten)]
    what: Named,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    stray: Stray,
    #[command(flatten)]
    owner: Owner,
}

/// Replace a secret's value; the earlier one is known for a while yet
///
/// The new value is used from the next call on. For the time of grace the earlier one is still taken out of what comes back, and
/// signatures that were made with it still verify.
#[derive(Args)]
#[command(after_help = "Example: pass show stripe | egret secret rotate STRIPE_KEY --app shop --grace 1h --from-stdin")]
pub struct Rotate {
    #[command(flatten)]
    what: Named,
    #[command(flatten)]
    source: Source,
    /// How long the earlier value is known yet: a number and s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = value::time)]
    grace: Duration,
    #[command(flatten)]
    stray: Stray,
    #[command(flatten)]
    owner: Owner,
}

/// List an app's secrets: names, versions and where they may go
#[derive(Args)]
#[command(after_help = "Example: egret secret list --app shop --json")]
pub struct List {
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    owner: Owner,
}

/// Remove a secret with its grants
#[derive(Args)]
#[command(after_help = "Example: egret secret remove STRIPE_KEY --app shop")]
pub struct Remove {
    #[command(flatten)]
    what: Named,
    #[command(flatten)]
    owner: Owner,
}

/// Which secret of which app.
#[derive(Args)]
struct Named {
    /// The secret's name: capital letters, digits and underscores
    name: String,
    #[command(flatten)]
    app: OfApp,
}

/// What stands where people try to write a value.
#[derive(Args)]
struct Stray {
    #[arg(hide = true, action = ArgAction::Append)]
    value: Vec<OsString>,
}

impl Stray {
    /// Refuses a value on the command line, without repeating it.
    fn refuse(&self, name: &str) -> Result<(), Fault> {
        if self.value.is_empty() && !name.contains('=') {
            return Ok(());
        }
        let words = "a secret's value is never an argument: it would stand in the shell's history and in the list of processes. \
                     Use --from-stdin, --from-file FILE or --from-env VARIABLE, or leave them away to be asked. \
                     If that was the real value, it is best replaced where it came from";
        Err(Fault::Invalid(words.to_owned()))
    }
}

pub fn run(command: Secret) -> anyhow::Result<ExitCode> {
    match command {
        Secret::Set(Set { what, source, stray, owner }) => put(what, source, &stray, owner, None),
        Secret::Rotate(Rotate { what, source, grace, stray, owner }) => put(what, source, &stray, owner, Some(grace)),
        Secret::List(List { app, owner }) => owner.give(Command::SecretList { app: app.app }),
        Secret::Remove(Remove { what, owner }) => owner.give(Command::SecretRemove { app: what.app.app, name: what.name }),
        Secret::Grant(arguments) => grants::grant(arguments),
        Secret::Revoke(arguments) => grants::revoke(arguments),
        Secret::Hmac(arguments) => grants::hmac(arguments),
        Secret::Trip(arguments) => grants::trip(arguments),
    }
}

fn put(what: Named, source: Source, stray: &Stray, owner: Owner, grace: Option<Duration>) -> anyhow::Result<ExitCode> {
    let Named { name, app: OfApp { app } } = what;
    let force = source.force;
    let read = stray.refuse(&name).and_then(|()| source.read(&name));
    let (value, notes) = match read {
        Ok(read) => read,
        Err(fault) => return Ok(owner.fail(fault)),
    };
    let command = match grace {
        None => Command::SecretSet { app, name, value, force },
        Some(grace) => Command::SecretRotate { app, name, value, grace: Grace(grace.as_secs()), force },
    };
    owner.run(|door| Ok(Said { reply: door.send(command)?, notes }))
}

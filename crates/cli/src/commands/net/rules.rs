//! `egret net allow | deny | remove | list`: the rules that an owner gives an app beside its manifest.

use super::stored;
use crate::commands::owner::{OfApp, Owner, Said};
use crate::show;
use egret_admin::{Command, Fault, Reply, Wish, read};
use egret_policy::AuthSpec;
use std::process::ExitCode;

/// Allow an app to reach a host, or one path of it
///
/// A URL is taken apart: its host, its port and its path become the rule, which is printed as a manifest would write it. The
/// rule counts from the next call on; a running server needs no restart.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net allow api.github.com --app shop
  egret net allow https://api.stripe.com/v1/charges --methods POST --app shop
  egret net allow api.stripe.com --secret STRIPE_KEY --as bearer --app shop
  egret net allow db.internal.example.com --private 10.0.0.7/32 --ports 8443 --app shop")]
pub struct Allow {
    /// A host, a wildcard (*.example.com one label, **.example.com any depth) or a URL
    target: String,
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    narrow: Narrow,
    /// Allow plain http as well
    #[arg(long)]
    http: bool,
    /// A network that the host may resolve to although it is not public, for example 10.0.0.7/32; may be repeated
    #[arg(long, value_name = "NET")]
    private: Vec<String>,
    /// The secret that is put into every request of the rule
    #[arg(long, value_name = "NAME", requires = "place")]
    secret: Option<String>,
    /// Where it goes: bearer, basic, header:NAME, query:NAME, path or body
    #[arg(long = "as", id = "place", value_name = "PLACE", requires = "secret")]
    place: Option<String>,
    /// Refuse credentials of the function's own
    #[arg(long)]
    require: bool,
    #[command(flatten)]
    owner: Owner,
}

/// Refuse an app a host, whatever allows it
#[derive(clap::Args)]
#[command(after_help = "Example: egret net deny '**.internal.example.com' --app shop")]
pub struct Deny {
    /// A host, a wildcard or a URL
    target: String,
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    owner: Owner,
}

/// What makes a rule narrower than its host.
#[derive(clap::Args)]
struct Narrow {
    /// Methods, with commas between them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    methods: Vec<String>,
    /// A path pattern: /v1/users/:id, * one segment, ** any number of them
    #[arg(long, value_name = "PATTERN")]
    path: Option<String>,
    /// Ports and ranges, with commas between them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    ports: Vec<String>,
}

impl Narrow {
    fn wish(self) -> Wish {
        Wish { methods: self.methods, path: self.path, ports: self.ports, ..Wish::default() }
    }
}

/// Remove a rule that was added with allow or deny
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  egret net remove 3 --app shop\n  egret net remove api.github.com --all --app shop")]
pub struct Remove {
    /// The number that `net list` shows, or a host as the rule names it
    which: String,
    /// Remove all rules of that host, where it has several
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    owner: Owner,
}

/// List the rules that were given to an app
#[derive(clap::Args)]
#[command(after_help = "Example: egret net list --app shop --json\nRules of the app's own manifest stand there and are not listed.")]
pub struct List {
    #[command(flatten)]
    app: OfApp,
    #[command(flatten)]
    owner: Owner,
}

pub fn allow(arguments: Allow) -> anyhow::Result<ExitCode> {
    let Allow { target, app, narrow, http, private, secret, place, require, owner } = arguments;
    let auth = match auth(secret, place) {
        Ok(auth) => auth,
        Err(fault) => return Ok(owner.fail(fault)),
    };
    add(owner, app, &target, &Wish { http, private, auth, require, ..narrow.wish() })
}

pub fn deny(arguments: Deny) -> anyhow::Result<ExitCode> {
    let Deny { target, app, narrow, owner } = arguments;
    add(owner, app, &target, &Wish { deny: true, ..narrow.wish() })
}

pub fn remove(arguments: Remove) -> anyhow::Result<ExitCode> {
    let Remove { which, all, app, owner } = arguments;
    owner.give(Command::RuleRemove { app: app.app, which, all })
}

pub fn list(arguments: List) -> anyhow::Result<ExitCode> {
    let List { app, owner } = arguments;
    owner.run(|door| {
        let app = stored::app(door, app.app)?;
        Ok(Said { reply: Reply::Rules(app.rules), notes: show::closed_words(app.standing) })
    })
}

fn auth(secret: Option<String>, place: Option<String>) -> Result<Option<AuthSpec>, Fault> {
    let (Some(secret), Some(place)) = (secret, place) else { return Ok(None) };
    Ok(Some(AuthSpec { secret: secret.parse().map_err(Fault::Invalid)?, place: place.parse().map_err(Fault::Invalid)? }))
}

fn add(owner: Owner, app: OfApp, target: &str, wish: &Wish) -> anyhow::Result<ExitCode> {
    let reading = match read(target, wish) {
        Ok(reading) => reading,
        Err(fault) => return Ok(owner.fail(fault)),
    };
    let command = Command::RuleAdd { app: app.app, rule: reading.rule.to_toml("net") };
    owner.run(|door| Ok(Said { reply: door.send(command)?, notes: reading.notes }))
}

//! `egret secret grant | revoke | hmac | trip`: where a secret may go, what code may have done with it, and what ends that.

use super::Named;
use crate::commands::owner::Owner;
use egret_admin::Command;
use std::process::ExitCode;

/// Let a secret go to one origin, in one place of the request
///
/// The secret is then put in by a rule that names it (`net allow --secret`), or for a call that asks for it by name.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret secret grant STRIPE_KEY --app shop --to https://api.stripe.com --as bearer
  egret secret grant MAPS_KEY --app shop --to https://maps.example.com --as query:key")]
pub struct Grant {
    #[command(flatten)]
    what: Named,
    /// The origin, as a URL: scheme, host and port
    #[arg(long, value_name = "URL")]
    to: String,
    /// bearer, basic, header:NAME, query:NAME, path or body
    #[arg(long = "as", id = "place", value_name = "PLACE")]
    place: String,
    /// Let plain http carry it, to an origin that begins with http://
    #[arg(long)]
    http_ok: bool,
    #[command(flatten)]
    owner: Owner,
}

/// Take back where a secret may go; the next call is without it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret secret revoke STRIPE_KEY --app shop --to https://api.stripe.com
  egret secret revoke STRIPE_KEY --app shop                    # every grant of it")]
pub struct Revoke {
    #[command(flatten)]
    what: Named,
    /// The origin, as a URL [default: every one]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The place [default: every one]
    #[arg(long = "as", id = "place", value_name = "PLACE")]
    place: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

/// Which secret, and on or off. What is switched, each command says itself.
#[derive(clap::Args)]
pub struct Switch {
    #[command(flatten)]
    what: Named,
    /// on or off
    #[arg(value_parser = ["on", "off"])]
    state: String,
    #[command(flatten)]
    owner: Owner,
}

pub fn grant(arguments: Grant) -> anyhow::Result<ExitCode> {
    let Grant { what, to, place, http_ok, owner } = arguments;
    owner.give(Command::SecretGrant { app: what.app.app, name: what.name, to, place, http_ok })
}

pub fn revoke(arguments: Revoke) -> anyhow::Result<ExitCode> {
    let Revoke { what, to, place, owner } = arguments;
    owner.give(Command::SecretRevoke { app: what.app.app, name: what.name, to, place })
}

pub fn hmac(Switch { what, state, owner }: Switch) -> anyhow::Result<ExitCode> {
    owner.give(Command::SecretHmac { app: what.app.app, name: what.name, on: state == "on" })
}

pub fn trip(Switch { what, state, owner }: Switch) -> anyhow::Result<ExitCode> {
    owner.give(Command::SecretTrip { app: what.app.app, name: what.name, on: state == "on" })
}

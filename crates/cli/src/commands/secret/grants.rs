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

/// Say whether code may sign and verify with a secret: egret.secret(NAME).hmac and .verify
#[derive(clap::Args)]
#[command(after_help = "Example: egret secret hmac WEBHOOK_SECRET on --app shop")]
pub struct Hmac {
    #[command(flatten)]
    what: Named,
    /// on or off
    #[arg(value_parser = ["on", "off"])]
    state: String,
    #[command(flatten)]
    owner: Owner,
}

/// Say whether the first echo of a secret ends its use
///
/// Once its value came back from an upstream, calls that need it are refused, until something of the app's secrets is changed.
#[derive(clap::Args)]
#[command(after_help = "Example: egret secret trip STRIPE_KEY on --app shop")]
pub struct Trip {
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

pub fn hmac(arguments: Hmac) -> anyhow::Result<ExitCode> {
    let Hmac { what, state, owner } = arguments;
    owner.give(Command::SecretHmac { app: what.app.app, name: what.name, on: state == "on" })
}

pub fn trip(arguments: Trip) -> anyhow::Result<ExitCode> {
    let Trip { what, state, owner } = arguments;
    owner.give(Command::SecretTrip { app: what.app.app, name: what.name, on: state == "on" })
}

//! Exit codes. They are part of what scripts rely on: `docs/guide/commands.md` lists them.

use egret_admin::Fault;
use std::process::ExitCode;

/// Refused, or at fault.
const REFUSED: u8 = 1;
/// Wrong use of the command line, or something in it that cannot be read.
const USAGE: u8 = 2;
/// No such app, rule, secret, grant or limit.
const MISSING: u8 = 3;
/// The store or the control socket cannot be used.
const STORE: u8 = 4;

/// The code for a command that was not done.
pub fn code(fault: &Fault) -> ExitCode {
    ExitCode::from(match fault {
        Fault::Refused(_) => REFUSED,
        Fault::Invalid(_) => USAGE,
        Fault::Missing(_) => MISSING,
        Fault::Store(_) | Fault::Socket(_) => STORE,
    })
}

/// The code for wrong use.
pub fn usage() -> ExitCode {
    ExitCode::from(USAGE)
}

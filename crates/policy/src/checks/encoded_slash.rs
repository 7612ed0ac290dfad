//! `%2F` in a path: only the routes that opt in let it through, and no other route of the host.

use super::Case;
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    if !case.request.target().has_encoded_slash() {
        return Ok(());
    }
    case.routes.retain(|(_, route)| route.encoded_slash);
    if case.routes.is_empty() {
        return Err(Denial::new(Code::PathEncodedSlash, "the path holds an encoded slash; the route must say encoded_slash = true"));
    }
    Ok(())
}

pub(super) fn passed(case: &Case<'_>) -> String {
    if case.request.target().has_encoded_slash() { "the route allows it" } else { "there is none" }.to_owned()
}

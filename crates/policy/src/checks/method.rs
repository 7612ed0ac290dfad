//! The method as a token, before any rule: what is never sent is refused here.

use super::Case;
use crate::rule::methods::{is_forbidden, is_token};
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let method = case.request.method().as_str();
    if is_forbidden(method) {
        return Err(Denial::new(Code::MethodForbidden, format!("{method} is never sent")));
    }
    if !is_token(method) {
        return Err(Denial::new(Code::MethodToken, "a method is an upper-case token; names are case-sensitive"));
    }
    Ok(())
}

pub(super) fn passed(case: &Case<'_>) -> String {
    format!("{} may be sent", case.request.method())
}

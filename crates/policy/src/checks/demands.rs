//! Fields and parameters that the acting rule and route demand: without them, or with others beside them, a request is refused.

use super::Case;
use super::fields::folded;
use crate::policy::Request;
use crate::rule::Wanted;
use crate::rule::handled::Handled;
use crate::{Code, Denial};
use http::HeaderName;

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    if !case.routes.iter().any(|(_, route)| route.demands) {
        return Ok(());
    }
    demanding(case).try_for_each(|handled| {
        let query = &handled.spec.require_query;
        handled.fields.iter().try_for_each(|(name, wanted)| field(case.request, name, wanted))?;
        query.iter().try_for_each(|(name, wanted)| parameter(case.request, name, wanted))
    })
}

pub(super) fn passed(case: &Case<'_>) -> String {
    let count: usize = demanding(case).map(|handled| handled.fields.len() + handled.spec.require_query.len()).sum();
    if count == 0 { "nothing is demanded".to_owned() } else { format!("{count} demanded and there") }
}

fn demanding<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Handled> + use<'a> {
    case.best().into_iter().flat_map(|(rule, route)| [rule.handled.as_deref(), route.handled.as_deref()]).flatten()
}

/// A value is wanted once: of two, one server takes the first and another the last. A field whose name some read as this one counts.
fn field(request: &Request, name: &HeaderName, wanted: &Wanted) -> Result<(), Denial> {
    let is_it = |found: &HeaderName| found == name || folded(found.as_str()) == folded(name.as_str());
    let mut values = request.headers().iter().filter(|(found, _)| is_it(found)).map(|(_, value)| value.as_bytes());
    if fits(&mut values, wanted) { Ok(()) } else { Err(refusal(Code::HeaderRequired, "the field", name.as_str(), wanted)) }
}

fn parameter(request: &Request, name: &str, wanted: &Wanted) -> Result<(), Denial> {
    let found: Vec<_> = request.target().parameters().filter(|found| found.is(name)).map(|found| found.value).collect();
    if fits(&mut found.iter().map(|value| &**value), wanted) {
        return Ok(());
    }
    Err(refusal(Code::QueryRequired, "the parameter", name, wanted))
}

fn fits<'a>(values: &mut impl Iterator<Item = &'a [u8]>, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Anything => values.next().is_some(),
        Wanted::Exactly(text) => values.next() == Some(text.as_bytes()) && values.next().is_none(),
    }
}

fn refusal(code: Code, what: &str, name: &str, wanted: &Wanted) -> Denial {
    let how = match wanted {
        Wanted::Anything => "be there",
        Wanted::Exactly(_) => "be there once and hold what the rule says",
    };
    Denial::new(code, format!("{what} {name} must {how}"))
}

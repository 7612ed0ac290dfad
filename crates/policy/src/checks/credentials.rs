//! Credentials: what a rule puts in is nobody else's to write, and a placeholder stands where its secret goes or nowhere.
//!
//! A rule without `auth` and `require` costs one look at what is long enough to hold a placeholder.

mod own;

pub use own::is_credential as names_a_credential;

use super::Case;
use super::fields::folded;
use crate::policy::Request;
use crate::rule::{AuthSpec, Place, Rule, SecretName};
use crate::target::Parameter;
use crate::{Code, Denial, Placeholder};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let says_nothing = |rule: &Rule| rule.spec.auth.is_none() && !rule.spec.require;
    if case.request.auth().is_none() && case.routes.iter().all(|(rule, _)| says_nothing(rule)) {
        return misplaced(case.request, None);
    }
    let Some((rule, _)) = case.best() else { return Ok(()) };
    let auth = rule.auth_of(case.request);
    if let Some(auth) = auth {
        conflict(case.request, auth)?;
    }
    if rule.spec.require {
        own::refuse(case.request, auth)?;
    }
    misplaced(case.request, auth)
}

pub(super) fn passed(case: &Case<'_>) -> String {
    match case.auth() {
        Some(auth) => format!("{} goes in as {}", auth.secret, auth.place),
        None => "no placeholder, nor a credential that the rule refuses".to_owned(),
    }
}

/// Whether a field may carry a credential, by its name.
pub(super) fn may_be_credential(name: &HeaderName) -> bool {
    own::is_credential(name.as_str())
}

/// The place of the secret holds nothing, or its placeholder, and that once.
fn conflict(request: &Request, auth: &AuthSpec) -> Result<(), Denial> {
    let refused = |what: &dyn std::fmt::Display| {
        Err(Denial::new(Code::AuthConflict, format!("{what} is where {} goes; leave it out, or write its placeholder once", auth.secret)))
    };
    if let Some(field) = auth.place.field() {
        let mut seen = 0;
        for (name, value) in request.headers().iter().filter(|(name, _)| is_field(name, &field)) {
            seen += 1;
            if seen > 1 || *name != field || held(value, &auth.place).as_ref() != Some(&auth.secret) {
                return refused(name);
            }
        }
    }
    if let Place::Query(parameter) = &auth.place {
        let mut mine = request.target().parameters().filter(|found| found.is(parameter));
        let first = mine.next().is_none_or(|found| Placeholder::whole(&found.value).as_ref() == Some(&auth.secret));
        if !first || mine.next().is_some() {
            return refused(&auth.place);
        }
    }
    Ok(())
}

/// Whether a field is the one of a name for every server, those that read an underscore as a hyphen included.
fn is_field(name: &HeaderName, field: &HeaderName) -> bool {
    name == field || folded(name.as_str()) == folded(field.as_str())
}

/// The secret whose placeholder a field holds, in the form that its place has. Programs write the scheme in any case, or leave it to the
/// kernel.
fn held(value: &HeaderValue, place: &Place) -> Option<SecretName> {
    let value = value.as_bytes();
    let under = |scheme: &str| {
        let (first, rest) = value.split_at_checked(scheme.len())?;
        rest.strip_prefix(b" ").filter(|_| first.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    match place {
        Place::Bearer => Placeholder::whole(under("bearer").unwrap_or(value)),
        Place::Basic => {
            let credentials = under("basic").unwrap_or(value);
            Placeholder::whole(credentials).or_else(|| Placeholder::whole(&BASE64_STANDARD.decode(credentials).ok()?))
        }
        Place::Header(_) | Place::Query(_) | Place::Path | Place::Body => Placeholder::whole(value),
    }
}

/// No placeholder stands anywhere but in the place of its secret.
fn misplaced(request: &Request, auth: Option<&AuthSpec>) -> Result<(), Denial> {
    let place = auth.map(|auth| &auth.place);
    let target = request.target();
    let refused = |what: &str| Err(Denial::new(Code::AuthMisplaced, format!("{what} holds a placeholder, and no secret goes there")));
    if target.host().name().is_some_and(|name| Placeholder::is_in_host(name.as_str())) {
        return refused("the host");
    }
    if Placeholder::find(target.path().as_bytes()).is_some() && !(place == Some(&Place::Path) && owned_path(target.path(), auth)) {
        return refused("the path");
    }
    let owned = |parameter: &Parameter<'_>| matches!(place, Some(Place::Query(own)) if parameter.is(own));
    if target.parameters().any(|found| holds(&found.name) || !owned(&found) && holds(&found.value)) {
        return refused("the query");
    }
    let field = place.and_then(Place::field);
    let holding = request.headers().iter().find(|(name, value)| field.as_ref() != Some(*name) && field_holds(value));
    holding.map_or(Ok(()), |(name, _)| refused(name.as_str()))
}

/// Whether every placeholder of a path is the whole of a segment, and of the one secret.
fn owned_path(path: &str, auth: Option<&AuthSpec>) -> bool {
    path.split('/')
        .all(|segment| !holds(segment.as_bytes()) || Placeholder::whole(segment.as_bytes()).as_ref() == auth.map(|auth| &auth.secret))
}

fn holds(text: &[u8]) -> bool {
    Placeholder::find(text).is_some()
}

/// Whether a field's value holds a placeholder, as it is or as credentials of the scheme `Basic`.
fn field_holds(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let basic = value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
    holds(value) || basic && BASE64_STANDARD.decode(value.get(6..).unwrap_or_default()).is_ok_and(|credentials| holds(&credentials))
}

#[cfg(test)]
mod tests;

//! What counts as a credential of the guest's own, where a rule says `require`.
//!
//! No list is complete: these are the fields and parameters in which the services of the day expect one. What a body holds is not
//! looked at.

use super::{folded, is_field};
use crate::policy::Request;
use crate::rule::{AuthSpec, Place};
use crate::target::Parameter;
use crate::{Code, Denial};

/// Fields (RFC 9110, RFC 6265 and what services made up).
const FIELDS: &[&str] =
    &["authorization", "cookie", "cookie2", "token", "apikey", "api-key", "secret", "password", "x-authorization", "x-auth"];

/// Ends of names of fields.
const ENDS: &[&str] = &[
    "-token",
    "-api-key",
    "-apikey",
    "-access-key",
    "-subscription-key",
    "-functions-key",
    "-secret",
    "-password",
    "-authorization",
    "-session-id",
];

/// Fields that end so and name nobody: they guard a form against other sites.
const NOBODYS: &[&str] = &["csrf-token", "x-csrf-token", "xsrf-token", "x-xsrf-token"];

/// Parameters of the query. Ends are not looked at: a `page_token` is everywhere and opens nothing.
const PARAMETERS: &[&str] = &[
    "key",
    "api-key",
    "apikey",
    "access-key",
    "access-key-id",
    "subscription-key",
    "token",
    "access-token",
    "accesstoken",
    "auth-token",
    "authtoken",
    "private-token",
    "oauth-token",
    "auth",
    "authorization",
    "secret",
    "client-secret",
    "password",
    "passwd",
    "pwd",
    "sig",
    "signature",
    "code",
    "session",
    "sessionid",
    "session-id",
    "awsaccesskeyid",
    "googleaccessid",
    "x-amz-credential",
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-credential",
    "x-goog-signature",
    "ocp-apim-subscription-key",
];

/// Refuses a credential that is not the placeholder of the rule's own secret; that one has been looked at.
pub(super) fn refuse(request: &Request, auth: Option<&AuthSpec>) -> Result<(), Denial> {
    let own_field = auth.and_then(|auth| auth.place.field());
    let is_own = |name| own_field.as_ref().is_some_and(|field| is_field(name, field));
    let field = request.headers().keys().find(|name| is_credential(name.as_str()) && !is_own(name));
    if let Some(name) = field {
        return Err(refused(name.as_str()));
    }
    let is_place = |found: &Parameter<'_>| matches!(auth.map(|auth| &auth.place), Some(Place::Query(own)) if found.is(own));
    let parameter = request.target().parameters().find(|found| is_parameter(&found.name) && !is_place(found));
    parameter.map_or(Ok(()), |_| Err(refused("the query")))
}

fn refused(what: &str) -> Denial {
    Denial::new(Code::AuthRequired, format!("{what} holds a credential of the guest's own, and the rule says require"))
}

/// Whether a field of this name, in lower case, is one in which services expect a credential.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let name = &*folded(name);
    FIELDS.contains(&name) || ENDS.iter().any(|end| name.ends_with(end)) && !NOBODYS.contains(&name)
}

fn is_parameter(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    PARAMETERS.contains(&&*folded(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_carries_a_credential_is_known_by_its_name() {
        for name in [
            "authorization",
            "cookie",
            "x-api-key",
            "x_api_key",
            "private-token",
            "x-amz-security-token",
            "x-goog-api-key",
            "x-client-secret",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in ["accept", "idempotency-key", "x-csrf-token", "tokens", "x-keyboard", "if-match", "x-request-id"] {
            assert!(!is_credential(name), "{name}");
        }
        for name in ["key", "API_KEY", "access_token", "X-Amz-Signature"] {
            assert!(is_parameter(name.as_bytes()), "{name}");
        }
        for name in ["page_token", "q", "sort_key", ""] {
            assert!(!is_parameter(name.as_bytes()), "{name}");
        }
    }
}

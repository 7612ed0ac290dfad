//! What is decided: one request as it will be sent, but for its body.

use crate::{AuthSpec, Denial, Target};
use http::{HeaderMap, Method};
use std::fmt;

/// One effective request (I2). A permit takes it over whole, so what was decided is what is sent (I3).
#[derive(Clone)]
pub struct Request {
    method: Method,
    target: Target,
    headers: HeaderMap,
    auth: Option<AuthSpec>,
    /// Whether the policy hook allowed just this request.
    by_hook: bool,
}

impl Request {
    /// A request for a target that is already parsed.
    #[must_use]
    pub fn new(method: Method, target: Target, headers: HeaderMap) -> Self {
        Self { method, target, headers, auth: None, by_hook: false }
    }

    /// Parses the URL and makes the request.
    ///
    /// # Errors
    /// What [`Target::parse`] refuses.
    pub fn parse(method: Method, url: &str, headers: HeaderMap) -> Result<Self, Denial> {
        Ok(Self::new(method, Target::parse(url)?, headers))
    }

    /// Adds the secret that the call asks for, where its rule names none. Whether it is granted is the kernel's affair.
    #[must_use]
    pub fn with_auth(self, auth: Option<AuthSpec>) -> Self {
        Self { auth, by_hook: false, ..self }
    }

    pub(super) fn is_by_hook(&self) -> bool {
        self.by_hook
    }

    pub(crate) fn allowed_by_hook(self) -> Self {
        Self { by_hook: true, ..self }
    }

    /// The secret that the call asks for.
    #[must_use]
    pub fn auth(&self) -> Option<&AuthSpec> {
        self.auth.as_ref()
    }

    /// The method, case-sensitive.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The caller's header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// Names of fields only: values and the query may be secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("Request").field("method", &self.method).field("target", &self.target.to_string()).field("headers", &names).finish()
    }
}

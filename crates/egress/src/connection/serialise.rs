//! The request as it goes over the wire: target and host from the permit's target, the caller's fields behind (I3), and the secret
//! that goes in: here and nowhere before (I6).

use super::Outgoing;
use crate::coding;
use crate::inject::{Credential, Laden};
use bytes::Bytes;
use egret_policy::{Permit, Target};
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Request, Uri, Version};

/// HTTP/1.1: origin form, and `Host` before all other fields.
pub(super) fn http1(permit: &Permit, laden: &Laden<'_>, body: Outgoing) -> Result<Request<Outgoing>, http::Error> {
    let target = permit.target();
    let uri = Uri::from(PathAndQuery::from_maybe_shared(origin_form(target, laden))?);
    let host = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(target.authority().as_bytes()))?;
    let mut request = request(permit, laden, body, uri, Version::HTTP_11, Some(host))?;
    // The library would leave out a body of unknown length where the method has none by custom, GET for instance.
    if laden.body.length().is_none() {
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    Ok(request)
}

/// HTTP/2: scheme, authority and path are pseudo fields, and there is no `Host` (RFC 9113, 8.3.1).
pub(super) fn http2(permit: &Permit, laden: &Laden<'_>, body: Outgoing) -> Result<Request<Outgoing>, http::Error> {
    let target = permit.target();
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::try_from(target.scheme().as_str())?);
    parts.authority = Some(Authority::from_maybe_shared(Bytes::copy_from_slice(target.authority().as_bytes()))?);
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(origin_form(target, laden))?);
    request(permit, laden, body, Uri::from_parts(parts)?, Version::HTTP_2, None)
}

/// Path and query. With a secret in them these bytes are the one copy, and wiped with the request.
fn origin_form(target: &Target, laden: &Laden<'_>) -> Bytes {
    let with_secret = laden.credential.as_ref().and_then(|credential| credential.origin_form(target));
    with_secret.unwrap_or_else(|| Bytes::copy_from_slice(target.origin_form().as_bytes()))
}

fn request(
    permit: &Permit,
    laden: &Laden<'_>,
    body: Outgoing,
    uri: Uri,
    version: Version,
    host: Option<HeaderValue>,
) -> Result<Request<Outgoing>, http::Error> {
    let mut headers = HeaderMap::with_capacity(permit.headers().len() + 4);
    headers.extend(host.map(|host| (HOST, host)));
    let own = permit.headers().iter().filter(|(name, _)| **name != HOST);
    own.for_each(|(name, value)| _ = headers.append(name.clone(), value.clone()));
    if let Some((name, value)) = laden.credential.as_ref().map(Credential::field).transpose()?.flatten() {
        // It takes the place of every field of its name.
        headers.insert(name, value);
    }
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!("egret/", env!("CARGO_PKG_VERSION"))));
    if let Some(codings) = coding::accept(laden.draft) {
        headers.insert(ACCEPT_ENCODING, codings);
    }
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    let mut request = Request::new(body);
    *request.method_mut() = permit.method().clone();
    *request.uri_mut() = uri;
    *request.version_mut() = version;
    *request.headers_mut() = headers;
    Ok(request)
}

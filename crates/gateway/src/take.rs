//! Decides from the head alone whether a request is taken, and for which function. Pure.

use crate::config::Config;
use crate::host::Host;
use crate::refusal::Refusal;
use crate::routes::{Found, PathFault, Routes};
use crate::wire::Verdict;
use http::Uri;
use http::header::{CONNECTION, HeaderMap, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::uri::Scheme;
use std::sync::Arc;

/// A request that is taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The function's file.
    pub function: Arc<str>,
    /// The route's parameters.
    pub params: Vec<(String, String)>,
    /// The absolute URI that the function sees.
    pub uri: Uri,
}

/// The checks, in the order in which a refusal is chosen: framing before meaning, host before path.
pub(crate) fn take(config: &Config, routes: &Routes, head: &Parts, scheme: Scheme, verdict: &Verdict) -> Result<Taken, Refusal> {
    verdict.framing.as_ref().map_err(|fault| Refusal::Framing(*fault))?;
    if verdict.length > config.head || head.headers.len() > config.headers {
        return Err(Refusal::HeadTooLarge);
    }
    let host = Host::of(head)?;
    host.among(config.hosts)?;
    // The URI type has dropped it without a word, so only the watch has seen it.
    if verdict.fragment {
        return Err(Refusal::BadPath(PathFault::Fragment));
    }
    match routes.find(&head.method, head.uri.path()) {
        Found::Function { function, params } => Ok(Taken { function, params, uri: absolute(scheme, &host, &head.uri)? }),
        Found::MethodNotAllowed { allow } => Err(Refusal::MethodNotAllowed(allow)),
        Found::NotFound => Err(Refusal::NotFound),
        Found::BadPath(fault) => Err(Refusal::BadPath(fault)),
    }
}

fn absolute(scheme: Scheme, host: &Host, uri: &Uri) -> Result<Uri, Refusal> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let built = Uri::builder().scheme(scheme).authority(host.as_str()).path_and_query(target).build();
    // A host that the URI type does not take is no host, whatever our own reading said.
    built.map_err(|_| Refusal::BadHost("the Host field is no host"))
}

/// Takes out what concerns one connection only (RFC 9110, 7.6.1), with what `Connection` names.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let always = [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    for name in always.iter().chain(&named) {
        headers.remove(name);
    }
}

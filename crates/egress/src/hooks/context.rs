//! What a hook is given of a request: all that a guest may see, and no more.

use super::chain::Own;
use super::{HookError, Reply};
use crate::draft::{CallAuth, Caller, Draft};
use crate::request_body::RequestBody;
use bytes::{Bytes, BytesMut};
use egret_policy::{Permit, Place, Request, RuleSpec, Target};
use futures_util::StreamExt;
use http::{HeaderMap, Method};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// One hop of a call, as the hooks around it see and change it.
pub struct Context {
    app: Arc<str>,
    function: Arc<str>,
    hop: u8,
    raw: (Method, String),
    /// The same as it was decided.
    pub(super) asked: Request,
    params: BTreeMap<String, String>,
    pub(super) draft: Draft,
    /// Whose grants decide what will be sent; `None` for the caller's.
    pub(super) grants: Option<Own>,
    /// Whether the hook that has it now named a secret.
    pub(super) names_secret: bool,
    pub(super) reply: Option<Reply>,
    /// What was sent, once it was: where it went and the rule that allowed it.
    pub(crate) landed: Option<(Target, Arc<RuleSpec>)>,
    /// The hook that answered in place of the network.
    pub(crate) answered_by: Option<Arc<str>>,
}

/// What of a request the law looks at most: where one of these is another one, the request is.
pub(super) struct Stamp {
    url: String,
    method: Method,
    headers: HeaderMap,
    auth: Option<CallAuth>,
}

impl Context {
    pub(crate) fn new(caller: &Caller, draft: Draft, permit: &Permit, hop: u8) -> Self {
        let url = permit.target().to_url();
        Self {
            app: Arc::clone(&caller.app),
            function: Arc::clone(&caller.function),
            hop,
            raw: (draft.method.clone(), draft.url.clone()),
            asked: permit.request().clone(),
            params: permit.parameters(),
            draft: Draft { url, ..draft },
            grants: None,
            names_secret: false,
            reply: None,
            landed: None,
            answered_by: None,
        }
    }

    /// The app that calls.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The function that calls.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// How many redirects came before.
    #[must_use]
    pub fn hop(&self) -> u8 {
        self.hop
    }

    /// The method and the URL as the caller wrote them, whatever hooks made of them.
    #[must_use]
    pub fn raw(&self) -> (&Method, &str) {
        (&self.raw.0, &self.raw.1)
    }

    /// The URL, canonical until a hook sets another one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.draft.url
    }

    /// Sends the request elsewhere. That is decided like any other: a hook reaches no more than its own grants or the caller's.
    pub fn set_url(&mut self, url: impl Into<String>) {
        self.draft.url = url.into();
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.draft.method
    }

    /// Sets the method.
    pub fn set_method(&mut self, method: Method) {
        self.draft.method = method;
    }

    /// The caller's header fields. A placeholder in one is not the secret.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.draft.headers
    }

    /// The same, to be changed. Fields that frame or route are refused when the request is decided again.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.draft.headers
    }

    /// The body, if it has at most so many bytes; a stream is read to its end, and is bytes from then on.
    ///
    /// # Errors
    /// When it is larger, or a stream that fails or was sent before.
    pub async fn body(&mut self, most: usize) -> Result<Bytes, HookError> {
        let too_large = || HookError::new(format!("the request's body is over {most} bytes"));
        if self.draft.body.length().is_some_and(|length| length > most as u64) {
            return Err(too_large());
        }
        let bytes = match &self.draft.body {
            RequestBody::Empty => Bytes::new(),
            RequestBody::Bytes(bytes) => bytes.clone(),
            RequestBody::Stream(stream) => {
                let mut chunks = stream.take().ok_or_else(|| HookError::new("the request's body was sent before"))?;
                let mut whole = BytesMut::new();
                while let Some(chunk) = chunks.next().await {
                    whole.extend_from_slice(&chunk.map_err(HookError::new)?);
                    if whole.len() > most {
                        return Err(too_large());
                    }
                }
                whole.freeze()
            }
        };
        self.draft.body = bytes.clone().into();
        Ok(bytes)
    }

    /// Sets the body. Its length is the kernel's to write, its `Content-Type` the hook's.
    pub fn set_body(&mut self, body: impl Into<RequestBody>) {
        self.draft.body = body.into();
    }

    /// The parameters of the path that matched, each as it stands there, escapes and all.
    #[must_use]
    pub fn params(&self) -> &BTreeMap<String, String> {
        &self.params
    }

    /// One of them; empty where the pattern has none of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Has a secret put in by its name, in a place or in the only one in which it is granted. It is looked for among the hook's own
    /// secrets, where it has some, else among the caller's; nobody is told its value.
    pub fn auth(&mut self, secret: &str, place: Option<Place>) {
        self.draft.auth = Some(CallAuth { secret: secret.to_owned(), place });
        self.names_secret = true;
    }

    /// The response, once [`Next::run`](super::Next::run) is over or an answer was given.
    #[must_use]
    pub fn response(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// The same, to be changed.
    pub fn response_mut(&mut self) -> Option<&mut Reply> {
        self.reply.as_mut()
    }

    /// Answers the call with this, in place of the network or of what came over it.
    pub fn answer(&mut self, reply: Reply) {
        self.reply = Some(reply);
    }

    pub(crate) fn into_reply(self) -> Option<Reply> {
        self.reply
    }

    pub(super) fn stamp(&self) -> Stamp {
        let Draft { url, method, headers, auth, .. } = &self.draft;
        Stamp { url: url.clone(), method: method.clone(), headers: headers.clone(), auth: auth.clone() }
    }

    /// Whether the request is another one than it was: it goes elsewhere, by another method, with another secret, or with other fields
    /// among those that decide.
    pub(super) fn is_rewritten(&self, before: &Stamp) -> bool {
        let Draft { url, method, headers, auth, .. } = &self.draft;
        let same = *url == before.url && *method == before.method && *auth == before.auth && !self.names_secret;
        !same || deciding(headers) != deciding(&before.headers)
    }

    /// From now on the request is under the grants of this one, which rewrote it. A wish for a secret was meant for the secrets of who
    /// had it before: a name of the guest's never picks one of a hook's.
    pub(super) fn falls_to(&mut self, own: Option<&Own>) {
        let is_anothers = self.grants.as_ref().map(|(name, _)| name) != own.map(|(name, _)| name);
        if is_anothers && !self.names_secret {
            self.draft.auth = None;
        }
        self.grants = own.cloned();
    }
}

/// The fields that the law may refuse a request for.
fn deciding(headers: &HeaderMap) -> Vec<(&http::HeaderName, &http::HeaderValue)> {
    headers.iter().filter(|(name, _)| egret_policy::decides(name)).collect()
}

/// Neither fields nor bodies: they may hold anything.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("app", &self.app).field("hop", &self.hop).field("draft", &self.draft).finish_non_exhaustive()
    }
}

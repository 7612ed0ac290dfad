//! One request, put together by calls.

use crate::Egress;
use egret_egress::{CacheWish, CallAuth, CallOptions, Decode, Draft, Error, Redirect, RequestBody, Response};
use egret_policy::Place;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::time::Duration;

/// A request that is not sent yet.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    egress: &'a Egress,
    draft: Draft,
    timeout: Duration,
}

impl<'a> Request<'a> {
    pub(crate) fn new(egress: &'a Egress, method: Method, url: &str) -> Self {
        let (headers, body, redirect, decode) = (HeaderMap::new(), RequestBody::Empty, Redirect::Return, Decode::Auto);
        Self {
            egress,
            draft: Draft {
                method,
                url: url.to_owned(),
                headers,
                body,
                redirect,
                decode,
                auth: None,
                options: CallOptions::default(),
                cache: CacheWish::default(),
            },
            timeout: egress.timeout(),
        }
    }

    /// Adds a header field. Fields that frame or route are the kernel's own and refused when the request is sent.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.draft.headers.append(name, value);
        self
    }

    /// Sets the body: bytes, text, or a stream ([`RequestBody::stream`], [`RequestBody::channel`]) that is sent as it comes.
    pub fn body(mut self, body: impl Into<RequestBody>) -> Self {
        self.draft.body = body.into();
        self
    }

    /// Says what to do with a redirect. Default: return it.
    pub fn redirect(mut self, redirect: Redirect) -> Self {
        self.draft.redirect = redirect;
        self
    }

    /// Says what to do with content codings. Default: ask for them and take them off.
    pub fn decode(mut self, decode: Decode) -> Self {
        self.draft.decode = decode;
        self
    }

    /// Asks for a secret by its name, in the one place in which it is granted to the origin. Where the rule puts a secret in by
    /// itself, it must be the same; a redirect to another origin does not carry the wish along.
    ///
    /// ```no_run
    /// # async fn example(egress: egret::Egress) -> Result<(), egret::Error> {
    /// let paid = egress.post("https://api.stripe.com/v1/charges").auth("STRIPE_KEY").body("amount=100").send().await?;
    /// # drop(paid); Ok(()) }
    /// ```
    pub fn auth(self, secret: &str) -> Self {
        self.wish(secret, None)
    }

    /// The same in a place of one's choice among those that are granted.
    pub fn auth_as(self, secret: &str, place: Place) -> Self {
        self.wish(secret, Some(place))
    }

    fn wish(mut self, secret: &str, place: Option<Place>) -> Self {
        self.draft.auth = Some(CallAuth { secret: secret.to_owned(), place });
        self
    }

    /// Sets how long the whole request may take, redirects and body included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds the tries of each hop: 1 is no second one. Never more than the rule allows.
    pub fn tries(mut self, tries: u8) -> Self {
        self.draft.options.tries = Some(tries);
        self
    }

    /// Bounds the bytes of the response's body, as they come and decoded. Never more than the rule and the limits allow.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.draft.options.max_bytes = Some(bytes);
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// Refusals, failures of the network, and what is over a limit; see [`Error`].
    pub async fn send(self) -> Result<Response, Error> {
        self.egress.fetch(&self.egress.caller(self.timeout), self.draft).await
    }
}

//! A response in a hook's hands: one that came over the network, or one that the hook made.

use super::HookError;
use crate::body::Body;
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, TRAILER, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// What is said of a body and would be untrue of another one.
const OF_BODY: [HeaderName; 9] = [
    CONTENT_LENGTH,
    CONTENT_ENCODING,
    CONTENT_RANGE,
    ACCEPT_RANGES,
    ETAG,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// Fields that frame a message, which a response in hand is none of any more.
const FRAMING: [HeaderName; 3] = [TRANSFER_ENCODING, CONNECTION, TRAILER];

/// A response.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Header fields, echoes of secrets masked. What frames the body is made anew.
    pub headers: HeaderMap,
    pub(crate) decoded: bool,
    body: Body,
}

impl Reply {
    /// A response without a body.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), decoded: false, body: Body::here(Bytes::new()) }
    }

    /// A response with a text.
    #[must_use]
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        let mut reply = Self::new(status);
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        reply.set_body(text.into());
        reply
    }

    /// A response with JSON.
    #[must_use]
    pub fn json(status: StatusCode, value: &Value) -> Self {
        let mut reply = Self::new(status);
        reply.set_json(value);
        reply
    }

    pub(crate) fn came(status: StatusCode, headers: HeaderMap, decoded: bool, body: Body) -> Self {
        Self { status, headers, decoded, body }
    }

    /// The body, if it has at most so many bytes. It stays the response's; a body that still arrives is read to its end.
    ///
    /// # Errors
    /// What reading it fails with, and the body is lost.
    pub async fn bytes(&mut self, most: usize) -> Result<Bytes, HookError> {
        let body = std::mem::replace(&mut self.body, Body::here(Bytes::new()));
        let bytes = body.collect(most).await.map_err(|error| HookError(super::Cause::Call(Box::new(error))))?;
        if bytes.len() > most {
            return Err(HookError::new(format!("the response's body is over {most} bytes")));
        }
        self.body = Body::here(bytes.clone());
        Ok(bytes)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// As [`Reply::bytes`], and where it is no JSON.
    pub async fn read_json(&mut self, most: usize) -> Result<Value, HookError> {
        serde_json::from_slice(&self.bytes(most).await?).map_err(|_| HookError::new("the response's body is no JSON"))
    }

    /// Puts another body in place; what the fields said of the former one is left out.
    pub fn set_body(&mut self, body: impl Into<Bytes>) {
        let body = body.into();
        OF_BODY.iter().for_each(|name| drop(self.headers.remove(name)));
        self.headers.insert(CONTENT_LENGTH, body.len().into());
        (self.decoded, self.body) = (false, Body::here(body));
    }

    /// The same with JSON, and with the type of it.
    pub fn set_json(&mut self, value: &Value) {
        self.set_body(value.to_string());
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }

    /// As a response to a method, whatever a hook made of it: without fields that frame, and without a body where none may be.
    pub(crate) fn whole(mut self, method: &Method) -> Self {
        FRAMING.iter().for_each(|name| drop(self.headers.remove(name)));
        if matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) || *method == Method::HEAD {
            self.body = Body::here(Bytes::new());
        }
        self
    }

    pub(crate) fn into_body(self) -> Body {
        self.body
    }
}

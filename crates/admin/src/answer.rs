//! Replies and faults as HTTP, and back. The one place that knows both.

use crate::{Fault, Reply};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

/// The only content type that is spoken.
pub(crate) const JSON: &str = "application/json";

/// What a command came to, as a response.
pub(crate) fn of(outcome: &Result<Reply, Fault>) -> Response<Full<Bytes>> {
    match outcome {
        Ok(reply) => response(StatusCode::OK, &json!(reply)),
        Err(fault) => response(status(fault), &json!(fault)),
    }
}

/// A refusal of the request itself, before it was a command.
pub(crate) fn refusal(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    response(status, &json!(Fault::Invalid(words.to_owned())))
}

/// What a response says.
pub(crate) fn read(status: StatusCode, body: &[u8]) -> Result<Reply, Fault> {
    let nonsense = |_| Fault::Socket(format!("the server's answer ({status}) cannot be read; is it another version of egret?"));
    if status.is_success() {
        return serde_json::from_slice(body).map_err(nonsense);
    }
    Err(serde_json::from_slice(body).unwrap_or_else(nonsense))
}

const fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::Missing(_) => StatusCode::NOT_FOUND,
        Fault::Invalid(_) => StatusCode::BAD_REQUEST,
        Fault::Refused(_) => StatusCode::CONFLICT,
        Fault::Store(_) | Fault::Socket(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn response(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_as_it_was_written() {
        let words = || "no app \"a\"".to_owned();
        for fault in
            [Fault::Missing(words()), Fault::Invalid(words()), Fault::Refused(words()), Fault::Store(words()), Fault::Socket(words())]
        {
            let body = json!(fault).to_string();
            assert_eq!(body, format!(r#"{{"kind":"{}","message":"no app \"a\""}}"#, fault.kind()));
            assert_eq!(read(status(&fault), body.as_bytes()), Err(fault));
        }
    }

    #[test]
    fn what_another_program_answers_is_no_reply() {
        assert!(matches!(read(StatusCode::OK, b"hello"), Err(Fault::Socket(_))));
        assert!(matches!(read(StatusCode::BAD_GATEWAY, b"<html>"), Err(Fault::Socket(_))));
    }
}

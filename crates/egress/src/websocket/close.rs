//! Ends of a WebSocket: which codes may stand in a close frame, and what one says (RFC 6455, 5.5.1 and 7.4).

use super::fault::Fault;
use bytes::{BufMut, Bytes, BytesMut};
use tungstenite::protocol::frame::coding::CloseCode;

/// Bytes of a close frame's reason, at most: a control frame holds 125, two are the code.
const MAX_REASON: usize = 123;

/// No code was given. It is never sent.
const NO_CODE: u16 = 1005;

/// How a socket ended: a code and words.
pub(super) type Closed = (u16, String);

/// The connection went away without a close frame. Never sent.
pub(super) fn abnormal() -> Closed {
    (1006, String::new())
}

/// What a caller may say: 1000, or a code of its own.
pub(super) fn by_caller(code: u16, reason: &str) -> Result<Bytes, &'static str> {
    match (code, reason.len()) {
        (1000 | 3000..=4999, 0..=MAX_REASON) => Ok(payload(code, reason)),
        (1000 | 3000..=4999, _) => Err("the reason is over 123 bytes"),
        _ => Err("the code is neither 1000 nor in 3000 to 4999"),
    }
}

/// A close frame's payload.
pub(super) fn payload(code: u16, reason: &str) -> Bytes {
    let mut payload = BytesMut::with_capacity(2 + reason.len());
    payload.put_u16(code);
    payload.put_slice(reason.as_bytes());
    payload.freeze()
}

/// What the peer's close frame says.
pub(super) fn read(payload: &[u8]) -> Result<Closed, Fault> {
    match payload {
        [] => Ok((NO_CODE, String::new())),
        [_] => Err(Fault::Protocol("a close frame with half a code")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !CloseCode::from(code).is_allowed() {
                return Err(Fault::Protocol("a close code that must not be sent"));
            }
            let reason = std::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
            Ok((code, reason.to_owned()))
        }
    }
}

/// What answers the peer's close frame: its own code.
pub(super) fn echo((code, _): &Closed) -> Bytes {
    if *code == NO_CODE { Bytes::new() } else { payload(*code, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_codes_that_are_never_sent_are_refused_both_ways() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert!(by_caller(code, "").is_err(), "{code}");
            assert!(read(&code.to_be_bytes()).is_err(), "{code}");
        }
        for code in [1000, 3000, 4999] {
            assert_eq!(read(&by_caller(code, "bye").unwrap()).unwrap(), (code, "bye".to_owned()));
        }
        assert!(by_caller(1001, "").is_err() && by_caller(1011, "").is_err(), "those are the kernel's own");
        assert!(by_caller(1000, &"x".repeat(124)).is_err());
    }

    #[test]
    fn a_close_frame_without_a_code_is_answered_without_one() {
        let closed = read(&[]).unwrap();
        assert_eq!((closed.0, echo(&closed)), (1005, Bytes::new()));
        assert_eq!(read(&[3]), Err(Fault::Protocol("a close frame with half a code")));
        assert_eq!(read(&[3, 232, 0xff]), Err(Fault::NotUtf8));
    }
}

//! What must hold for any bytes that an upstream sends: bodies of fuzz targets, run briefly by the tests of egress too.

use egret_egress::fuzzing;

/// A coded body: no panic, no more than is allowed, and the same outcome in whatever pieces it comes.
pub fn decode(bytes: &[u8]) {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let whole = fuzzing::decode(coding, bytes, usize::MAX);
        assert!(whole.as_ref().is_none_or(|plain| plain.len() <= 1 << 20), "{coding}");
        for piece in [1, 7] {
            assert!(fuzzing::decode(coding, bytes, piece) == whole, "{coding} in pieces of {piece}: {bytes:?}");
        }
    }
}

/// The heads of responses: the same verdict in whatever pieces they come, and never two framings in one head.
pub fn response_head(bytes: &[u8]) {
    let verdict = fuzzing::judge(bytes, usize::MAX);
    for piece in [1, 3] {
        assert_eq!(fuzzing::judge(bytes, piece), verdict, "in pieces of {piece}: {:?}", String::from_utf8_lossy(bytes));
    }
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n").filter(|_| verdict) else { return };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let framing = head.lines().filter(|line| line.starts_with("content-length") || line.starts_with("transfer-encoding"));
    let fields: Vec<&str> = framing.filter(|line| line.contains("length:") || line.contains("encoding:")).collect();
    assert!(fields.len() <= 1, "{head:?}");
    let feeds = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(feeds, head.matches("\r\n").count(), "a line of the head ends otherwise: {head:?}");
}

/// A chunked body: the same outcome in whatever pieces it comes, and what is let through is what the standard reads in it
/// (RFC 9112, 7.1).
pub fn chunked(bytes: &[u8]) {
    let response = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", bytes].concat();
    let whole = fuzzing::exchange(&response, 1 << 20);
    for piece in [1, 5] {
        assert_eq!(fuzzing::exchange(&response, piece), whole, "in pieces of {piece}: {:?}", String::from_utf8_lossy(bytes));
    }
    let read = standard(bytes);
    if let Some((status, body, _)) = whole {
        assert_eq!(status, 200);
        assert_eq!(Some(body), read, "{:?}", String::from_utf8_lossy(bytes));
    }
}

/// The body that the standard reads in a chunked one; `None` for what is none, or ends too early.
fn standard(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n")?;
        // What stands behind a semicolon means nothing to us, but a line in it would to others.
        let line = Some(&bytes[..end]).filter(|line| !line.iter().any(|byte| matches!(byte, b'\r' | b'\n')))?;
        let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        let size = usize::from_str_radix(digits, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            // Trailers, if any, end with an empty line; what they hold is judged elsewhere.
            let ended = bytes.starts_with(b"\r\n") || bytes.windows(4).any(|four| four == b"\r\n\r\n");
            return ended.then_some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

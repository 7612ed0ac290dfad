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

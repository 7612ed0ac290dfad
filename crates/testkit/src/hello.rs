//! A TLS server's first words by hand, for versions, suites and protocols that no library says any more.

/// A ServerHello of TLS 1.2 or older that chooses a version, a suite (by its number in IANA's registry) and, where one is given,
/// a protocol by ALPN (RFC 7301), whatever the client has offered.
///
/// # Panics
/// When the protocol's name is over 100 bytes.
#[must_use]
pub fn server_hello(version: [u8; 2], suite: u16, protocol: Option<&str>) -> Vec<u8> {
    let mut hello = version.to_vec();
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend(suite.to_be_bytes());
    hello.push(0);
    hello.extend(protocol.map(alpn).unwrap_or_default());
    let length = |more: usize| u8::try_from(hello.len() + more).unwrap();
    let mut out = vec![0x16, version[0], version[1], 0, length(4), 2, 0, 0, length(0)];
    out.extend(hello);
    out
}

/// A list of extensions with this one alone: its number, and lengths within lengths.
fn alpn(protocol: &str) -> Vec<u8> {
    let length = u8::try_from(protocol.len()).unwrap();
    assert!(length <= 100, "a name of {length} bytes");
    let mut extensions = vec![0, length + 7, 0, 16, 0, length + 3, 0, length + 1, length];
    extensions.extend(protocol.as_bytes());
    extensions
}

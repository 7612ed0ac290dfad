//! What an upstream answers, one variant for each set of keys. A set that is not listed, or a key more, is not understood.

use serde::Deserialize;

/// An answer, or another misdeed of an upstream.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Answer {
    /// A body under a coding: so many bytes that come, and what they decode to.
    Coded { encoding: String, wire_bytes: u64, decoded_bytes: u64, window_log: Option<u32> },
    /// So many gzip members in one body.
    Members { encoding: String, members: usize },
    /// A body that is not what its coding says.
    Miscoded { encoding: String, body: String },
    /// A coding, or a list of them.
    Encoding { encoding: String },
    /// A length, and a body that has another one.
    Length { content_length: u64, body: Option<String>, close: Option<bool> },
    /// Chunks without an end, `N byte x M`, or `no terminator`.
    Chunked { chunked: String, close: Option<bool> },
    /// A chunk with an extension of so many bytes.
    ChunkExtension { chunk_ext_bytes: usize },
    /// So many trailer fields.
    Trailers { trailers_count: usize },
    /// So many header fields.
    Fields { headers_count: usize },
    /// One header field of so many bytes.
    Field { header_bytes: usize },
    /// A status line of so many bytes.
    StatusLine { status_line_bytes: usize },
    /// A byte every so often, without an end.
    Drip { drip_ms: u64, total: String, content_type: Option<String> },
    /// Silence, from some point on.
    Stall { stall: String },
    /// So many 103.
    Hints { informational: usize },
    /// So many 100.
    Continues { informational_100: usize },
    /// A status, and bytes behind the head.
    Status { status: u32, body: Option<String> },
    /// The answer to this method, and bytes behind its head.
    Method { method: String, body: String },
    /// These fields, byte for byte.
    Headers { headers: Vec<(String, String)> },
    /// These fields, under a rule that stores answers; or the answer to a request with a secret.
    Stored { headers: Vec<(String, String)>, cache: bool, request_has_secret: Option<bool> },
    /// An answer that is stored for one app, and another app that asks.
    Crossing { cache: bool, cross_app: bool },
    /// These bytes.
    Raw { raw: String },
    /// A misdeed of HTTP/2, by its name.
    Http2 { h2: String },
    /// The same words again and again, in one line.
    Line { content_type: String, body: String, repeat_no_newline: bool },
    /// A WebSocket.
    Socket { ws: Socket },
}

/// What is wrong with a WebSocket; one thing at a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Socket {
    /// The bit of an extension that nobody agreed on.
    Rsv1 { rsv1: bool },
    /// The second reserved bit.
    Rsv2 { rsv2: bool },
    /// The third one.
    Rsv3 { rsv3: bool },
    /// Another `Sec-WebSocket-Accept` than the key asks for.
    Accept { accept: String },
    /// A server's frame that is masked.
    Masked { masked: bool },
    /// A frame that says it has so many bytes.
    Frame { frame_bytes: u64 },
}

//! Reads a request's body whole, and never more of it than allowed.

use crate::config::Config;
use crate::refusal::Refusal;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Reads the body within `config.body` bytes and `config.body_timeout`.
///
/// A length that the head announces is judged before the first byte; what is counted afterwards is what really comes.
pub(crate) async fn read(body: Incoming, config: &Config) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if announced > u64::try_from(config.body).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge);
    }
    let reading = collect(body, config.body);
    tokio::time::timeout(config.body_timeout, reading).await.map_err(|_| Refusal::BodyTimeout)?
}

async fn collect(mut body: Incoming, cap: usize) -> Result<Bytes, Refusal> {
    // Nothing is reserved for an announced length: a client would pay nothing to make us hold it.
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers are read and dropped: no function can see them.
        let Ok(data) = frame.map_err(|_| Refusal::BodyBroken)?.into_data() else { continue };
        if data.len() > cap - whole.len() {
            return Err(Refusal::BodyTooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

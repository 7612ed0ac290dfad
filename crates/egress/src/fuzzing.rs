//! The pure parsers of outside bytes, opened for the fuzz targets alone: no part of the interface.

use crate::connection::{Connection, Delivery, Sent};
use crate::decode::{Bounds, Coding, Decoder, PIECE};
use crate::inject::Laden;
use crate::scrub::{Scrub, Scrubber};
use crate::secrets::SecretValue;
use crate::tls::Protocol;
use crate::wire::{self, Judge};
use crate::{Budget, CacheWish, Caps, Decode, Draft, Redirect, RequestBody, Timeouts};
use bytes::Bytes;
use egret_policy::{Policy, Request, RuleSpec, SecretName};
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// Decodes `coded`, handed over in pieces of `piece` bytes (not 0), of which at most 1 MiB may come. The decoded bytes, or
/// `None` for a fault. A piece larger than promised panics: that is what a fuzz target looks for.
#[must_use]
pub fn decode(coding: &str, coded: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(Coding::named(coding)?, Bounds { decoded: 1 << 20, ratio: u64::MAX }).ok()?;
    let mut plain = Vec::new();
    for chunk in coded.chunks(piece) {
        let mut input = Bytes::copy_from_slice(chunk);
        while let Some(piece) = decoder.next(&mut input).ok()? {
            assert!(!piece.is_empty() && piece.len() <= PIECE, "a piece of {} bytes", piece.len());
            plain.extend_from_slice(&piece);
        }
    }
    decoder.end().ok().map(|()| plain)
}

/// Judges the heads in `bytes`, handed over in pieces of `piece` bytes (not 0): whether they have one reading.
#[must_use]
pub fn judge(bytes: &[u8], piece: usize) -> bool {
    let mut judge = Judge::new(wire::Bounds { head: 4096, fields: 20, informational: 8 });
    bytes.chunks(piece).all(|piece| judge.pass(piece).is_ok())
}

/// Looks for secrets of these values in the pieces that are given, and gives out what is certain; `None` is the end of the
/// pieces.
pub fn scrub(values: &[&[u8]]) -> impl FnMut(Option<Bytes>) -> Bytes + use<> {
    let named = |(number, value): (usize, &&[u8])| {
        let name: Option<SecretName> = format!("S{number}").parse().ok();
        name.map(|name| (name, vec![SecretValue::new(value.to_vec())]))
    };
    let secrets: Vec<_> = values.iter().enumerate().filter_map(named).collect();
    let mut scrub = Scrub::new(Arc::new(Scrubber::new(&secrets)));
    move |piece| match piece {
        Some(piece) => scrub.push(piece),
        None => scrub.finish(),
    }
}

/// What a call gets of a peer that answers with `bytes`, handed over in pieces of `piece` bytes (not 0), and then closes: status,
/// body and number of trailer fields, or `None` for a fault. The connection is the product's own; only the socket is missing.
#[must_use]
pub fn exchange(bytes: &[u8], piece: usize) -> Option<(u16, Vec<u8>, usize)> {
    tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?.block_on(answered(bytes, piece))
}

async fn answered(bytes: &[u8], piece: usize) -> Option<(u16, Vec<u8>, usize)> {
    let (url, headers, body) = ("https://a.test/".to_owned(), HeaderMap::new(), RequestBody::Empty);
    let draft = Draft {
        method: Method::GET,
        url,
        headers,
        body,
        redirect: Redirect::Return,
        decode: Decode::Raw,
        auth: None,
        cache: CacheWish::default(),
        options: Default::default(),
    };
    let request = Request::parse(Method::GET, &draft.url, HeaderMap::new()).ok()?;
    let permit = Policy::builder().rule(RuleSpec::host("a.test")).build().ok()?.decide(request).ok()?;
    // The request has room; of the answer the line holds a piece at a time.
    let (ours, mut theirs) = tokio::io::duplex(piece.clamp(1, 1 << 20));
    let mut connection = Connection::open(ours, ([127, 0, 0, 1], 1).into(), Protocol::Http1, Caps::default()).await.ok()?;
    let (laden, timeouts, budget, sent) = (Laden::bare(&draft), Timeouts::default(), Budget::none(), Arc::default());
    let delivery = Delivery { permit: &permit, draft: &laden, timeouts: &timeouts, budget: &budget, sent: &sent };
    let peer = async {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            tokio::io::AsyncReadExt::read_buf(&mut theirs, &mut asked).await.ok()?;
        }
        for piece in bytes.chunks(piece) {
            // One that was refused reads no further.
            theirs.write_all(piece).await.ok()?;
        }
        theirs.shutdown().await.ok()
    };
    let call = async {
        let Ok(Sent::Response(response)) = connection.send(delivery).await else { return None };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?;
        let trailers = body.trailers().map_or(0, HeaderMap::len);
        Some((status, body.to_bytes().to_vec(), trailers))
    };
    tokio::pin!(peer, call);
    tokio::select! {
        biased;
        outcome = &mut call => outcome,
        _ = &mut peer => call.await,
    }
}

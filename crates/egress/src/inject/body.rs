//! Bodies on their way out: placeholders are replaced where the secret goes into the body, and nowhere else let through.

use super::{Credential, misplaced};
use crate::error::Reason;
use crate::request_body::RequestBody;
use egret_policy::{Place, Placeholder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells whether a stream was broken off because a placeholder stood in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Watch {
    pub fn has_seen(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The body that is sent, and the watch over it if it is a stream.
pub(super) fn laden(body: &RequestBody, credential: Option<&Credential>) -> Result<(RequestBody, Option<Watch>), Reason> {
    let for_body = credential.filter(|credential| credential.identity().place == Place::Body);
    match (body, for_body) {
        (RequestBody::Empty, _) => Ok((RequestBody::Empty, None)),
        (RequestBody::Bytes(bytes), None) if Placeholder::find(bytes).is_some() => Err(misplaced().into()),
        (RequestBody::Bytes(bytes), None) => Ok((RequestBody::Bytes(bytes.clone()), None)),
        (RequestBody::Bytes(bytes), Some(credential)) => {
            let foreign = Placeholder::all(bytes).any(|found| found.name != credential.identity().name);
            if foreign { Err(misplaced().into()) } else { Ok((RequestBody::Bytes(credential.written_into(bytes)), None)) }
        }
        (RequestBody::Stream(stream), _) => {
            let watch = Watch::default();
            let (mut window, seen) = (Window::default(), watch.clone());
            let inspected = stream.inspected(move |piece| {
                let found = window.holds(piece);
                seen.0.fetch_or(found, Ordering::AcqRel);
                if found { Err("it holds a placeholder of a secret") } else { Ok(()) }
            });
            Ok((RequestBody::Stream(inspected), Some(watch)))
        }
    }
}

/// What of a stream may be the beginning of a placeholder.
#[derive(Default)]
struct Window(Vec<u8>);

impl Window {
    /// Whether a placeholder ends in this piece.
    fn holds(&mut self, piece: &[u8]) -> bool {
        const KEPT: usize = Placeholder::LONGEST - 1;
        self.0.extend_from_slice(&piece[..piece.len().min(KEPT)]);
        let found = Placeholder::find(&self.0).is_some() || Placeholder::find(piece).is_some();
        if piece.len() > KEPT {
            self.0.clear();
            self.0.extend_from_slice(&piece[piece.len() - KEPT..]);
        } else {
            let surplus = self.0.len().saturating_sub(KEPT);
            self.0.drain(..surplus);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_found_however_a_stream_is_cut() {
        let longest = format!("egret-secret-{}-00112233445566778899aabbccddeeff", "K".repeat(64));
        let text = format!("{}{longest}{}", "a".repeat(300), "b".repeat(300));
        for size in [1, 2, 46, 47, 100, 109, 110, 111, 350, 710] {
            let mut window = Window::default();
            assert!(text.as_bytes().chunks(size).any(|piece| window.holds(piece)), "{size}");
        }
        for size in [1, 100, 400] {
            let mut window = Window::default();
            assert!(!text.replace("KK-", "kk-").as_bytes().chunks(size).any(|piece| window.holds(piece)), "{size}");
        }
    }
}

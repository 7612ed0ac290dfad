//! The way back from an origin that has secrets: what of a response is looked through, and what is left out.
//!
//! The scrub set is every secret that is granted to the origin, put in or not. From such an origin nothing is asked for in parts
//! or as it stands in the caller's words, and fields that tell a body's length or digest are left out: they would tell of what
//! was masked.

use super::{Echoed, Scrub, Scrubber};
use crate::audit::Attempt;
use crate::draft::Caller;
use crate::error::Reason;
use crate::secrets::Secrets;
use crate::websocket::Message;
use bytes::Bytes;
use egret_policy::{Code, Denial, Permit, Target};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LOCATION, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use std::sync::Arc;

/// Fields that speak of the body as it was before anything in it was masked (RFC 9110, RFC 9530, RFC 3230, RFC 1864).
const TELLING: [HeaderName; 8] = [
    CONTENT_LENGTH,
    CONTENT_RANGE,
    ACCEPT_RANGES,
    ETAG,
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("content-md5"),
];

/// The secrets of one origin, as they stood when a hop to it began.
#[derive(Clone)]
pub(crate) struct Guard {
    scrubber: Arc<Scrubber>,
    secrets: Secrets,
}

impl Guard {
    /// The guard of a hop; none where no secret is granted to the origin. The caller's secrets are pinned for the hop.
    pub fn of(caller: &Caller, url: &str) -> Option<Self> {
        if caller.secrets.is_empty() {
            return None;
        }
        // What cannot be read leads nowhere: it is refused when it is decided.
        Self::at(caller, &Target::parse(url).ok()?)
    }

    /// The same for a target that was read.
    pub fn at(caller: &Caller, target: &Target) -> Option<Self> {
        let scrubber = caller.secrets.scrubber(target)?;
        Some(Self { scrubber, secrets: caller.secrets.clone() })
    }

    /// Refuses what cannot be looked through on its way back: two parts may each hold half of a secret.
    pub fn admit(caller: &Caller, permit: &Permit) -> Result<(), Denial> {
        let asks_for_parts = permit.headers().contains_key(RANGE) || permit.headers().contains_key(IF_RANGE);
        if asks_for_parts && Self::at(caller, permit.target()).is_some() {
            return Err(Denial::new(Code::AuthRange, "a part of a response is asked for from an origin that has secrets"));
        }
        Ok(())
    }

    /// Masks the values of fields, leaves out those that would tell of what was masked, and those whose name is an echo.
    pub fn fields(&self, fields: &mut HeaderMap, attempt: &mut Attempt) {
        let mut echoed = Echoed::default();
        TELLING.iter().for_each(|name| drop(fields.remove(name)));
        let named: Vec<HeaderName> = fields.keys().filter(|name| self.holds(name.as_str(), &mut echoed)).cloned().collect();
        named.into_iter().for_each(|name| drop(fields.remove(name)));
        for value in fields.values_mut() {
            if let Cow::Owned(masked) = self.scrubber.whole(value.as_bytes(), &mut echoed) {
                // A mask is visible ASCII, so what held is a field's value still.
                *value = HeaderValue::from_bytes(&masked).unwrap_or(HeaderValue::from_static(""));
            }
        }
        self.tell(&echoed, attempt);
    }

    /// Refuses to follow where a `Location` holds a secret: it would go to whomever it names, and into logs.
    pub fn leads(&self, headers: &HeaderMap, attempt: &mut Attempt) -> Result<(), Denial> {
        let mut echoed = Echoed::default();
        for location in headers.get_all(LOCATION) {
            self.scrubber.whole(location.as_bytes(), &mut echoed);
        }
        self.refuse(&echoed, attempt)
    }

    /// The same for the URL that a `Location` came to.
    pub fn leads_to(&self, url: &str, attempt: &mut Attempt) -> Result<(), Denial> {
        let mut echoed = Echoed::default();
        self.holds(url, &mut echoed);
        self.refuse(&echoed, attempt)
    }

    fn refuse(&self, echoed: &Echoed, attempt: &mut Attempt) -> Result<(), Denial> {
        self.tell(echoed, attempt);
        if echoed.names.is_empty() { Ok(()) } else { Err(Denial::new(Code::RedirectSecret, "the Location holds a secret of this origin")) }
    }

    /// A WebSocket's message, which is there as a whole.
    pub fn message(&self, message: Message, attempt: &mut Attempt) -> Message {
        let mut echoed = Echoed::default();
        let message = match message {
            Message::Text(text) => Message::Text(self.text(text, &mut echoed)),
            Message::Binary(bytes) => match self.scrubber.whole(&bytes, &mut echoed) {
                Cow::Borrowed(_) => Message::Binary(bytes),
                Cow::Owned(masked) => Message::Binary(masked.into()),
            },
        };
        self.tell(&echoed, attempt);
        message
    }

    /// Words of the peer, such as those of a close frame.
    pub fn words(&self, words: String, attempt: &mut Attempt) -> String {
        let mut echoed = Echoed::default();
        let words = self.text(words, &mut echoed);
        self.tell(&echoed, attempt);
        words
    }

    /// A reason whose words may quote the peer: errors of the protocol do, and those of what it sent us to.
    fn reason(&self, reason: Reason, attempt: &mut Attempt) -> Reason {
        match reason {
            Reason::Limit(..) | Reason::Rate(..) | Reason::Breaker(..) | Reason::Hook(..) => reason,
            Reason::Malformed(host, words) => Reason::Malformed(host, self.words(words, attempt)),
            Reason::Upgrade(host, words) => Reason::Upgrade(host, self.words(words, attempt)),
            Reason::Coding(host, words) => Reason::Coding(host, self.words(words, attempt)),
            Reason::Denied(denial) => {
                let words = self.words(denial.message().to_owned(), attempt);
                if words == denial.message() { Reason::Denied(denial) } else { Reason::Denied(Denial::new(denial.code(), words)) }
            }
            // The words of these are the kernel's own, or the resolver's.
            Reason::Auth(_) | Reason::AuthStreamed | Reason::Timeout(_) | Reason::NoSuchName(_) | Reason::Resolver(..) => reason,
            Reason::Connect(..) | Reason::Tls(..) | Reason::RequestSize(_) | Reason::RequestBody(_) | Reason::HeadSize(..) => reason,
            Reason::BodySize(_) | Reason::Pieces(_) | Reason::DecodedSize(_) | Reason::Ratio(_) | Reason::ClosedEarly(_) => reason,
            Reason::Informational(..) | Reason::CodingLayers(..) | Reason::CodingUnknown(_) | Reason::WebSocket(..) => reason,
            Reason::MessageSize(_) | Reason::Closed | Reason::CloseCode(_) => reason,
        }
    }

    /// The same, where there may be no guard.
    pub fn reason_of(guard: Option<&Self>, reason: Reason, attempt: &mut Attempt) -> Reason {
        match guard {
            Some(guard) => guard.reason(reason, attempt),
            None => reason,
        }
    }

    /// A body from its beginning on.
    pub fn flow(self) -> Flow {
        let scrub = Scrub::new(Arc::clone(&self.scrubber));
        Flow { guard: self, scrub, told: 0, is_over: false }
    }

    fn holds(&self, text: &str, echoed: &mut Echoed) -> bool {
        matches!(self.scrubber.whole(text.as_bytes(), echoed), Cow::Owned(_))
    }

    fn text(&self, text: String, echoed: &mut Echoed) -> String {
        match self.scrubber.whole(text.as_bytes(), echoed) {
            Cow::Borrowed(_) => text,
            // A piece of a long value may end within a character.
            Cow::Owned(masked) => String::from_utf8_lossy(&masked).into_owned(),
        }
    }

    /// Writes down what came back, and trips the secrets whose owner wants that.
    fn tell(&self, echoed: &Echoed, attempt: &mut Attempt) {
        if !echoed.names.is_empty() {
            attempt.echoed(&echoed.names);
            self.secrets.trip(&echoed.names);
        }
    }
}

/// A body on its way back.
pub(crate) struct Flow {
    guard: Guard,
    scrub: Scrub,
    /// Echoes that were told of.
    told: u64,
    is_over: bool,
}

impl Flow {
    /// Takes the next piece, or the end, and gives what is certain.
    pub fn pass(&mut self, piece: Option<Bytes>, attempt: &mut Attempt) -> Bytes {
        self.is_over = piece.is_none();
        let certain = match piece {
            Some(piece) => self.scrub.push(piece),
            None => self.scrub.finish(),
        };
        let echoed = self.scrub.echoed();
        if echoed.count > self.told {
            self.told = echoed.count;
            self.guard.tell(echoed, attempt);
        }
        certain
    }

    /// Whether the end has passed.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The guard of the head, for what comes behind the body.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

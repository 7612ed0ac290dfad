//! A secret in the form that its place has. Everything made of a value here is wiped when its last holder drops it.
//!
//! Not wiped are the copies that the libraries make: the write buffers of hyper, h2 and TLS hold a head until the next one is
//! written over it.

use crate::request_body::RequestBody;
use crate::secrets::{Secret, SecretValue};
use bytes::Bytes;
use data_encoding::BASE64;
use egret_policy::{Place, Placeholder, SecretName, Target};
use http::header::InvalidHeaderValue;
use http::{HeaderName, HeaderValue};
use std::fmt;
use zeroize::Zeroizing;

/// Which value of which secret goes where: connections that carried another are never used again for it (I5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub name: SecretName,
    version: u64,
    pub(super) place: Place,
}

/// A secret that goes into a request.
#[derive(Clone)]
pub(crate) struct Credential {
    identity: Identity,
    value: SecretValue,
}

impl Credential {
    /// Takes the value of a secret for a place, or says why it cannot stand there.
    pub(super) fn of(secret: &Secret, place: &Place) -> Result<Self, &'static str> {
        fits(secret.value.expose(), place)?;
        let identity = Identity { name: secret.name.clone(), version: secret.version, place: place.clone() };
        Ok(Self { identity, value: secret.value.clone() })
    }

    /// Where it goes.
    pub fn place(&self) -> &Place {
        &self.identity.place
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether anything of the request is replaced or added: a path and a body say by a placeholder where.
    pub(super) fn goes_into(&self, target: &Target, body: &RequestBody) -> bool {
        match (&self.identity.place, body) {
            (Place::Path, _) => target.path().split('/').any(|segment| self.is_meant(segment)),
            (Place::Body, RequestBody::Bytes(bytes)) => Placeholder::find(bytes).is_some(),
            (Place::Body, RequestBody::Empty | RequestBody::Stream(_)) => false,
            (Place::Bearer | Place::Basic | Place::Header(_) | Place::Query(_), _) => true,
        }
    }

    /// The field that it is, marked so that no library shows or indexes it.
    pub fn field(&self) -> Result<Option<(HeaderName, HeaderValue)>, InvalidHeaderValue> {
        let Some(name) = self.identity.place.field() else { return Ok(None) };
        let value = self.value.expose();
        let bytes = match &self.identity.place {
            Place::Bearer => [b"Bearer ", value].concat(),
            Place::Basic => basic(value),
            Place::Header(_) | Place::Query(_) | Place::Path | Place::Body => value.to_vec(),
        };
        let mut value = HeaderValue::from_maybe_shared(wiped(bytes))?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    /// Path and query of a target with the secret in them, if its place is there.
    pub fn origin_form(&self, target: &Target) -> Option<Bytes> {
        let query = target.query();
        // Room for all of it at once: a buffer that grows leaves what it held behind.
        let room = target.origin_form().len() + self.value.expose().len() * 3;
        match &self.identity.place {
            Place::Path => {
                let mut out = Vec::with_capacity(room * (1 + target.path().split('/').filter(|segment| self.is_meant(segment)).count()));
                self.write_path(target, &mut out);
                query.into_iter().for_each(|query| out.extend(b"?".iter().chain(query.as_bytes())));
                Some(wiped(out))
            }
            Place::Query(name) => {
                let mut out = Vec::with_capacity(room + name.len() + 3);
                out.extend_from_slice(target.path().as_bytes());
                self.write_query(target, name, &mut out);
                Some(wiped(out))
            }
            Place::Bearer | Place::Basic | Place::Header(_) | Place::Body => None,
        }
    }

    /// A body with the secret in the place of each of its placeholders. Those of others must have been refused.
    pub(super) fn written_into(&self, body: &[u8]) -> Bytes {
        let value = self.value.expose();
        let found: Vec<_> = Placeholder::all(body).collect();
        let mut out = Vec::with_capacity(body.len() + found.len() * value.len());
        let mut from = 0;
        for placeholder in found {
            out.extend_from_slice(&body[from..placeholder.range.start]);
            out.extend_from_slice(value);
            from = placeholder.range.end;
        }
        out.extend_from_slice(&body[from..]);
        wiped(out)
    }

    /// Whether a text is the placeholder of this secret.
    fn is_meant(&self, text: &str) -> bool {
        Placeholder::whole(text.as_bytes()).as_ref() == Some(&self.identity.name)
    }

    fn write_path(&self, target: &Target, out: &mut Vec<u8>) {
        for (index, segment) in target.path().split('/').enumerate() {
            if index > 0 {
                out.push(b'/');
            }
            if self.is_meant(segment) { percent_encode(self.value.expose(), out) } else { out.extend_from_slice(segment.as_bytes()) }
        }
    }

    /// The parameter takes the place of the guest's own one, which holds its placeholder, or comes last.
    fn write_query(&self, target: &Target, name: &str, out: &mut Vec<u8>) {
        let query = target.query().unwrap_or_default();
        let own = target.parameters().find(|parameter| parameter.is(name)).map(|parameter| parameter.range);
        let joint: &[u8] = if query.is_empty() || own.is_some() { b"" } else { b"&" };
        let (before, behind) = own.map_or((query, ""), |range| (&query[..range.start], &query[range.end..]));
        for part in [b"?", before.as_bytes(), joint, name.as_bytes(), b"="] {
            out.extend_from_slice(part);
        }
        percent_encode(self.value.expose(), out);
        out.extend_from_slice(behind.as_bytes());
    }
}

/// The name and the place alone.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.identity.fmt(f)
    }
}

/// Bytes that are wiped when the last of their clones goes.
fn wiped(bytes: Vec<u8>) -> Bytes {
    Bytes::from_owner(Zeroizing::new(bytes))
}

/// RFC 7617, 2: the value is user, colon and password already.
fn basic(value: &[u8]) -> Vec<u8> {
    const SCHEME: &[u8] = b"Basic ";
    let mut out = vec![0; SCHEME.len() + BASE64.encode_len(value.len())];
    let (scheme, credentials) = out.split_at_mut(SCHEME.len());
    scheme.copy_from_slice(SCHEME);
    BASE64.encode_mut(value, credentials);
    out
}

/// All but the unreserved characters (RFC 3986, 2.3), so that no value ends its segment or parameter.
fn percent_encode(value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

/// Whether a value can stand in a place.
fn fits(value: &[u8], place: &Place) -> Result<(), &'static str> {
    let visible = || value.iter().all(|byte| (b' '..=b'~').contains(byte)) && value.trim_ascii().len() == value.len();
    match place {
        _ if value.is_empty() => Err("it is empty"),
        Place::Bearer | Place::Header(_) if !visible() => Err("a field holds visible ASCII, without spaces at its ends"),
        Place::Basic if !value.contains(&b':') => Err("it must be user:password"),
        Place::Basic if value.iter().any(u8::is_ascii_control) => Err("it holds a control character"),
        Place::Path if matches!(value, b"." | b"..") => Err("it would be a dot segment"),
        Place::Bearer | Place::Header(_) | Place::Basic | Place::Query(_) | Place::Path | Place::Body => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! Traces that clients bring: the `traceparent` of a request (W3C Trace Context, 2021), remembered until its calls have ended.

use super::ids::{SpanId, TraceId};
use http::HeaderMap;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Requests that are remembered. Calls may go on behind their request's answer, so the oldest go first and none goes by itself; what is
/// forgotten early has a trace of its own.
const MOST: usize = 8_192;

/// What a client says of its own span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    pub trace: TraceId,
    pub span: SpanId,
}

/// The last requests that brought one.
#[derive(Default)]
pub(crate) struct Inbound(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_request: HashMap<Arc<str>, Brought>,
    oldest_first: VecDeque<Arc<str>>,
}

impl Inbound {
    pub fn take_up(&self, request: &str, fields: &HeaderMap) {
        let Some(brought) = brought(fields) else { return };
        let request: Arc<str> = request.into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_request.insert(Arc::clone(&request), brought).is_none() {
            kept.oldest_first.push_back(request);
        }
        if kept.oldest_first.len() > MOST
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.by_request.remove(&oldest);
        }
    }

    pub fn of(&self, request: &str) -> Option<Brought> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_request.get(request).copied()
    }
}

/// Two fields are none: which of them counts would be a guess.
fn brought(fields: &HeaderMap) -> Option<Brought> {
    let mut all = fields.get_all("traceparent").iter();
    let (Some(field), None) = (all.next(), all.next()) else { return None };
    parse(field.to_str().ok()?)
}

/// `version-trace-span-flags` in lower-case hexadecimal digits. A later version may have more behind that, but never `ff`.
fn parse(text: &str) -> Option<Brought> {
    let digits = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.splitn(5, '-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = [version, trace, span, flags].map(str::len) == [2, 32, 16, 2];
    let more = parts.next().is_some();
    if !lengths || ![version, trace, span, flags].into_iter().all(digits) || version == "ff" || (version == "00" && more) {
        return None;
    }
    let (trace, span) = (u128::from_str_radix(trace, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
    (trace != 0 && span != 0).then_some(Brought { trace: TraceId(trace), span: SpanId(span) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_well_formed_is_taken_and_nothing_else() {
        let expected = Brought { trace: TraceId(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c), span: SpanId(0xb7ad_6b71_6920_3331) };
        assert_eq!(parse(GOOD), Some(expected));
        assert_eq!(parse(&GOOD.replace("00-0", "cc-0").replace("-01", "-00-later")), Some(expected));
        let bad = [
            String::new(),
            GOOD.to_uppercase(),
            format!("{GOOD}-more"),
            GOOD.replace("00-0", "ff-0"),
            GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            GOOD.replace("b7ad6b7169203331", "+7ad6b7169203331"),
            GOOD[..54].to_owned(),
            format!(" {GOOD}"),
        ];
        for text in bad {
            assert_eq!(parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn two_fields_count_for_none() {
        let mut fields = HeaderMap::new();
        fields.append("traceparent", GOOD.parse().unwrap());
        assert!(brought(&fields).is_some());
        fields.append("traceparent", GOOD.parse().unwrap());
        assert_eq!(brought(&fields), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let (inbound, mut fields) = (Inbound::default(), HeaderMap::new());
        fields.append("traceparent", GOOD.parse().unwrap());
        for request in 0..=MOST {
            inbound.take_up(&request.to_string(), &fields);
        }
        assert_eq!((inbound.of("0"), inbound.of("1").is_some()), (None, true));
        assert_eq!(inbound.0.lock().unwrap().by_request.len(), MOST);
    }
}

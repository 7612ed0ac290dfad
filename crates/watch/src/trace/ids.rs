//! Ids of traces and spans, computed from the ids of requests and calls.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

/// 128 bits, never all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(pub u128);

/// 64 bits, never all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId(pub u64);

/// The ids of what belongs to one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace {
    pub id: TraceId,
    /// What the ids of its spans are made of.
    seed: u64,
}

impl Trace {
    /// By a request's or a call's id. That is a ULID, whose lower 80 bits are random; another id is hashed.
    pub fn of(id: &str) -> Self {
        let bits = ulid::Ulid::from_string(id).map_or_else(|_| hashed(id), |ulid| ulid.0);
        let [lower, ..] = halves(bits);
        Self { id: TraceId(bits.max(1)), seed: lower }
    }

    /// The same spans in another trace.
    pub const fn within(self, id: TraceId) -> Self {
        Self { id, ..self }
    }

    pub const fn server(self) -> SpanId {
        mixed(self.seed, 1)
    }

    pub const fn invocation(self) -> SpanId {
        mixed(self.seed, 2)
    }
}

/// The span of an attempt: hops and tries of one call differ in their number or their time.
pub(crate) fn attempt(call: &str, hop: u8, time: SystemTime) -> SpanId {
    let nanos = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    mixed(Trace::of(call).seed, u64::from(nanos) << 16 | u64::from(hop) << 8 | 3)
}

fn halves(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> 64) as u64]
}

fn hashed(text: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, text).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// The finaliser of `SplitMix64`: every bit of the outcome depends on every bit of both (Steele, Lea, Flood 2014).
const fn mixed(seed: u64, role: u64) -> SpanId {
    let mut bits = seed ^ role.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    SpanId(if bits == 0 { 1 } else { bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn a_trace_is_found_by_its_requests_id() {
        let trace = Trace::of(REQUEST);
        assert_eq!(trace.id.0, ulid::Ulid::from_string(REQUEST).unwrap().0);
        assert_eq!(Trace::of("i").id, Trace::of("i").id);
        assert_ne!(Trace::of("i").id, Trace::of("j").id);
    }

    #[test]
    fn every_span_of_a_request_has_an_id_of_its_own() {
        let (trace, now) = (Trace::of(REQUEST), SystemTime::now());
        let later = now + std::time::Duration::from_micros(1);
        let ids = [trace.server(), trace.invocation(), attempt(REQUEST, 0, now), attempt(REQUEST, 1, now), attempt(REQUEST, 0, later)];
        for (index, id) in ids.iter().enumerate() {
            assert!(id.0 != 0 && !ids[..index].contains(id), "{ids:?}");
        }
    }
}

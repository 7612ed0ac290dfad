//! Trailer fields: what may stand behind a body (RFC 9110, 6.5), bounded as a head is.

use crate::config::Caps;
use crate::error::Reason;
use http::HeaderMap;

/// Fields that frame, route, authenticate, control or describe how a body is to be read: they mean nothing behind one, and
/// whoever merges trailers into the head would obey them.
const FORBIDDEN: [&str; 32] = [
    "accept-ranges",
    "age",
    "authorization",
    "cache-control",
    "clear-site-data",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "keep-alive",
    "location",
    "pragma",
    "range",
    "refresh",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "warning",
    "www-authenticate",
];

/// The fields that may be handed on; those that must not stand there are left out.
pub(crate) fn admit(fields: &HeaderMap, caps: &Caps) -> Result<HeaderMap, Reason> {
    let bytes: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if fields.len() > caps.response_fields || bytes > caps.response_head {
        return Err(Reason::HeadSize(caps.response_head, caps.response_fields));
    }
    let may_stand = |name: &str| FORBIDDEN.binary_search(&name).is_err() && !name.starts_with("proxy-");
    let kept = fields.iter().filter(|(name, _)| may_stand(name.as_str()));
    Ok(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::{FORBIDDEN, admit};
    use crate::Caps;
    use http::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn fields_that_frame_or_command_are_left_out() {
        let mut fields: HeaderMap = FORBIDDEN.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x"))).collect();
        fields.insert("proxy-status", HeaderValue::from_static("x"));
        fields.append("grpc-status", HeaderValue::from_static("0"));
        fields.append("grpc-status", HeaderValue::from_static("1"));
        let kept = admit(&fields, &Caps::default()).unwrap();
        assert_eq!((kept.len(), kept.get_all("grpc-status").iter().count()), (2, 2));
    }

    #[test]
    fn the_list_is_in_order() {
        assert!(FORBIDDEN.is_sorted(), "it is searched by halves");
    }

    #[test]
    fn too_many_fields_are_refused() {
        let fields: HeaderMap = (0..101).map(|n| (HeaderName::try_from(format!("x-{n}")).unwrap(), HeaderValue::from_static(""))).collect();
        assert!(admit(&fields, &Caps::default()).is_err());
    }
}

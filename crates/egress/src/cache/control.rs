//! Reads `Cache-Control` (RFC 9111, 5.2) and lists like it. What cannot be understood makes an answer used less, never more.

use http::{HeaderMap, HeaderName};
use std::time::Duration;

/// What a number of seconds stands for that is too large to be held (RFC 9111, 1.2.2).
const FOREVER: u64 = 1 << 31;

/// The directives of a message, names in lower case, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Control(Vec<(String, Option<String>)>);

impl Control {
    /// Reads every field of the name.
    pub fn of(headers: &HeaderMap, name: &HeaderName) -> Self {
        let mut directives = Vec::new();
        for value in headers.get_all(name) {
            for member in members(value.as_bytes()) {
                let (key, argument) = member.split_once('=').map_or((&*member, None), |(key, argument)| (key, Some(argument)));
                let key = key.trim().to_ascii_lowercase();
                if !key.is_empty() {
                    directives.push((key, argument.map(unquoted)));
                }
            }
        }
        Self(directives)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the directive is there, with or without an argument.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The time that a directive names; none at all where it is malformed, or said twice in two ways.
    pub fn time(&self, name: &str) -> Option<Duration> {
        let mut said = self.0.iter().filter(|(key, _)| key == name).map(|(_, argument)| argument.as_deref().and_then(seconds));
        let first = said.next()?;
        Some(if said.all(|other| other == first) { first.unwrap_or_default() } else { Duration::ZERO })
    }

    /// The same for a directive that may stand without a time and then means any: `max-stale`.
    pub fn any_time(&self, name: &str) -> Option<Duration> {
        let (_, argument) = self.0.iter().find(|(key, _)| key == name)?;
        Some(argument.as_deref().map_or(Duration::from_secs(FOREVER), |text| seconds(text).unwrap_or_default()))
    }
}

/// Digits alone (RFC 9111, 1.2.2).
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(FOREVER).min(FOREVER)))
}

/// The members of a list; commas in quoted strings part nothing (RFC 9110, 5.6.1).
pub(super) fn members(value: &[u8]) -> Vec<String> {
    let (mut members, mut member, mut quoted, mut escaped) = (Vec::new(), Vec::new(), false, false);
    for byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                members.push(std::mem::take(&mut member));
                continue;
            }
            _ => {}
        }
        member.push(*byte);
    }
    members.push(member);
    members.iter().map(|member| String::from_utf8_lossy(member).trim().to_owned()).filter(|member| !member.is_empty()).collect()
}

fn unquoted(argument: &str) -> String {
    let argument = argument.trim();
    let inner = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| argument.to_owned(), |inner| inner.replace('\\', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::CACHE_CONTROL;

    fn control(values: &[&str]) -> Control {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| _ = headers.append(CACHE_CONTROL, value.parse().unwrap()));
        Control::of(&headers, &CACHE_CONTROL)
    }

    #[test]
    fn names_are_read_without_regard_to_case_and_over_all_fields() {
        let control = control(&["Public, MAX-AGE=60", "No-Store"]);
        assert!(control.has("public") && control.has("no-store") && !control.has("private"));
        assert_eq!(control.time("max-age"), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_quoted_list_of_fields_is_one_argument() {
        let control = control(&["no-cache=\"a, max-age=9, \\\"b\", max-age=\"5\""]);
        assert_eq!(control.time("max-age"), Some(Duration::from_secs(5)));
        assert!(control.has("no-cache"));
    }

    #[test]
    fn a_time_that_is_malformed_or_contradicted_is_none_at_all() {
        for bad in ["max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=x", "max-age=1, max-age=2"] {
            assert_eq!(control(&[bad]).time("max-age"), Some(Duration::ZERO), "{bad}");
        }
        assert_eq!(control(&["max-age=1", "max-age=1"]).time("max-age"), Some(Duration::from_secs(1)));
        assert_eq!(control(&["public"]).time("max-age"), None);
    }

    #[test]
    fn a_number_beyond_all_bounds_is_68_years() {
        for huge in ["2147483649", "99999999999999999999999999"] {
            assert_eq!(control(&[&format!("max-age={huge}")]).time("max-age"), Some(Duration::from_secs(1 << 31)), "{huge}");
        }
    }

    #[test]
    fn max_stale_may_stand_alone() {
        assert_eq!(control(&["max-stale"]).any_time("max-stale"), Some(Duration::from_secs(1 << 31)));
        assert_eq!(control(&["max-stale=3"]).any_time("max-stale"), Some(Duration::from_secs(3)));
        assert_eq!(control(&["max-stale=x"]).any_time("max-stale"), Some(Duration::ZERO));
    }
}

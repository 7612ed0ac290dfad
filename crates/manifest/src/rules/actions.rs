//! What a rule does beside allowing: `retry`, `rate` and `burst`, `breaker`, and what bounds a call.

use crate::keys::{BREAKER, RETRY};
use crate::section::{Section, Value};
use egret_limits::{duration, size};
use egret_policy::{Actions, BreakerSpec, Extent, RateSpec, RetrySpec};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

type Fields = HashMap<String, Range<usize>>;

/// Reads the keys of a rule; `fields` gets the places of what the law may still find fault with.
pub(super) fn read(section: &Section<'_>, fields: &mut Fields) -> Actions {
    Actions {
        retry: section.section("retry", &RETRY).map(|table| retry(&table, fields)),
        rate: rate(section, fields),
        breaker: section.section("breaker", &BREAKER).map(|table| breaker(&table, fields)),
        extent: extent(section, "", fields),
    }
}

/// How long and how large a call may be; of a rule or of a route, whose place in the rule is the prefix.
pub(super) fn extent(section: &Section<'_>, prefix: &str, fields: &mut Fields) -> Extent {
    let timeout = parsed(section, "timeout", prefix, fields, duration);
    let bytes = |text: &str| size(text).map(|bytes| bytes as u64);
    Extent { timeout, max_response: parsed(section, "max_response", prefix, fields, bytes) }
}

fn retry(section: &Section<'_>, fields: &mut Fields) -> RetrySpec {
    fields.insert("retry".to_owned(), section.span.clone());
    let usual = RetrySpec::default();
    let attempts = number(section, "attempts", "retry.", fields).unwrap_or_else(|| usual.attempts.into());
    let on = section.list("on", true).map(|list| statuses(section, &list, fields));
    let methods = section.texts("methods", true).unwrap_or_default();
    fields.extend(methods.first().map(|(_, span)| ("retry.methods".to_owned(), span.clone())));
    let retry = RetrySpec {
        // What does not fit is out of the law's range as well.
        attempts: u8::try_from(attempts).unwrap_or(u8::MAX),
        on: on.unwrap_or(usual.on),
        backoff: parsed(section, "backoff", "retry.", fields, backoff).unwrap_or(usual.backoff),
        methods: methods.into_iter().map(|(method, _)| method).collect(),
    };
    section.finish();
    retry
}

fn statuses(section: &Section<'_>, list: &[&Value<'_>], fields: &mut Fields) -> Vec<u16> {
    fields.extend(section.get("on").map(|value| ("retry.on".to_owned(), value.span())));
    let status = |(index, value): (usize, &&Value<'_>)| {
        let status = Section::decimal(value).and_then(|digits| digits.parse().ok());
        if status.is_none() {
            section.wrong(value, &format!("{}[{index}]", section.key("on")), "a status");
        }
        status
    };
    list.iter().enumerate().filter_map(status).collect()
}

/// Two times, for example `200ms..5s`.
fn backoff(text: &str) -> Result<(Duration, Duration), String> {
    let (first, most) = text.split_once("..").ok_or_else(|| format!("{text:?} is no range of times; write for example \"200ms..5s\""))?;
    Ok((duration(first)?, duration(most)?))
}

fn rate(section: &Section<'_>, fields: &mut Fields) -> Option<RateSpec> {
    let rate = parsed(section, "rate", "", fields, RateSpec::read);
    let burst = number(section, "burst", "", fields);
    let wait = parsed(section, "rate_wait", "", fields, duration);
    if section.get("rate").is_none() {
        for key in ["burst", "rate_wait"] {
            section.get(key).into_iter().for_each(|value| section.report(value.span(), &section.key(key), "means nothing without rate"));
        }
    }
    rate.map(|rate| RateSpec { burst, wait: wait.unwrap_or_default(), ..rate })
}

fn breaker(section: &Section<'_>, fields: &mut Fields) -> BreakerSpec {
    fields.insert("breaker".to_owned(), section.span.clone());
    let usual = BreakerSpec::default();
    let breaker = BreakerSpec {
        failures: number(section, "failures", "breaker.", fields).unwrap_or(usual.failures),
        open: parsed(section, "open", "breaker.", fields, duration).unwrap_or(usual.open),
    };
    section.finish();
    breaker
}

fn number(section: &Section<'_>, key: &'static str, prefix: &str, fields: &mut Fields) -> Option<u32> {
    let value = section.get(key)?;
    fields.insert(format!("{prefix}{key}"), value.span());
    let number = Section::decimal(value).and_then(|digits| digits.parse().ok());
    if number.is_none() {
        section.wrong(value, &section.key(key), "a whole number");
    }
    number
}

fn parsed<T>(
    section: &Section<'_>,
    key: &'static str,
    prefix: &str,
    fields: &mut Fields,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let (text, span) = section.text(key)?;
    fields.insert(format!("{prefix}{key}"), span.clone());
    read(text).map_err(|words| section.report(span, &section.key(key), words)).ok()
}

//! Golden cases: a value in its place, and what cannot stand there.

use super::*;

const MINE: &str = "egret-secret-KEY-00112233445566778899aabbccddeeff";

fn credential(place: &str, value: &str) -> Result<Credential, &'static str> {
    let secret = Secret {
        name: "KEY".parse().unwrap(),
        version: 1,
        value: SecretValue::new(value.into()),
        former: Vec::new(),
        grants: Vec::new(),
        hmac: false,
        trip: false,
    };
    Credential::of(&secret, &place.parse().unwrap())
}

#[track_caller]
fn origin_form(place: &str, value: &str, path: &str, expected: &str) {
    let target = Target::parse(&format!("https://a.test{path}")).unwrap();
    assert_eq!(credential(place, value).unwrap().origin_form(&target).unwrap(), expected, "{path}");
}

#[test]
fn a_parameter_is_added_or_replaced_where_its_placeholder_stands() {
    origin_form("query:key", "a&b=c/\u{fc}", "/x", "/x?key=a%26b%3Dc%2F%C3%BC");
    origin_form("query:key", "v", "/x?", "/x?key=v");
    origin_form("query:key", "v", "/x?a=1", "/x?a=1&key=v");
    origin_form("query:key", "v", &format!("/x?key={MINE}"), "/x?key=v");
    origin_form("query:key", "v", &format!("/x?a=1&KEY={MINE};b=2"), "/x?a=1&key=v;b=2");
    origin_form("query:key", "v", &format!("/x?a=1&k%65y={MINE}"), "/x?a=1&key=v");
}

#[test]
fn a_segment_is_replaced_and_stays_one() {
    origin_form("path", "12:a/../b?c", &format!("/bot/{MINE}/send?q"), "/bot/12%3Aa%2F..%2Fb%3Fc/send?q");
    origin_form("path", "v", &format!("/{MINE}/{MINE}"), "/v/v");
}

#[test]
fn a_field_is_marked_and_shows_nothing_of_the_value() {
    for (place, value, name, expected) in [
        ("bearer", "a b", "authorization", "Bearer a b"),
        ("basic", "user:p\u{e4}ss", "authorization", "Basic dXNlcjpww6Rzcw=="),
        ("header:x-key", "hunter2", "x-key", "hunter2"),
    ] {
        let credential = credential(place, value).unwrap();
        let (field, written) = credential.field().unwrap().unwrap();
        assert_eq!((field.as_str(), written.as_bytes()), (name, expected.as_bytes()));
        assert!(written.is_sensitive() && !format!("{written:?} {credential:?}").contains(value));
    }
    assert!(credential("query:a", "v").unwrap().field().unwrap().is_none());
}

#[test]
fn a_body_gets_the_value_wherever_its_placeholder_stands() {
    let credential = credential("body", "\0v\n").unwrap();
    let body = format!("{MINE},{MINE}{MINE}.");
    assert_eq!(credential.written_into(body.as_bytes()), "\0v\n,\0v\n\0v\n.");
    assert_eq!(credential.written_into(b"none"), "none");
}

#[test]
fn a_value_that_cannot_stand_in_its_place_is_refused() {
    for (place, value) in [
        ("bearer", ""),
        ("bearer", "abc\r\nX: y"),
        ("bearer", "a\0b"),
        ("header:x-key", " a"),
        ("header:x-key", "a\t"),
        ("header:x-key", "\u{e4}"),
        ("basic", "user"),
        ("basic", "user:a\nb"),
        ("path", "."),
        ("path", ".."),
        ("query:a", ""),
        ("body", ""),
    ] {
        assert!(credential(place, value).is_err(), "{place} {value:?}");
    }
    for (place, value) in [("path", "..."), ("query:a", "\r\n"), ("body", "\0"), ("basic", "u:p:q")] {
        assert!(credential(place, value).is_ok(), "{place} {value:?}");
    }
}

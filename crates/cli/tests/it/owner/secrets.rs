//! `egret secret ...`: how values come in, and that they come out nowhere.

use super::{House, Outcome};
use std::os::unix::fs::PermissionsExt;

const VALUE: &str = "sk_live_hunter2_0123456789";

fn value(house: &House) -> Option<(u64, Vec<u8>)> {
    let store = house.store();
    let app = store.app("shop").unwrap().unwrap();
    store.open_secrets(&app.id).unwrap().first().map(|secret| (secret.version, secret.value.to_vec()))
}

fn shows_nothing(outcome: &Outcome) {
    let said = format!("{}{}", outcome.out, outcome.err);
    assert!(!said.contains("hunter2"), "{said}");
    assert!(!said.contains("c2tfbGl2ZV9odW50ZXIy"), "nor in base64: {said}");
}

#[test]
fn a_value_comes_from_standard_input_a_file_or_a_variable() {
    for house in House::both() {
        let set = |more: &[&str], input: &str| {
            let outcome = house.feed(&[&["secret", "set", "STRIPE_KEY", "--app", "shop"], more].concat(), input);
            shows_nothing(&outcome);
            assert_eq!((outcome.code, value(&house).unwrap().1), (Some(0), VALUE.as_bytes().to_vec()), "{more:?} {}", outcome.err);
            outcome.out
        };
        assert!(!set(&["--from-stdin"], VALUE).contains("line break"));
        assert!(set(&["--from-stdin"], &format!("{VALUE}\n")).contains("line break at the end of the value was removed"));
        let file = house.path().join("key");
        std::fs::write(&file, format!("{VALUE}\r\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let told = set(&["--from-file", file.to_str().unwrap()], "");
        assert!(told.contains("line break") && told.contains("others can use") && told.contains("mode 644"), "{told}");
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], "another value of it");
        let variable = house.run_with(&[("MY_KEY", VALUE)], &["secret", "set", "STRIPE_KEY", "--from-env", "MY_KEY"]);
        shows_nothing(&variable);
        assert_eq!((variable.code, value(&house).unwrap().1), (Some(0), VALUE.as_bytes().to_vec()), "{}", variable.err);
    }
}

#[test]
fn a_value_is_never_an_argument_and_is_not_repeated() {
    for house in House::both() {
        let wrong: [&[&str]; 8] = [
            &["STRIPE_KEY", VALUE],
            &["STRIPE_KEY", "--from-stdin", VALUE],
            &["STRIPE_KEY=sk_live_hunter2_0123456789"],
            &["STRIPE_KEY", "--value=sk_live_hunter2_0123456789"],
            &["STRIPE_KEY", "--value", VALUE],
            &["STRIPE_KEY", "--from-stdin=sk_live_hunter2_0123456789"],
            &["STRIPE_KEY", "--from-env", VALUE],
            &[VALUE, "--from-stdin"],
        ];
        for command in ["set", "rotate"] {
            for arguments in wrong {
                let outcome = house.feed(&[&["secret", command], arguments].concat(), VALUE);
                shows_nothing(&outcome);
                assert_eq!(outcome.code, Some(2), "{arguments:?}");
            }
        }
        let told = house.run(&["secret", "set", "STRIPE_KEY", VALUE]).err;
        assert!(told.contains("never an argument") && told.contains("--from-stdin") && told.contains("history"), "{told}");
        shows_nothing(&house.run(&["secret", VALUE]));
        assert_eq!(value(&house), None);
    }
}

#[test]
fn without_a_source_and_without_a_terminal_nothing_is_set() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let outcome = house.feed(&["secret", "set", "STRIPE_KEY"], VALUE);
    assert_eq!((outcome.code, value(&house)), (Some(2), None));
    assert!(outcome.err.contains("--from-stdin") && outcome.err.contains("--from-env"), "{}", outcome.err);
}

#[test]
fn a_short_value_needs_force_and_an_empty_or_endless_one_is_refused() {
    for house in House::both() {
        let set = |more: &[&str], input: &str| house.feed(&[&["secret", "set", "PIN", "--from-stdin"], more].concat(), input);
        let short = set(&[], "hunter2");
        assert_eq!((short.code, value(&house)), (Some(1), None));
        assert!(short.err.contains("--force") && short.err.contains("12"), "{}", short.err);
        shows_nothing(&short);
        assert_eq!(set(&["--force"], "hunter2").code, Some(0));
        assert_eq!(set(&["--force"], "\n").code, Some(2));
        assert_eq!(set(&[], &"x".repeat(65 << 10)).code, Some(2));
        assert_eq!(value(&house).unwrap().1, b"hunter2");
    }
}

#[test]
fn a_secret_is_listed_by_name_versions_and_grants_and_never_by_value() {
    for house in House::both() {
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], VALUE);
        let grant = |to: &str, place: &str| house.run(&["secret", "grant", "STRIPE_KEY", "--app", "shop", "--to", to, "--as", place]);
        assert_eq!(grant("https://api.stripe.com/", "bearer").code, Some(0));
        assert_eq!(grant("https://Files.Stripe.com:8443", "header:x-api-key").code, Some(0));
        assert_eq!(house.run(&["secret", "hmac", "STRIPE_KEY", "on"]).code, Some(0));
        assert_eq!(house.run(&["secret", "trip", "STRIPE_KEY", "on"]).code, Some(0));
        let text = house.run(&["secret", "list"]);
        shows_nothing(&text);
        assert!(text.out.contains("to https://api.stripe.com as bearer\n"), "{}", text.out);
        assert!(text.out.contains("to https://files.stripe.com:8443 as header:x-api-key\n") && text.out.contains("sign and verify"));
        assert!(text.out.contains("first echo"), "{}", text.out);
        let json = house.run(&["secret", "list", "--json"]);
        shows_nothing(&json);
        let secret = &json.json()["secrets"][0];
        assert_eq!((secret["name"].as_str(), secret["hmac"].as_bool()), (Some("STRIPE_KEY"), Some(true)));
        assert_eq!((secret["versions"][0]["version"].as_u64(), secret["grants"][0]["as"].as_str()), (Some(1), Some("bearer")));
        shows_nothing(&house.run(&["app", "show"]));
    }
}

#[test]
fn a_rotated_secret_keeps_its_grants_and_its_earlier_value_for_a_while() {
    for house in House::both() {
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], "sk_live_former_value");
        house.done(&["secret", "grant", "STRIPE_KEY", "--to", "https://a.test", "--as", "bearer"]);
        let rotated = house.feed(&["secret", "rotate", "--grace", "2h", "--from-stdin", "STRIPE_KEY"], VALUE);
        shows_nothing(&rotated);
        assert!(rotated.out.contains("is known until") && rotated.out.contains("to https://a.test as bearer"), "{}", rotated.out);
        let store = house.store();
        let open = store.open_secrets(&store.app("shop").unwrap().unwrap().id).unwrap();
        assert_eq!((open[0].value.as_slice(), open[0].former.len()), (VALUE.as_bytes(), 1));
        assert_eq!(house.feed(&["secret", "rotate", "OTHER", "--from-stdin"], VALUE).code, Some(3));
        for grace in ["", "1", "-1h", "1y", "900d"] {
            assert_eq!(house.feed(&["secret", "rotate", "STRIPE_KEY", "--from-stdin", "--grace", grace], VALUE).code, Some(2), "{grace:?}");
        }
    }
}

#[test]
fn a_grant_is_for_an_origin_over_https_unless_it_is_said() {
    for house in House::both() {
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], VALUE);
        let grant = |more: &[&str]| house.run(&[&["secret", "grant", "STRIPE_KEY"], more].concat());
        let wrong: [&[&str]; 7] = [
            &["--to", "http://a.test", "--as", "bearer"],
            &["--to", "https://a.test/v1", "--as", "bearer"],
            &["--to", "a.test", "--as", "bearer"],
            &["--to", "https://*.a.test", "--as", "bearer"],
            &["--to", "https://a.test", "--as", "cookie"],
            &["--to", "https://a.test", "--as", "Bearer"],
            &["--to", "https://a.test"],
        ];
        for arguments in wrong {
            assert_eq!(grant(arguments).code, Some(2), "{arguments:?}");
        }
        let http = grant(&["--to", "http://a.test", "--as", "query:key", "--http-ok"]);
        assert!(http.code == Some(0) && http.out.contains("to http://a.test as query:key"), "{}{}", http.out, http.err);
    }
}

#[test]
fn revoking_takes_back_what_fits_and_nothing_that_fits_is_a_fault() {
    for house in House::both() {
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], VALUE);
        for (to, place) in [("https://a.test", "bearer"), ("https://a.test", "query:k"), ("https://b.test", "bearer")] {
            house.done(&["secret", "grant", "STRIPE_KEY", "--to", to, "--as", place]);
        }
        let left = || house.run(&["secret", "list", "--json"]).json()["secrets"][0]["grants"].as_array().unwrap().len();
        house.done(&["secret", "revoke", "STRIPE_KEY", "--to", "https://a.test", "--as", "query:k"]);
        assert_eq!(left(), 2);
        assert_eq!(house.run(&["secret", "revoke", "STRIPE_KEY", "--to", "https://c.test"]).code, Some(3));
        assert_eq!(left(), 2);
        house.done(&["secret", "revoke", "STRIPE_KEY"]);
        assert_eq!(left(), 0);
        assert_eq!(house.run(&["secret", "revoke", "STRIPE_KEY"]).code, Some(3));
        assert_eq!(house.run(&["secret", "revoke", "NOBODY"]).code, Some(3));
        house.done(&["secret", "remove", "STRIPE_KEY"]);
        assert_eq!((house.run(&["secret", "remove", "STRIPE_KEY"]).code, value(&house)), (Some(3), None));
    }
}

/// The bytes lie encrypted, whoever wrote them.
#[test]
fn a_value_is_in_no_file_of_the_data_directory() {
    for house in House::both() {
        house.feed(&["secret", "set", "STRIPE_KEY", "--from-stdin"], VALUE);
        house.feed(&["secret", "rotate", "STRIPE_KEY", "--from-stdin"], &format!("{VALUE}2"));
        let mut looked = 0;
        for entry in std::fs::read_dir(house.data()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{path:?}");
                looked += 1;
            }
        }
        assert!(looked >= 2);
    }
}

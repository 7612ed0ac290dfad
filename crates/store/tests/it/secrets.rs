//! Secrets: what comes out for the kernel, what never comes out for anybody else.

use crate::house::{House, holding, key, to, value};
use egret_store::{OpenSecret, SecretGrantRow, Store, StoreError};
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(86_400);

fn only(store: &Store, app: &str) -> OpenSecret {
    let [secret] = store.open_secrets(app).unwrap().try_into().unwrap();
    secret
}

#[test]
fn a_set_secret_opens_and_a_set_one_replaces_it_but_for_its_grants() {
    let (house, app) = House::with_app();
    let first = house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    house.store.grant_secret(&app.id, "KEY", to("api.example.com")).unwrap();
    house.store.set_hmac(&app.id, "KEY", true).unwrap();
    house.store.set_trip(&app.id, "KEY", true).unwrap();
    let second = house.store.set_secret(&app.id, "KEY", value("the second value")).unwrap();
    assert!(second > first);
    let secret = only(&house.again().store, &app.id);
    assert_eq!((secret.name.as_str(), secret.version, secret.value), ("KEY", second, value("the second value")));
    assert_eq!((secret.former, secret.grants, secret.hmac, secret.trip), (vec![], vec![to("api.example.com")], true, true));
}

#[test]
fn a_rotated_value_stays_usable_until_its_grace_ends_by_the_readers_clock() {
    let (house, app) = House::with_app();
    let first = house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    let second = house.store.rotate_secret(&app.id, "KEY", value("the second value"), DAY).unwrap();
    let secret = only(&house.store, &app.id);
    assert_eq!((secret.version, secret.value.as_slice()), (second, b"the second value".as_slice()));
    let [former] = secret.former.try_into().unwrap();
    assert_eq!((former.version, former.value.as_slice()), (first, b"the first value".as_slice()));
    let at = |time| house.store.open_secrets_at(&app.id, time).unwrap().remove(0).former.len();
    assert_eq!(at(former.until - Duration::from_millis(1)), 1);
    assert_eq!(at(former.until), 0);
}

#[test]
fn without_grace_a_rotated_value_is_gone_at_once() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    house.store.rotate_secret(&app.id, "KEY", value("the second value"), Duration::ZERO).unwrap();
    assert_eq!(house.store.secrets(&app.id).unwrap()[0].versions.len(), 1);
    assert_eq!(house.store.open_secrets_at(&app.id, SystemTime::UNIX_EPOCH).unwrap()[0].former, []);
}

#[test]
fn a_grace_without_end_is_no_fault() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    house.store.rotate_secret(&app.id, "KEY", value("the second value"), Duration::MAX).unwrap();
    assert_eq!(only(&house.store, &app.id).former.len(), 1);
}

#[test]
fn a_secret_keeps_sixteen_former_values_at_most() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("value 0")).unwrap();
    for index in 1..=16 {
        house.store.rotate_secret(&app.id, "KEY", value(&format!("value {index}")), DAY).unwrap();
    }
    let refused = house.store.rotate_secret(&app.id, "KEY", value("value 17"), DAY);
    assert!(matches!(refused, Err(StoreError::TooMany { most: 17, .. })), "{refused:?}");
    let secret = only(&house.store, &app.id);
    assert_eq!((secret.value, secret.former.len()), (value("value 16"), 16));
    house.store.set_secret(&app.id, "KEY", value("value 18")).unwrap();
    assert_eq!(only(&house.store, &app.id).former, []);
}

#[test]
fn a_secret_set_after_its_removal_is_another_credential() {
    let (house, app) = House::with_app();
    let before = house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    house.store.grant_secret(&app.id, "KEY", to("api.example.com")).unwrap();
    house.store.remove_secret(&app.id, "KEY").unwrap();
    assert_eq!(house.store.open_secrets(&app.id).unwrap(), []);
    assert!(house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap() > before);
    assert_eq!(only(&house.store, &app.id).grants, []);
}

#[test]
fn a_secret_goes_where_it_is_granted_until_that_is_revoked() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    let bound = SecretGrantRow { rule: Some("a rule".to_owned()), ..to("api.example.com") };
    for grant in [to("api.example.com"), bound.clone(), to("api.example.com"), bound.clone()] {
        house.store.grant_secret(&app.id, "KEY", grant).unwrap();
    }
    assert_eq!(only(&house.store, &app.id).grants, [to("api.example.com"), bound.clone()]);
    house.store.revoke_secret(&app.id, "KEY", &to("api.example.com")).unwrap();
    assert_eq!(house.store.secrets(&app.id).unwrap()[0].grants, [bound]);
    let again = house.store.revoke_secret(&app.id, "KEY", &to("api.example.com"));
    assert!(matches!(again, Err(StoreError::NoSuch { what: "grant", .. })));
}

#[test]
fn a_secret_that_is_not_there_is_neither_rotated_nor_granted_nor_removed() {
    let (house, app) = House::with_app();
    let other = house.store.create_app("blog", None).unwrap();
    house.store.set_secret(&other.id, "KEY", value("the value of a key")).unwrap();
    let refused = [
        house.store.rotate_secret(&app.id, "KEY", value("another value"), DAY).err(),
        house.store.grant_secret(&app.id, "KEY", to("api.example.com")).err(),
        house.store.revoke_secret(&app.id, "KEY", &to("api.example.com")).err(),
        house.store.set_hmac(&app.id, "KEY", true).err(),
        house.store.remove_secret(&app.id, "KEY").err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(StoreError::NoSuch { what: "secret", .. })), "{error:?}");
    }
    assert_eq!(house.generation(&app), app.generation);
}

#[test]
fn values_and_their_number_are_bounded() {
    let (house, app) = House::with_app();
    let store = &house.store;
    assert!(matches!(store.set_secret(&app.id, "KEY", value("")), Err(StoreError::Bounds { .. })));
    let long = Zeroizing::new(vec![b'x'; 64 * 1024]);
    store.set_secret(&app.id, "KEY", long.clone()).unwrap();
    assert_eq!(only(store, &app.id).value, long);
    let longer = Zeroizing::new(vec![b'x'; 64 * 1024 + 1]);
    assert!(matches!(store.set_secret(&app.id, "KEY", longer.clone()), Err(StoreError::Bounds { most: 65_536, .. })));
    assert!(matches!(store.rotate_secret(&app.id, "KEY", longer, DAY), Err(StoreError::Bounds { .. })));

    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        INSERT INTO secrets (app, name, created) SELECT ?1, 'n' || i, 0 FROM n";
    house.raw().execute(fill, [&app.id]).unwrap();
    assert!(matches!(store.set_secret(&app.id, "MORE", value("v")), Err(StoreError::TooMany { most: 1_000, .. })));
    store.set_secret(&app.id, "KEY", value("v")).unwrap();
    for index in 0..100 {
        store.grant_secret(&app.id, "KEY", to(&format!("h{index}.example.com"))).unwrap();
    }
    assert!(matches!(store.grant_secret(&app.id, "KEY", to("one.more")), Err(StoreError::TooMany { most: 100, .. })));
}

#[test]
fn a_value_is_in_no_file_and_what_was_sealed_leaves_them_when_it_is_removed() {
    let (house, app) = House::with_app();
    let (plain, later) = ("plain-value-5f0c2b7e", "later-value-9a1d4c6b");
    house.store.set_secret(&app.id, "KEY", value(plain)).unwrap();
    let sealed: Vec<u8> = house.raw().query_row("SELECT sealed FROM secret_values", [], |row| row.get(0)).unwrap();
    let folder = house.folder.path();
    assert_ne!(holding(folder, &sealed), [""; 0]);
    house.store.set_secret(&app.id, "KEY", value(later)).unwrap();
    assert_eq!(holding(folder, &sealed), [""; 0]);
    let sealed: Vec<u8> = house.raw().query_row("SELECT sealed FROM secret_values", [], |row| row.get(0)).unwrap();
    house.store.backup(&folder.join("copy.db")).unwrap();
    for text in [plain, later] {
        assert_eq!(holding(folder, text.as_bytes()), [""; 0]);
    }
    house.store.remove_secret(&app.id, "KEY").unwrap();
    assert_eq!(holding(folder, &sealed), ["copy.db"]);
    let house = house.again();
    for text in [plain, later] {
        assert_eq!(holding(house.folder.path(), text.as_bytes()), [""; 0]);
    }
}

#[test]
fn the_sealed_bytes_of_a_large_value_leave_the_files_with_its_app() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", Zeroizing::new(vec![7; 60_000])).unwrap();
    let sealed: Vec<u8> = house.raw().query_row("SELECT sealed FROM secret_values", [], |row| row.get(0)).unwrap();
    let pieces = [&sealed[..64], &sealed[20_000..20_064], &sealed[59_000..59_064]];
    assert!(pieces.iter().all(|piece| !holding(house.folder.path(), piece).is_empty()));
    house.store.remove_app(&app.id).unwrap();
    assert!(pieces.iter().all(|piece| holding(house.folder.path(), piece).is_empty()));
}

/// A backup is such a reader: it sees the store as of the moment at which it began, for as long as it takes.
#[test]
fn what_a_reader_keeps_in_the_log_leaves_it_with_the_first_write_after_the_reader() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    let reader = house.raw();
    reader.execute_batch("BEGIN").unwrap();
    let sealed: Vec<u8> = reader.query_row("SELECT sealed FROM secret_values", [], |row| row.get(0)).unwrap();
    house.store.remove_secret(&app.id, "KEY").unwrap();
    assert_ne!(holding(house.folder.path(), &sealed), [""; 0]);
    reader.execute_batch("COMMIT").unwrap();
    house.store.set_setting("server", "any", "write").unwrap();
    assert_eq!(holding(house.folder.path(), &sealed), [""; 0]);
}

#[test]
fn nothing_that_is_shown_holds_a_value() {
    let (house, app) = House::with_app();
    let plain = "plain-value-5f0c2b7e";
    house.store.set_secret(&app.id, "KEY", value(plain)).unwrap();
    house.store.rotate_secret(&app.id, "KEY", value(&format!("{plain}-2")), DAY).unwrap();
    let bytes = format!("{:?}", plain.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    let store = &house.store;
    let refused = store.set_secret("nobody", "KEY", value(plain)).unwrap_err();
    let shown = [
        format!("{:?}", store.open_secrets(&app.id).unwrap()),
        format!("{:?}", store.open_secrets(&app.id).unwrap()[0].former),
        format!("{:?}", store.secrets(&app.id).unwrap()),
        format!("{:?}", store.snapshot(&app.id).unwrap()),
        format!("{:?}", store.events(None, 100).unwrap()),
        format!("{store:?} {refused} {refused:?}"),
    ];
    for text in shown {
        assert!(!text.contains(plain) && !text.contains(bytes), "{text}");
    }
}

#[test]
fn a_value_moved_to_another_secret_or_version_does_not_open() {
    let (house, app) = House::with_app();
    let kept = house.store.set_secret(&app.id, "A", value("the value of A")).unwrap();
    house.store.set_secret(&app.id, "B", value("the value of B")).unwrap();
    let swap = "UPDATE secret_values SET sealed = (SELECT sealed FROM secret_values WHERE version <> ?1) WHERE version = ?1";
    house.raw().execute(swap, [kept]).unwrap();
    let refused = house.store.open_secrets(&app.id).unwrap_err();
    assert!(matches!(&refused, StoreError::Unsealable { name, version } if name == "A" && *version == kept), "{refused:?}");
}

#[test]
fn values_whose_grace_is_over_are_erased_when_the_store_is_opened() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the first value")).unwrap();
    house.store.rotate_secret(&app.id, "KEY", value("the second value"), DAY).unwrap();
    let over = "UPDATE secret_values SET until = 1 WHERE until IS NOT NULL";
    house.raw().execute(over, []).unwrap();
    assert_eq!(house.store.secrets(&app.id).unwrap()[0].versions.len(), 2);
    assert_eq!(house.again().store.secrets(&app.id).unwrap()[0].versions.len(), 1);
}

#[test]
fn a_key_opens_what_it_sealed_in_another_process_too() {
    let (house, app) = House::with_app();
    let other = Store::open(house.folder.path(), key()).unwrap();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    assert_eq!(only(&other, &app.id).value, value("the value of a key"));
}

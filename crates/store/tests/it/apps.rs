//! Apps and their grants.

use crate::house::{House, to, value};
use egret_store::{Added, StoreError};
use std::path::{Path, PathBuf};

const RULE: &str = r#"{"host":"api.example.com"}"#;

#[test]
fn what_was_made_is_there_after_the_store_was_closed() {
    let (house, app) = House::with_app();
    let other = house.store.create_app("blog", Some(Path::new("/srv/blog"))).unwrap();
    let grant = house.store.add_grant(&app.id, RULE, false).unwrap().grant();
    let house = house.again();
    assert_eq!(house.store.apps().unwrap(), [other.clone(), house.store.app("shop").unwrap().unwrap()]);
    assert_eq!(other.folder, Some(PathBuf::from("/srv/blog")));
    assert_eq!(house.store.grants(&app.id).unwrap(), [grant]);
}

#[test]
fn a_name_has_one_app_at_a_time() {
    let (house, app) = House::with_app();
    assert!(matches!(house.store.create_app("shop", None), Err(StoreError::NameTaken { name }) if name == "shop"));
    assert_eq!(house.store.apps().unwrap(), [app]);
}

#[test]
fn an_app_that_takes_over_a_name_gets_nothing_of_it() {
    let (house, old) = House::with_app();
    house.store.add_grant(&old.id, RULE, false).unwrap();
    house.store.set_secret(&old.id, "KEY", value("the value of a key")).unwrap();
    house.store.grant_secret(&old.id, "KEY", to("api.example.com")).unwrap();
    house.store.set_setting(&old.id, "heap", "64MiB").unwrap();
    house.store.remove_app(&old.id).unwrap();

    assert_eq!(house.store.app("shop").unwrap(), None);
    let new = house.store.create_app("shop", None).unwrap();
    assert_ne!(new.id, old.id);
    let snapshot = house.store.snapshot(&new.id).unwrap().unwrap();
    assert_eq!((snapshot.grants, snapshot.secrets, snapshot.settings), (vec![], vec![], vec![]));
}

#[test]
fn nothing_is_left_of_a_removed_app_but_its_row_and_the_owners_log() {
    let (house, app) = House::with_app();
    house.store.add_grant(&app.id, RULE, true).unwrap();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    house.store.grant_secret(&app.id, "KEY", to("api.example.com")).unwrap();
    house.store.set_setting(&app.id, "heap", "64MiB").unwrap();
    house.store.remove_app(&app.id).unwrap();

    for table in ["grants", "secrets", "secret_values", "secret_grants", "settings"] {
        let count: i64 = house.raw().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let row = house.store.app_by_id(&app.id).unwrap().unwrap();
    assert!(row.removed.is_some() && row.generation > app.generation);
    assert_eq!(house.store.snapshot(&app.id).unwrap(), None);
    assert_eq!(house.store.events(Some(&app.id), 1).unwrap()[0].kind, "app.removed");
}

#[test]
fn a_removed_app_takes_nothing_more() {
    let (house, app) = House::with_app();
    house.store.remove_app(&app.id).unwrap();
    let store = &house.store;
    let refused = [
        store.remove_app(&app.id).err(),
        store.add_grant(&app.id, RULE, false).err(),
        store.set_secret(&app.id, "KEY", value("the value of a key")).err(),
        store.set_setting(&app.id, "heap", "1MiB").err(),
        store.remove_app("01ARZ3NDEKTSV4RRFFQ69G5FAV").err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(StoreError::NoSuch { what: "app", .. })), "{error:?}");
    }
    assert_eq!(store.grants(&app.id).unwrap(), []);
    assert_eq!(store.settings(&app.id).unwrap(), []);
}

#[test]
fn an_equal_grant_again_changes_nothing() {
    let (house, app) = House::with_app();
    let Added::New(grant) = house.store.add_grant(&app.id, RULE, false).unwrap() else { panic!() };
    let generation = house.generation(&app);
    assert_eq!(house.store.add_grant(&app.id, RULE, false).unwrap(), Added::Was(grant.clone()));
    assert_eq!(house.generation(&app), generation);
    assert!(matches!(house.store.add_grant(&app.id, RULE, true).unwrap(), Added::New(_)));
    assert_eq!(house.store.grants(&app.id).unwrap().len(), 2);
}

#[test]
fn a_grant_is_removed_from_its_own_app_only_and_its_number_never_comes_again() {
    let (house, app) = House::with_app();
    let other = house.store.create_app("blog", None).unwrap();
    let grant = house.store.add_grant(&app.id, RULE, false).unwrap().grant();
    assert!(matches!(house.store.remove_grant(&other.id, grant.id), Err(StoreError::NoSuch { what: "grant", .. })));
    assert_eq!(house.store.remove_grant(&app.id, grant.id).unwrap(), grant);
    assert!(matches!(house.store.remove_grant(&app.id, grant.id), Err(StoreError::NoSuch { what: "grant", .. })));
    assert!(house.store.add_grant(&app.id, RULE, false).unwrap().grant().id > grant.id);
}

#[test]
fn every_change_of_an_app_is_another_generation_of_that_app_only() {
    let (house, app) = House::with_app();
    let other = house.store.create_app("blog", None).unwrap();
    let store = &house.store;
    let grant = store.add_grant(&app.id, RULE, false).unwrap().grant();
    let mut last = house.generation(&app);
    let mut grown = |what: &str| {
        let now = house.generation(&app);
        assert_eq!(now, last + 1, "{what}");
        last = now;
    };
    store.remove_grant(&app.id, grant.id).unwrap();
    grown("a removed grant");
    store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    grown("a set secret");
    store.rotate_secret(&app.id, "KEY", value("another value of it"), std::time::Duration::ZERO).unwrap();
    grown("a rotated secret");
    store.grant_secret(&app.id, "KEY", to("api.example.com")).unwrap();
    grown("a granted secret");
    store.set_hmac(&app.id, "KEY", true).unwrap();
    grown("an HMAC");
    store.revoke_secret(&app.id, "KEY", &to("api.example.com")).unwrap();
    grown("a revoked secret");
    store.remove_secret(&app.id, "KEY").unwrap();
    grown("a removed secret");
    store.set_setting(&app.id, "heap", "1MiB").unwrap();
    grown("a setting");
    assert_eq!(house.generation(&other), other.generation);
}

#[test]
fn texts_are_bounded() {
    let (house, app) = House::with_app();
    let store = &house.store;
    let long = "x".repeat(64 * 1024 + 1);
    assert!(matches!(store.create_app("", None), Err(StoreError::Bounds { most: 128, .. })));
    assert!(matches!(store.create_app(&"x".repeat(129), None), Err(StoreError::Bounds { most: 128, .. })));
    assert!(matches!(store.create_app("y", Some(Path::new(&long))), Err(StoreError::Bounds { most: 4096, .. })));
    assert!(matches!(store.add_grant(&app.id, "", false), Err(StoreError::Bounds { .. })));
    assert!(matches!(store.add_grant(&app.id, &long, false), Err(StoreError::Bounds { most: 65_536, .. })));
    assert!(matches!(store.set_setting(&app.id, "heap", &long), Err(StoreError::Bounds { .. })));
    assert_eq!(house.generation(&app), app.generation);
}

#[test]
fn the_owners_log_tells_each_change_in_its_order_and_none_that_failed() {
    let (house, app) = House::with_app();
    house.store.add_grant(&app.id, RULE, false).unwrap();
    house.store.create_app("shop", None).unwrap_err();
    house.store.remove_app(&app.id).unwrap();
    let events = house.store.events(None, 10).unwrap();
    let told: Vec<(&str, &str)> = events.iter().rev().map(|event| (event.kind.as_str(), event.text.as_str())).collect();
    assert_eq!(told, [("app.created", "shop"), ("grant.added", RULE), ("app.removed", "shop")]);
    assert!(events.iter().all(|event| event.app.as_deref() == Some(app.id.as_str())));
}

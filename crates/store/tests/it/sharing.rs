//! Several users of one store: threads, and stores that are opened on one file as by several processes.

use crate::house::{House, key, value};
use egret_store::{Class, Store, StoreError, Write};
use std::thread;
use std::time::SystemTime;

#[test]
fn a_change_made_by_another_is_seen_in_the_counter() {
    let (house, app) = House::with_app();
    let other = Store::open(house.folder.path(), key()).unwrap();
    let before = house.store.changes().unwrap();
    assert_eq!(house.store.changes().unwrap(), before);
    other.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    let after = house.store.changes().unwrap();
    assert_ne!(after, before);
    assert_eq!(other.changes().unwrap(), after);
    house.store.remove_secret(&app.id, "KEY").unwrap();
    assert_ne!(other.changes().unwrap(), after);
    assert_eq!(other.open_secrets(&app.id).unwrap(), []);
}

#[test]
fn rows_that_nobody_waits_for_are_no_change() {
    let house = House::new();
    house.store.create_app("shop", None).unwrap();
    let before = house.store.changes().unwrap();
    let row = Write::Event { time: SystemTime::now(), app: None, kind: "test".to_owned(), text: String::new() };
    house.store.bulk(Class::Denials, row);
    house.store.flush().unwrap();
    assert_eq!(house.store.events(None, 10).unwrap().len(), 2);
    assert_eq!(house.store.changes().unwrap(), before);
}

#[test]
fn two_stores_and_many_threads_lose_no_write_and_no_generation() {
    let (house, app) = House::with_app();
    let other = Store::open(house.folder.path(), key()).unwrap();
    thread::scope(|scope| {
        for index in 0..16 {
            let store = if index % 2 == 0 { house.store.clone() } else { other.clone() };
            let id = app.id.clone();
            scope.spawn(move || {
                for rule in 0..25 {
                    store.add_grant(&id, &format!("{index} {rule}"), false).unwrap();
                }
            });
        }
    });
    assert_eq!(house.store.grants(&app.id).unwrap().len(), 400);
    assert_eq!(house.generation(&app), app.generation + 400);
}

#[test]
fn of_many_that_take_one_name_at_once_one_gets_it_and_the_others_write_nothing() {
    let house = House::new();
    let store = &house.store;
    let made: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| store.create_app("shop", None))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().flat_map(|made| made.as_ref().err()).all(|error| matches!(error, StoreError::NameTaken { .. })));
    assert_eq!(store.events(None, 100).unwrap().len(), 1);
}

#[test]
fn many_open_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<Store> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Store::open(folder.path(), key()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    stores[0].create_app("shop", None).unwrap();
    assert!(stores.iter().all(|store| store.app("shop").unwrap().is_some()));
}

#[test]
fn more_readers_than_connections_take_turns() {
    let (house, app) = House::with_app();
    house.store.add_grant(&app.id, "rule", false).unwrap();
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| assert_eq!(house.store.grants(&app.id).unwrap().len(), 1));
        }
    });
}

//! Settings, and rows that nobody waits for.

use crate::house::House;
use egret_store::{Class, Clearings, Due, Setting, Standing, StoreError, Taken, Write};
use std::time::SystemTime;

#[test]
fn a_setting_is_what_it_was_last_set_to_until_it_is_reset() {
    let house = House::new();
    let store = &house.store;
    assert_eq!(store.setting("server", "heap").unwrap(), None);
    store.set_setting("server", "heap", "64MiB").unwrap();
    store.set_setting("server", "heap", "128MiB").unwrap();
    store.set_setting("other", "heap", "1MiB").unwrap();
    assert_eq!(store.settings("server").unwrap(), [Setting { name: "heap".to_owned(), value: "128MiB".to_owned() }]);
    store.reset_setting("server", "heap").unwrap();
    store.reset_setting("server", "heap").unwrap();
    assert_eq!(store.setting("server", "heap").unwrap(), None);
    assert_eq!(store.setting("other", "heap").unwrap().as_deref(), Some("1MiB"));
}

#[test]
fn a_full_scope_takes_no_new_setting_but_changes_of_those_it_has() {
    let house = House::new();
    let store = &house.store;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO settings SELECT 'server', 'n' || i, 'v', 0 FROM n";
    house.raw().execute(fill, []).unwrap();
    assert!(matches!(store.set_setting("server", "one more", "v"), Err(StoreError::TooMany { most: 1_000, .. })));
    store.set_setting("server", "n7", "another").unwrap();
    assert_eq!(store.setting("server", "n7").unwrap().as_deref(), Some("another"));
}

#[test]
fn what_is_handed_over_is_written_in_its_order() {
    let house = House::new();
    for index in 0..10_000 {
        assert_eq!(house.store.bulk(Class::AppData, event(&index.to_string())), Taken::Queued);
    }
    house.store.flush().unwrap();
    let texts: Vec<String> = house.store.events(None, 20_000).unwrap().into_iter().rev().map(|event| event.text).collect();
    assert_eq!(texts, (0..10_000).map(|index| index.to_string()).collect::<Vec<_>>());
    assert_eq!(Class::ALL.map(|class| house.store.dropped(class)), [0; 4]);
}

#[test]
fn closing_the_store_writes_what_still_waits() {
    let house = House::new();
    for index in 0..1_000 {
        house.store.bulk(Class::Audit, event(&index.to_string()));
    }
    assert_eq!(house.again().store.events(None, 2_000).unwrap().len(), 1_000);
}

#[test]
fn a_long_text_of_a_row_is_cut_between_characters() {
    let house = House::new();
    house.store.bulk(Class::Cache, event(&"é".repeat(4_000)));
    house.store.bulk(Class::Cache, event(&format!("x{}", "é".repeat(4_000))));
    house.store.flush().unwrap();
    let lengths: Vec<usize> = house.store.events(None, 2).unwrap().iter().map(|event| event.text.len()).collect();
    assert_eq!(lengths, [4_095, 4_096]);
}

fn event(text: &str) -> Write {
    Write::Event { time: SystemTime::now(), app: None, kind: "test".to_owned(), text: text.to_owned() }
}

#[test]
fn what_is_closed_stays_so_over_a_restart_and_goes_with_its_app() {
    let house = House::new();
    let shop = house.store.create_app("shop", None).unwrap().id;
    assert_eq!(house.store.standing(Some(&shop)).unwrap(), Standing::default());
    house.store.lock_down(None, true).unwrap();
    house.store.lock_down(Some(&shop), true).unwrap();
    house.store.pause(&shop, true).unwrap();
    let house = house.again();
    let all = Standing { everywhere: true, lockdown: true, paused: true };
    assert_eq!(house.store.standing(Some(&shop)).unwrap(), all);
    let later = house.store.create_app("later", None).unwrap().id;
    assert_eq!(house.store.standing(Some(&later)).unwrap(), Standing { everywhere: true, ..Standing::default() });
    house.store.lock_down(None, false).unwrap();
    house.store.remove_app(&shop).unwrap();
    let again = house.store.create_app("shop", None).unwrap().id;
    assert_eq!(house.store.standing(Some(&again)).unwrap(), Standing::default());
}

#[test]
fn an_order_to_forget_stored_answers_is_counted_for_each_scope() {
    let house = House::new();
    let store = &house.store;
    let shop = store.create_app("shop", None).unwrap().id;
    let before = store.clearings(Some(&shop)).unwrap();
    store.clear_cache(Some(&shop), Some("a.test")).unwrap();
    let once = store.clearings(Some(&shop)).unwrap();
    assert_eq!((once.app.since(&before.app), once.everywhere.since(&before.everywhere)), (Due::Host("a.test"), Due::Nothing));
    store.clear_cache(Some(&shop), Some("b.test")).unwrap();
    store.clear_cache(None, None).unwrap();
    let then = store.clearings(Some(&shop)).unwrap();
    assert_eq!((then.app.since(&once.app), then.app.since(&before.app)), (Due::Host("b.test"), Due::All));
    assert_eq!(then.everywhere.since(&once.everywhere), Due::All);
    assert_eq!(store.clearings(None).unwrap(), Clearings { everywhere: then.everywhere, ..Clearings::default() });
}

//! The shelf against what it must keep, bound and let go.

use super::super::entry::Head;
use super::super::freshness::{Freshness, Times};
use super::super::key::{Key, Part};
use super::*;
use bytes::Bytes;
use egret_policy::CacheSpec;
use http::{HeaderMap, StatusCode};
use std::time::{Duration, SystemTime};

/// Room for sixteen entries of this body.
const BODY: usize = 9_000;
const MOST: usize = 16 * (BODY + 1_200);

fn entry(app: &str, url: &str, body: usize) -> Arc<Entry> {
    let key = Key { app: app.into(), url: url.into(), part: Part::plain() };
    let times = Times { asked: SystemTime::UNIX_EPOCH, came: SystemTime::UNIX_EPOCH };
    let freshness = Freshness::of(StatusCode::OK, &HeaderMap::new(), times, CacheSpec::up_to(Duration::from_secs(1)));
    let (status, headers, selection) = (StatusCode::OK, HeaderMap::new(), Vec::new());
    let head = Head { key, host: "a.test".into(), status, headers, decoded: false, selection, freshness };
    Arc::new(Entry::new(head, Bytes::from(vec![0; body]), HeaderMap::new()))
}

fn put(shelf: &mut Shelf, app: &str, url: &str) -> bool {
    let moment = shelf.moment(&app.into());
    shelf.put(entry(app, url, BODY), moment)
}

fn has(shelf: &Shelf, app: &str, url: &str) -> bool {
    shelf.find(app, url, &Part::plain(), &HeaderMap::new()).is_some()
}

/// How many of an app's entries are there, without asking for them.
fn count(shelf: &Shelf, app: &str) -> usize {
    shelf.apps().find(|(name, ..)| ***name == *app).map_or(0, |(_, count, _)| count)
}

fn sums_hold(shelf: &Shelf) {
    let of_apps: usize = shelf.apps().map(|(.., bytes)| bytes).sum();
    let of_entries: usize = shelf.apps.values().flat_map(|app| app.order.values()).map(|placed| placed.entry.weight()).sum();
    let in_urls = shelf.apps.values().flat_map(|app| app.urls.values()).flat_map(|parts| parts.values()).map(Vec::len).sum::<usize>();
    let in_order: usize = shelf.apps.values().map(|app| app.order.len()).sum();
    assert_eq!((of_apps, of_entries, in_urls), (shelf.held, shelf.held, in_order));
    assert!(shelf.held <= shelf.most);
}

#[test]
fn what_is_kept_never_exceeds_its_bound_and_all_sums_hold() {
    let mut shelf = Shelf::new(MOST);
    for number in 0..1_000 {
        put(&mut shelf, ["a", "b", "c"][number % 3], &format!("/{}", number * 7 % 60));
        if number % 50 == 0 {
            shelf.invalidate("a", &format!("/{}", number % 60));
        }
        sums_hold(&shelf);
    }
    assert!(shelf.evicted > 0);
    shelf.clear(None, None);
    sums_hold(&shelf);
    assert_eq!(shelf.held, 0);
}

#[test]
fn one_app_alone_may_fill_everything_and_takes_nothing_from_who_has_less() {
    let mut shelf = Shelf::new(MOST);
    (0..4).for_each(|number| _ = put(&mut shelf, "small", &format!("/{number}")));
    (0..500).for_each(|number| _ = put(&mut shelf, "flood", &format!("/{number}")));
    assert_eq!(count(&shelf, "small"), 4);
    assert!(count(&shelf, "flood") >= 11, "{}", count(&shelf, "flood"));
}

#[test]
fn what_is_asked_for_stays_and_what_came_once_goes() {
    let mut shelf = Shelf::new(MOST);
    (0..8).for_each(|number| _ = put(&mut shelf, "a", &format!("/hot/{number}")));
    for number in 0..500 {
        (0..8).for_each(|hot| assert!(has(&shelf, "a", &format!("/hot/{hot}")), "{hot} is gone after {number} others"));
        put(&mut shelf, "a", &format!("/once/{number}"));
    }
}

#[test]
fn what_is_larger_than_an_eighth_is_not_kept() {
    let mut shelf = Shelf::new(MOST);
    assert!(!shelf.put(entry("a", "/", MOST / 8), 0));
    assert!(shelf.put(entry("a", "/", MOST / 8 - 2_000), 0));
}

#[test]
fn an_answer_that_was_on_its_way_when_it_became_invalid_is_not_kept() {
    let mut shelf = Shelf::new(MOST);
    let before = shelf.moment(&"a".into());
    shelf.invalidate("a", "/x");
    assert!(!shelf.put(entry("a", "/x", 10), before));
    assert!(shelf.put(entry("a", "/y", 10), before), "another URL");
    let after = shelf.moment(&"a".into());
    assert!(shelf.put(entry("a", "/x", 10), after));
    shelf.clear(Some("a"), None);
    assert!(!shelf.put(entry("a", "/y", 10), after), "all was cleared");
}

#[test]
fn changes_that_are_forgotten_count_as_changes_of_everything() {
    let mut shelf = Shelf::new(MOST);
    let before = shelf.moment(&"a".into());
    (0..=CHANGES).for_each(|number| shelf.invalidate("a", &format!("/{number}")));
    assert!(!shelf.put(entry("a", "/x", 10), before));
}

#[test]
fn an_answer_takes_the_place_of_the_one_that_it_takes_over_from() {
    let mut shelf = Shelf::new(MOST);
    (0..20).for_each(|_| _ = put(&mut shelf, "a", "/"));
    assert_eq!((count(&shelf, "a"), shelf.evicted), (1, 0));
}

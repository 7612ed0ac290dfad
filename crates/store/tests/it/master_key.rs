//! The file of the master key.

use crate::house::names;
use egret_store::{Key, Store, StoreError};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::thread;

/// A key is never shown, so two are compared by what they open.
fn opens(folder: &std::path::Path, key: Key) -> bool {
    Store::open(folder, key).is_ok()
}

#[test]
fn the_key_is_made_once_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(opens(folder.path(), Key::of_data_dir(folder.path()).unwrap()));
    assert!(opens(folder.path(), Key::of_data_dir(folder.path()).unwrap()));
    let file = folder.path().join("master.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(opens(folder.path(), Key::from_text(&text).unwrap()));
    assert_eq!(names(folder.path()), ["egret.db", "egret.lock", "master.key"]);

    let other = tempfile::tempdir().unwrap();
    Key::of_data_dir(other.path()).unwrap();
    assert_ne!(fs::read_to_string(other.path().join("master.key")).unwrap(), text);
}

#[test]
fn many_that_make_the_key_at_once_get_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<Key> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Key::of_data_dir(folder.path()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    assert!(keys.into_iter().all(|key| opens(folder.path(), key)));
    assert_eq!(names(folder.path()), ["egret.db", "egret.lock", "master.key"]);
}

#[test]
fn a_key_that_others_may_read_or_that_is_a_link_or_no_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Key::of_data_dir(folder.path()).unwrap();
    let file = folder.path().join("master.key");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Key::of_data_dir(folder.path()), Err(StoreError::Exposed { mode: "600", .. })));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();

    fs::rename(&file, folder.path().join("elsewhere")).unwrap();
    symlink("elsewhere", &file).unwrap();
    assert!(matches!(Key::of_data_dir(folder.path()), Err(StoreError::Link { .. })));
    fs::remove_file(&file).unwrap();
    fs::rename(folder.path().join("elsewhere"), &file).unwrap();

    for text in ["", "no key", &"0".repeat(300)] {
        fs::write(&file, text).unwrap();
        assert!(matches!(Key::of_data_dir(folder.path()), Err(StoreError::BadKey)), "{text}");
    }
}

#[test]
fn a_lost_key_is_not_replaced_where_a_store_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), Key::of_data_dir(folder.path()).unwrap()).unwrap());
    fs::remove_file(folder.path().join("master.key")).unwrap();
    assert!(matches!(Key::of_data_dir(folder.path()), Err(StoreError::NoKey { .. })));
    assert_eq!(names(folder.path()), ["egret.db", "egret.lock"]);
}

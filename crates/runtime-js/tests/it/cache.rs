//! The image's cache: sealed, private, made again when anything about it is wrong.

use crate::harness::{Bench, data_dir, invoke, text};
use egret_runtime::Limits;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A copy of the shared cache, to be spoilt.
fn copy(name: &str) -> PathBuf {
    // The image is there once the shared runtime is.
    Bench::shared();
    let to = data_dir().join("caches").join(name);
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(to.join("engine")).unwrap();
    fs::set_permissions(to.join("engine"), fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(data_dir().join("engine")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join("engine").join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn image(data: &Path) -> PathBuf {
    let newest = fs::read_dir(data.join("engine"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "image"));
    newest.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// Spoils every image in the cache, so that the one in use is among them.
fn spoil(data: &Path, damage: impl Fn(&Path)) {
    for entry in fs::read_dir(data.join("engine")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "image") {
            damage(&path);
        }
    }
}

fn start(data: &Path) -> Vec<String> {
    let bench = Bench::with(Limits::default(), |config| data.clone_into(&mut config.data_dir));
    assert_eq!(text(&invoke(&*bench.load("export default () => new Response('up')"))), "up");
    bench.js.warnings().to_vec()
}

#[test]
fn the_files_are_ours_alone() {
    let data = copy("modes");
    assert_eq!(start(&data), [""; 0]);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&data.join("engine")), mode(&data.join("engine/key")), mode(&image(&data))), (0o700, 0o600, 0o600));
}

#[test]
fn a_tampered_image_is_ignored_and_made_again() {
    let data = copy("tampered");
    spoil(&data, |path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    let warnings = start(&data);
    assert!(warnings.iter().any(|warning| warning.contains("its seal is broken")), "{warnings:?}");
    assert_eq!(start(&data), [""; 0]);
}

#[test]
fn images_that_others_may_write_or_that_are_short_are_not_believed() {
    let data = copy("loose");
    spoil(&data, |path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap());
    let warnings = start(&data);
    assert!(warnings.iter().any(|warning| warning.contains("ours alone")), "{warnings:?}");

    spoil(&data, |path| fs::write(path, b"short").unwrap());
    let warnings = start(&data);
    assert!(warnings.iter().any(|warning| warning.contains("cut short")), "{warnings:?}");
}

#[test]
fn the_images_of_other_versions_are_removed_when_one_is_made() {
    let data = copy("others");
    fs::write(data.join("engine/0123.image"), b"old").unwrap();
    assert_eq!(start(&data), [""; 0]);
    assert!(data.join("engine/0123.image").exists());
    spoil(&data, |path| fs::write(path, b"short").unwrap());
    start(&data);
    assert!(!data.join("engine/0123.image").exists());
}

#[test]
fn another_key_breaks_the_seal() {
    let data = copy("key");
    fs::remove_file(data.join("engine/key")).unwrap();
    let warnings = start(&data);
    assert!(warnings.iter().any(|warning| warning.contains("its seal is broken")), "{warnings:?}");
}

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let data = copy("open");
    fs::set_permissions(data.join("engine"), fs::Permissions::from_mode(0o755)).unwrap();
    let warnings = start(&data);
    assert!(warnings.iter().any(|warning| warning.contains("mode 0700")), "{warnings:?}");
}

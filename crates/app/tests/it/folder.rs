//! What of an app's folder is read: plain files and folders of its own, and nothing through a link.

use egret_app::config::Folder;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const MANIFEST: &str = "version = 1\nname = \"a\"\n";

/// An app without fault, and a folder that is not the app's.
fn app() -> (TempDir, TempDir) {
    let (app, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(app.path().join("functions")).unwrap();
    fs::write(app.path().join("egret.toml"), MANIFEST).unwrap();
    (app, elsewhere)
}

fn words(root: &Path) -> String {
    Folder::read(root).map(|folder| folder.env).unwrap_err().to_string()
}

#[test]
fn the_shells_variables_never_reach_a_function_through_the_dotenv_file() {
    let (app, _) = app();
    fs::write(app.path().join(".env"), "A=$PATH\nB=\"${PATH}\"\nC=${PATH:-none}\n").unwrap();
    let env = Folder::read(app.path()).unwrap().env;
    assert_eq!([&env["A"], &env["B"], &env["C"]], ["$PATH", "${PATH}", "${PATH:-none}"]);
}

#[test]
fn a_dotenv_file_that_is_a_link_is_not_read() {
    let (app, elsewhere) = app();
    let secret = elsewhere.path().join("secret");
    fs::write(&secret, "TOKEN=hunter2\n").unwrap();
    for target in [secret.as_path(), Path::new("/proc/self/environ"), Path::new("nowhere")] {
        let link = app.path().join(".env");
        symlink(target, &link).unwrap();
        let words = words(app.path());
        assert!(words.contains(".env") && words.contains("symbolic link") && !words.contains("hunter2"), "{words}");
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn a_manifest_that_is_a_link_is_not_read() {
    let (app, elsewhere) = app();
    fs::rename(app.path().join("egret.toml"), elsewhere.path().join("egret.toml")).unwrap();
    symlink(elsewhere.path().join("egret.toml"), app.path().join("egret.toml")).unwrap();
    assert!(words(app.path()).contains("symbolic link"), "{}", words(app.path()));
}

#[test]
fn what_is_no_regular_file_is_not_read_and_blocks_nobody() {
    let (app, _) = app();
    fs::create_dir(app.path().join(".env")).unwrap();
    assert!(words(app.path()).contains("regular file"), "{}", words(app.path()));
    fs::remove_dir(app.path().join(".env")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, app.path().join(".env"), rustix::fs::Mode::RUSR).unwrap();
    assert!(words(app.path()).contains("regular file"), "{}", words(app.path()));
}

#[test]
fn a_functions_folder_that_is_a_link_is_not_served() {
    let (app, elsewhere) = app();
    fs::write(elsewhere.path().join("f.js"), "export default 1").unwrap();
    fs::remove_dir(app.path().join("functions")).unwrap();
    symlink(elsewhere.path(), app.path().join("functions")).unwrap();
    assert!(words(app.path()).contains("symbolic link"), "{}", words(app.path()));
}

#[test]
fn a_folder_of_an_upstream_stays_inside_the_app_whatever_links_lie_on_the_way() {
    let (app, elsewhere) = app();
    fs::create_dir_all(elsewhere.path().join("up")).unwrap();
    fs::create_dir_all(app.path().join("own/up")).unwrap();
    symlink(elsewhere.path(), app.path().join("way")).unwrap();
    symlink(elsewhere.path(), app.path().join("last")).unwrap();
    let folder = Folder::read(app.path()).unwrap();
    assert!(folder.inside("own/up").is_ok());
    for (name, said) in [("last", "symbolic link"), ("way/up", "leads out of"), ("nowhere", "no such folder"), ("egret.toml", "no folder")]
    {
        let words = folder.inside(name).unwrap_err();
        assert!(words.contains(said), "{name}: {words}");
    }
}

#[test]
fn an_app_may_itself_be_reached_through_a_link() {
    let (app, elsewhere) = app();
    let link = elsewhere.path().join("app");
    symlink(app.path(), &link).unwrap();
    assert_eq!(Folder::read(&link).unwrap().functions, link.join("functions"));
}

const JSON: &str = "{ \"version\": 1, \"name\": \"b\" }";

#[test]
fn a_manifest_may_be_json() {
    let (app, _) = app();
    fs::remove_file(app.path().join("egret.toml")).unwrap();
    fs::write(app.path().join("egret.json"), JSON).unwrap();
    let folder = Folder::read(app.path()).unwrap();
    assert_eq!((folder.manifest.name.as_str(), folder.file), ("b", app.path().join("egret.json")));
}

/// Whoever reads one of them, and starts the app, would not know that the other counts.
#[test]
fn an_app_with_two_manifests_is_refused() {
    let (app, elsewhere) = app();
    let json = app.path().join("egret.json");
    fs::write(&json, JSON).unwrap();
    assert!(words(app.path()).contains("beside this one lies egret.toml"), "{}", words(app.path()));
    fs::remove_file(&json).unwrap();
    symlink(elsewhere.path().join("nowhere"), &json).unwrap();
    assert!(words(app.path()).contains("beside this one lies egret.toml"), "{}", words(app.path()));
}

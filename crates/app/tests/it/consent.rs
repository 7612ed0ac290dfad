//! What a manifest may have without asking, and what its owner is asked about.

use egret_app::config::Folder;
use egret_app::consent::{Consents, asked};
use std::fs;
use std::path::Path;

fn folder(at: &Path, manifest: &str) -> Folder {
    fs::create_dir_all(at.join("functions")).unwrap();
    fs::write(at.join("egret.toml"), format!("version = 1\nname = \"a\"\n{manifest}")).unwrap();
    Folder::read(at).unwrap()
}

#[test]
fn public_https_hosts_and_own_stand_ins_are_granted_without_asking() {
    let at = tempfile::tempdir().unwrap();
    let own = "net = [\"api.test\"]\n[[dev.upstream]]\nhost = \"up.test\"\nport = 9443\nfunctions = \"up\"\n[[dev.net]]\nhost = \"up.test\"\nports = [9443]\nprivate = [\"127.0.0.1/32\"]\n";
    assert!(asked(&folder(at.path(), own)).is_empty());
}

#[test]
fn plain_http_and_exemptions_are_asked_for() {
    let at = tempfile::tempdir().unwrap();
    for manifest in [
        "net = [{ host = \"api.test\", https_only = false }]\n",
        "net = [{ host = \"api.test\", private = [\"10.0.0.0/8\"] }]\n",
        "[[dev.net]]\nhost = \"localhost\"\nports = [5432]\nprivate = [\"127.0.0.1/32\"]\n",
        // A stand-in's name, but another port: that is somebody else's listener.
        "[[dev.upstream]]\nhost = \"up.test\"\nport = 9443\nfunctions = \"up\"\n[[dev.net]]\nhost = \"up.test\"\nports = [5432]\nprivate = [\"127.0.0.1/32\"]\n",
        // A stand-in's name and port, but a wider exemption.
        "[[dev.upstream]]\nhost = \"up.test\"\nport = 9443\nfunctions = \"up\"\n[[dev.net]]\nhost = \"up.test\"\nports = [9443]\nprivate = [\"127.0.0.0/8\"]\n",
    ] {
        let asked = asked(&folder(at.path(), manifest));
        assert!(asked.rules.len() == 1 && asked.mode.is_none(), "{manifest}");
    }
}

#[test]
fn consent_holds_for_that_manifest_at_that_place_only() {
    let (data, at, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let consents = Consents::of(data.path());
    let first = folder(at.path(), "net = [{ host = \"api.test\", https_only = false }]\n");
    assert!(!consents.given(&first));
    consents.give(&first).unwrap();
    assert!(consents.given(&first));
    assert!(!consents.given(&folder(elsewhere.path(), "net = [{ host = \"api.test\", https_only = false }]\n")));
    assert!(!consents.given(&folder(at.path(), "net = [{ host = \"api.test\", https_only = false }, \"b.test\"]\n")));
}

#[test]
fn every_mode_but_enforce_is_asked_for() {
    let at = tempfile::tempdir().unwrap();
    let deny = "net = [{ host = \"a.test\", deny = true }]\n";
    for mode in ["report", "open", "denylist"] {
        let asked = asked(&folder(at.path(), &format!("mode = \"{mode}\"\n{deny}")));
        assert!(asked.rules.is_empty() && asked.mode.is_some() && !asked.is_empty(), "{mode}");
    }
    assert!(asked(&folder(at.path(), &format!("mode = \"enforce\"\n{deny}"))).is_empty());
}

#[test]
fn a_yes_to_one_manifest_is_none_to_the_same_in_another_form() {
    let (data, at) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let consents = Consents::of(data.path());
    let toml = folder(at.path(), "net = [{ host = \"a.test\", https_only = false }]\n");
    consents.give(&toml).unwrap();
    fs::remove_file(at.path().join("egret.toml")).unwrap();
    let json = "{ \"version\": 1, \"name\": \"a\", \"net\": [{ \"host\": \"a.test\", \"https_only\": false }] }";
    fs::write(at.path().join("egret.json"), json).unwrap();
    let folder = Folder::read(at.path()).unwrap();
    assert_eq!((asked(&folder).rules.len(), consents.given(&folder)), (1, false));
    consents.give(&folder).unwrap();
    assert!(consents.given(&folder));
}

//! What an app's secrets are under `egret dev`: values, placeholders, grants, and what the owner is asked and told.

use egret_app::config::Folder;
use egret_app::consent::asked;
use egret_app::secrets::{compose, env, warnings};
use egret_egress::{Secret, SecretGrant, SecretValue};
use egret_policy::{Placeholder, Policy, RuleVersion, Scheme};
use std::fs;
use std::path::Path;

const KEY: &str = "sk_live_51H8qkLJ2eZvKYlo2C";

fn folder(at: &Path, manifest: &str, dotenv: &str) -> Folder {
    fs::create_dir_all(at.join("functions")).unwrap();
    fs::write(at.join("egret.toml"), format!("version = 1\nname = \"shop\"\n{manifest}")).unwrap();
    fs::write(at.join(".env"), dotenv).unwrap();
    Folder::read(at).unwrap()
}

fn stored(name: &str, value: &str, grants: Vec<SecretGrant>) -> Secret {
    Secret {
        name: name.parse().unwrap(),
        version: 7,
        value: SecretValue::new(value.into()),
        former: Vec::new(),
        grants,
        hmac: false,
        trip: false,
    }
}

fn origins(secret: &Secret) -> Vec<String> {
    secret.grants.iter().map(|grant| format!("{}://{}:{} {}", grant.scheme.as_str(), grant.host, grant.port, grant.place)).collect()
}

const ASKS: &str =
    "[secrets]\nrequired = [\"KEY\"]\nhmac = [\"WHSEC\"]\n[[net]]\nhost = \"api.test\"\nauth = { secret = \"KEY\", as = \"bearer\" }\n";

#[test]
fn a_secret_of_the_dotenv_file_is_a_placeholder_in_env_and_nothing_else() {
    let at = tempfile::tempdir().unwrap();
    let folder = folder(at.path(), ASKS, &format!("KEY=\"{KEY}\"\nWHSEC='whsec_1234567890'\nREGION=eu\n"));
    let first = env(&folder).unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["KEY", "REGION", "WHSEC"]);
    for name in ["KEY", "WHSEC"] {
        assert_eq!(Placeholder::whole(first[name].as_bytes()).unwrap().as_str(), name);
    }
    assert_ne!(env(&folder).unwrap()["KEY"], first["KEY"], "each load has its own");
    let shown = format!("{folder:?} {first:?} {:?}", compose(&folder, Vec::new(), &[]));
    assert!(!shown.contains(KEY) && !shown.contains("whsec_"), "{shown}");
}

#[test]
fn a_manifests_rule_grants_its_secret_to_its_own_origins_and_no_further() {
    let at = tempfile::tempdir().unwrap();
    let rules = "[secrets]\nrequired = [\"KEY\"]\n[[net]]\nhost = \"a.test\"\nauth = { secret = \"KEY\", as = \"bearer\" }\n[[net]]\nhost = \"b.test\"\nports = [8080, \"9000-9001\"]\nauth = { secret = \"KEY\", as = \"header:x-key\" }\n[[dev.net]]\nhost = \"c.test\"\nhttps_only = false\nauth = { secret = \"KEY\", as = \"query:key\" }\n";
    let folder = folder(at.path(), rules, &format!("KEY={KEY}\n"));
    let secrets = compose(&folder, Vec::new(), &[]);
    let expected = [
        "https://a.test:443 bearer",
        "https://b.test:8080 header:x-key",
        "https://b.test:9000 header:x-key",
        "https://b.test:9001 header:x-key",
        "https://c.test:443 query:key",
        "http://c.test:80 query:key",
    ];
    assert_eq!((secrets.len(), origins(&secrets[0])), (1, expected.map(str::to_owned).to_vec()));
    assert!(!secrets[0].hmac && secrets[0].value.expose() == KEY.as_bytes());
    let policy = Policy::builder().rules(folder.manifest.net.clone()).build().unwrap();
    let request = egret_policy::Request::parse("GET".parse().unwrap(), "https://a.test/", http::HeaderMap::new()).unwrap();
    let permit = policy.decide(request).unwrap();
    assert_eq!(secrets[0].grants[0].rule, Some(permit.rule_version()), "it holds for that rule alone");
    assert_ne!(secrets[0].grants[1].rule, Some(permit.rule_version()));
    assert_eq!(secrets[0].grants[1].rule, Some(RuleVersion::of(&folder.manifest.net[1])));
}

#[test]
fn what_is_stored_counts_where_the_dotenv_file_says_nothing() {
    let at = tempfile::tempdir().unwrap();
    let own = || SecretGrant { scheme: Scheme::Https, host: "b.test".to_owned(), port: 443, place: "bearer".parse().unwrap(), rule: None };
    let kept = || vec![stored("KEY", "kept_value_of_it", vec![own()]), stored("OTHER", "kept_value_of_another", Vec::new())];
    let folder_of = |dotenv: &str| folder(at.path(), ASKS, dotenv);
    let secrets = compose(&folder_of(""), kept(), &[]);
    assert_eq!(secrets.iter().map(|secret| secret.name.as_str()).collect::<Vec<_>>(), ["KEY", "OTHER"]);
    assert_eq!((secrets[0].value.expose(), secrets[0].version), (&b"kept_value_of_it"[..], 7));
    assert_eq!(origins(&secrets[0]), ["https://b.test:443 bearer"], "what the owner keeps goes where the owner granted it by command");
    let revoked = compose(&folder_of(""), vec![stored("KEY", "kept_value_of_it", Vec::new())], &[]);
    assert!(revoked[0].grants.is_empty(), "so that a revoked grant is gone, whatever the manifest asks for");
    let said = warnings(&folder_of(""), &revoked).concat();
    assert!(said.contains("egret secret grant KEY --app shop --to https://api.test --as bearer"), "{said}");
    let over = compose(&folder_of(&format!("KEY={KEY}\n")), kept(), &[]);
    assert_eq!((over[0].value.expose(), origins(&over[0])[0].as_str()), (KEY.as_bytes(), "https://b.test:443 bearer"));
    assert!(origins(&over[0]).contains(&"https://api.test:443 bearer".to_owned()));
    assert_ne!(over[0].version, 7, "a value from elsewhere is another credential");
}

#[test]
fn a_changed_value_is_another_version_and_an_unchanged_one_is_not() {
    let at = tempfile::tempdir().unwrap();
    let next = |value: &str, before: &[Secret]| compose(&folder(at.path(), ASKS, &format!("KEY={value}\n")), Vec::new(), before);
    let first = next(KEY, &[]);
    let same = next(KEY, &first);
    let other = next("sk_live_another_value", &same);
    let back = next(KEY, &other);
    assert_eq!(first[0].version, same[0].version);
    assert!(other[0].version != first[0].version && back[0].version != other[0].version && back[0].version != first[0].version);
}

#[test]
fn an_hmac_is_granted_for_the_names_that_ask_for_it_alone() {
    let at = tempfile::tempdir().unwrap();
    let secrets = compose(&folder(at.path(), ASKS, &format!("KEY={KEY}\nWHSEC=whsec_1234567890\n")), Vec::new(), &[]);
    assert_eq!(secrets.iter().map(|secret| (secret.name.as_str(), secret.hmac)).collect::<Vec<_>>(), [("KEY", false), ("WHSEC", true)]);
    assert!(secrets[1].grants.is_empty());
}

#[test]
fn an_owner_is_asked_for_every_use_of_a_secret() {
    let at = tempfile::tempdir().unwrap();
    let words = |manifest: &str| asked(&folder(at.path(), manifest, "")).secrets.iter().map(ToString::to_string).collect::<Vec<_>>();
    let more = "[[dev.net]]\nhost = \"up.test\"\nports = [8444]\nauth = { secret = \"KEY\", as = \"header:x-key\" }\n";
    assert_eq!(
        words(&format!("{ASKS}{more}")),
        [
            "the secret KEY to https://api.test as bearer",
            "the secret KEY to https://up.test:8444 as header:x-key",
            "the secret WHSEC for HMACs that the code asks for"
        ]
    );
    assert!(words("[secrets]\nrequired = [\"KEY\"]\n").is_empty(), "what is used nowhere needs no yes");
}

#[test]
fn what_is_missing_short_or_exposed_is_said_without_a_value() {
    let at = tempfile::tempdir().unwrap();
    let said = |dotenv: &str| {
        let folder = folder(at.path(), ASKS, dotenv);
        warnings(&folder, &compose(&folder, Vec::new(), &[]))
    };
    let empty = said("KEY=\nWHSEC=short\nSTRIPE=sk_live_abcdefgh\n");
    assert_eq!(empty.len(), 3, "{empty:?}");
    assert!(empty[0].contains("KEY=... in .env") && empty[0].contains("egret secret set KEY --app shop"), "{empty:?}");
    assert!(empty[1].contains("WHSEC is shorter than 12 bytes"), "{empty:?}");
    assert!(empty[2].starts_with("STRIPE looks like a secret"), "{empty:?}");
    assert!(!empty.concat().contains("sk_live") && !empty.concat().contains("=short"), "{empty:?}");
    assert!(said(&format!("KEY={KEY}\nWHSEC=whsec_1234567890\nREGION=eu\n")).is_empty());
}

//! Secrets as an author and an owner meet them: the example, and what is kept in the store beside it.

use crate::harness::{Server, app, egret, egret_on, workspace};
use std::fs;
use std::path::Path;

const KEY: &str = "key_of_the_only_customer";
const CHARGED: &str = r#"{"customer":"cus_1","amount":5,"authorized_by":"Bearer ************************"}"#;

/// The example in a folder and under a name of its own, with the stand-in on a port that is free.
fn payments(at: &Path) {
    let name = at.file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_lowercase();
    let example = workspace().join("examples/payments");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for file in ["egret.toml", "functions/post.charge.js", "functions/post.webhook.js", "sdk/payments.js", "upstream/v1/post.charges.js"] {
        let to = at.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(
            to,
            fs::read_to_string(example.join(file))
                .unwrap()
                .replace("8444", &port.to_string())
                .replace("name = \"payments\"", &format!("name = \"{name}\"")),
        )
        .unwrap();
    }
    fs::copy(example.join(".env.example"), at.join(".env")).unwrap();
}

#[test]
fn the_payments_example_uses_a_key_that_its_code_never_has() {
    assert!(workspace().join("examples/payments").is_dir());
    let at = tempfile::tempdir().unwrap();
    payments(at.path());
    let dir = at.path().to_str().unwrap();
    let refused = egret(&["dev", dir, "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("the secret API_KEY to https://payments.test:") && words.contains(" as bearer"), "{words}");
    assert!(words.contains("the secret WHSEC for HMACs") && !words.contains(KEY), "{words}");

    let server = Server::start(at.path(), &["--grant"]);
    let charged = server.post("/charge", "content-type: application/json\r\n", r#"{"amount":5}"#);
    assert!(charged.ends_with(CHARGED), "the upstream saw the key, the function did not: {charged}");
    let called = server.event("called");
    assert!(called["status"] == 200 && !called.to_string().contains(KEY), "{called}");

    let webhook =
        |signature: &str| server.post("/webhook", &format!("x-signature: sha256={signature}\r\n"), r#"{"type":"charge.succeeded"}"#);
    let good = webhook("a9c0b3299dfa8576d8ef9e62dc036ccee243b6c1fd8befcc11f2b9db08c00458");
    assert!(good.ends_with(r#"{"accepted":"charge.succeeded"}"#), "{good}");
    for bad in ["a9c0b3299dfa8576d8ef9e62dc036ccee243b6c1fd8befcc11f2b9db08c00459", "", "zz"] {
        assert!(webhook(bad).starts_with("HTTP/1.1 401 "), "{bad}");
    }
}

#[test]
fn a_secret_that_is_set_or_changed_in_the_dotenv_file_is_used_by_the_next_call() {
    let (at, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    payments(at.path());
    fs::remove_file(at.path().join(".env")).unwrap();
    let write = |text: &str| {
        fs::write(beside.path().join("new"), text).unwrap();
        fs::rename(beside.path().join("new"), at.path().join(".env")).unwrap();
    };
    let server = Server::start(at.path(), &["--grant"]);
    let said = [server.event("warning"), server.event("warning")].map(|warning| warning["message"].as_str().unwrap().to_owned());
    assert!(said[0].contains("the secret API_KEY has no value") && said[1].contains("the secret WHSEC has no value"), "{said:?}");
    let charge = || server.post("/charge", "content-type: application/json\r\n", r#"{"amount":5}"#);
    let without = charge();
    assert!(without.starts_with("HTTP/1.1 500 ") && without.contains("NET_AUTH"), "{without}");
    write("API_KEY=the_key_of_somebody_else\n");
    server.event("reloaded");
    assert!(charge().contains("the payment failed with 401"));
    write(&format!("API_KEY={KEY}\n"));
    server.event("reloaded");
    let charged = charge();
    assert!(charged.ends_with(CHARGED), "{charged}");
}

#[test]
fn a_key_that_is_kept_is_used_by_the_next_call_after_its_grant_and_by_none_after_its_revocation() {
    let (at, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    payments(at.path());
    fs::remove_file(at.path().join(".env")).unwrap();
    let server = Server::on(data.path(), at.path(), &["--grant"]);
    let app = server.started["app"].as_str().unwrap().to_owned();
    let charge = || server.post("/charge", "content-type: application/json\r\n", r#"{"amount":5}"#);
    let run = |arguments: &[&str], input: &str| {
        let done = egret_on(data.path(), &[], &[arguments, &["--app", &app]].concat(), input.as_bytes());
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        server.event("reloaded");
    };
    let origin = fs::read_to_string(at.path().join("egret.toml")).unwrap();
    let origin = origin.split('"').find(|text| text.starts_with("https://payments.test:")).unwrap().to_owned();
    run(&["secret", "set", "API_KEY", "--from-stdin"], KEY);
    assert!(charge().contains("NET_AUTH"), "it is kept, and granted to nobody");
    run(&["secret", "grant", "API_KEY", "--to", &origin, "--as", "bearer"], "");
    assert!(charge().ends_with(CHARGED));
    run(&["secret", "revoke", "API_KEY", "--to", &origin], "");
    let revoked = charge();
    assert!(revoked.starts_with("HTTP/1.1 500 ") && revoked.contains("NET_AUTH"), "{revoked}");
}

#[test]
fn a_credential_in_place_of_the_placeholder_is_refused() {
    let at = tempfile::tempdir().unwrap();
    payments(at.path());
    fs::write(at.path().join("functions/post.charge.js"), "import { Payments } from '../sdk/payments.js';\nexport default async (request, env) => Response.json(await new Payments('somebody_elses_key', env.API).charge(5));\n").unwrap();
    let server = Server::start(at.path(), &["--grant"]);
    let refused = server.post("/charge", "", "{}");
    assert!(refused.starts_with("HTTP/1.1 500 ") && refused.contains("policy.auth.conflict"), "{refused}");
    assert_eq!(server.event("called")["address"], serde_json::Value::Null, "nothing was sent");
}

#[test]
fn a_plain_value_that_looks_like_a_secret_is_warned_of_by_name() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), "version = 1\nname = \"a\"\n", &[("f.js", "export default () => new Response('up')")]);
    fs::write(at.path().join(".env"), "STRIPE=sk_live_abcdefgh\n").unwrap();
    let server = Server::start(at.path(), &[]);
    let warning = loop {
        let warning = server.event("warning")["message"].as_str().unwrap().to_owned();
        assert!(!warning.contains("sk_live"), "{warning}");
        if warning.starts_with("STRIPE looks like a secret") {
            break warning;
        }
    };
    assert!(warning.contains("[secrets]"), "{warning}");
}

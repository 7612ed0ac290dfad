//! The same commands through both doors.

use crate::House;
use egret_admin::{Command, Door, Fault, Grace, KeySource, Reply, SOCKET, Value, serve};
use egret_store::Store;
use zeroize::Zeroizing;

fn text(words: &str) -> String {
    words.to_owned()
}

fn value(words: &str) -> Value {
    Value::new(Zeroizing::new(words.as_bytes().to_vec()))
}

/// Every command once, and every kind of fault.
fn script() -> Vec<Command> {
    let app = || Some(text("shop"));
    let rule = |host: &str| Command::RuleAdd { app: None, rule: format!("[[net]]\nhost = \"{host}\"\n") };
    let set = |words: &str| Command::SecretSet { app: None, name: text("KEY"), value: value(words), force: false };
    let grant = |to: &str| Command::SecretGrant { app: app(), name: text("KEY"), to: text(to), place: text("bearer"), http_ok: false };
    let limit = |app, name: &str, value: &str| Command::LimitSet { app, name: text(name), value: text(value) };
    vec![
        Command::AppShow { app: None },
        Command::AppCreate { name: text("shop"), folder: Some(text("/srv/shop")) },
        Command::AppCreate { name: text("shop"), folder: None },
        Command::AppCreate { name: text("Shop"), folder: None },
        Command::AppCreate { name: text("blog"), folder: Some(text("relative")) },
        rule("a.test"),
        rule("a.test"),
        rule("*.com"),
        Command::RuleAdd { app: app(), rule: text("mode = \"open\"") },
        Command::RuleAdd { app: app(), rule: text("[[net]]\nhost = \"a.test\"\n[[net]]\nhost = \"b.test\"\n") },
        Command::RuleRemove { app: app(), which: text("b.test"), all: true },
        set("short"),
        set("a value of some length"),
        Command::SecretRotate { app: None, name: text("KEY"), value: value("another value of it"), grace: Grace(0), force: false },
        Command::SecretRotate { app: None, name: text("KEY"), value: value("another value of it"), grace: Grace(u64::MAX), force: false },
        grant("https://a.test"),
        grant("http://a.test"),
        grant("https://a.test/path"),
        Command::SecretRevoke { app: app(), name: text("KEY"), to: None, place: Some(text("body")) },
        Command::SecretRevoke { app: app(), name: text("KEY"), to: Some(text("https://a.test:443")), place: None },
        Command::SecretHmac { app: app(), name: text("KEY"), on: true },
        Command::SecretHmac { app: app(), name: text("NONE"), on: true },
        Command::SecretTrip { app: app(), name: text("KEY"), on: true },
        Command::SecretTrip { app: app(), name: text("NONE"), on: true },
        Command::SecretRemove { app: app(), name: text("KEY=value") },
        Command::SecretRemove { app: app(), name: text("KEY") },
        Command::RuleRemove { app: app(), which: text("a.test"), all: false },
        Command::SecretList { app: app() },
        Command::RuleList { app: app() },
        limit(None, "invocation.calls", "20"),
        limit(None, "invocation.calls", "twenty"),
        limit(None, "invocation.calls", "1001"),
        limit(None, "invocation.moon", "1"),
        limit(app(), "invocation.calls", "21"),
        limit(app(), "invocation.calls", "5"),
        limit(app(), "outbound.in_flight", "5"),
        limit(Some(text("nobody")), "invocation.calls", "5"),
        Command::LimitReset { app: None, name: text("invocation.moon") },
        Command::LimitReset { app: None, name: text("invocation.calls") },
        Command::LimitList { app: None },
        Command::LimitList { app: app() },
        Command::Backup { file: text("relative") },
        Command::AppPause { app: text("shop"), on: true },
        Command::AppPause { app: text("nobody"), on: true },
        Command::Lockdown { app: None, on: true },
        Command::Lockdown { app: app(), on: true },
        Command::Lockdown { app: Some(text("nobody")), on: true },
        Command::CacheClear { app: None, host: None },
        Command::CacheClear { app: app(), host: Some(text("API.test")) },
        Command::CacheClear { app: app(), host: Some(text("a.test/path")) },
        Command::CacheClear { app: Some(text("nobody")), host: None },
        Command::AppList {},
        Command::AppPause { app: text("shop"), on: false },
        Command::Lockdown { app: None, on: false },
        Command::AppShow { app: app() },
        Command::AppRemove { app: text("nobody") },
        Command::AppRemove { app: text("shop") },
        Command::AppList {},
    ]
}

/// The words of a reply without what differs between any two stores: ids and times.
fn shape(outcome: &Result<Reply, Fault>) -> String {
    let mut words = format!("{outcome:?}");
    for key in ["id: \"", "created: ", "until: Some("] {
        let mut parts = words.split(key).map(str::to_owned);
        let first = parts.next().unwrap();
        words = parts.fold(first, |out, part| out + key + part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    match words.split_once(" (01") {
        Some((before, _)) => before.to_owned(),
        None => words,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_give_the_same_answers() {
    let house = House::served();
    let data = house.data();
    let compared = tokio::task::spawn_blocking(move || {
        let live = Door::open(&data, &KeySource::DataDir).unwrap();
        let own = tempfile::tempdir().unwrap();
        let direct = Door::open(&own.path().join("data"), &KeySource::DataDir).unwrap();
        assert!(matches!((&live, &direct), (Door::Server { .. }, Door::Store(_))));
        let (mut done, mut not) = (0, 0);
        for command in script() {
            let (one, other) = (live.send(command.clone()), direct.send(command.clone()));
            assert_eq!(shape(&one), shape(&other), "{command:?}");
            if one.is_ok() { done += 1 } else { not += 1 }
        }
        (done, not)
    });
    assert_eq!(compared.await.unwrap(), (29, 29));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_holds_no_value_and_faults_repeat_none() {
    let house = House::served();
    let data = house.data();
    let told = tokio::task::spawn_blocking(move || {
        let door = Door::open(&data, &KeySource::DataDir).unwrap();
        door.send(Command::AppCreate { name: text("shop"), folder: None }).unwrap();
        let set = |name: &str, words: &str| {
            let command = Command::SecretSet { app: None, name: text(name), value: value(words), force: false };
            format!("{:?}", door.send(command))
        };
        let large = "hunter2".repeat(10_000);
        [set("KEY", "hunter2 hunter2 hunter2"), set("KEY", "hunter2"), set("KEY=hunter2", "hunter2 hunter2"), set("KEY", &large)]
    });
    let told = told.await.unwrap();
    assert!(told[0].starts_with("Ok") && told[1..].iter().all(|one| one.starts_with("Err")), "{told:?}");
    assert!(!told.concat().contains("hunter2"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_door_did_is_seen_through_the_other() {
    let house = House::served();
    let (data, store) = (house.data(), house.store.clone());
    let seen = tokio::task::spawn_blocking(move || {
        let door = Door::open(&data, &KeySource::DataDir).unwrap();
        let before = store.changes().unwrap();
        door.send(Command::AppCreate { name: text("shop"), folder: None }).unwrap();
        assert_ne!(store.changes().unwrap(), before, "the server's own store tells of it");
        let other = Store::open(&data, KeySource::DataDir.read(&data).unwrap()).unwrap();
        (other.app("shop").unwrap(), store.app("shop").unwrap())
    });
    let (one, other) = seen.await.unwrap();
    assert!(one.is_some() && one == other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_leaves_nothing_in_the_way() {
    let mut house = House::served();
    let (data, socket) = (house.data(), house.socket());
    // What a kill leaves behind: the file, and nobody who listens.
    house.close().await;
    assert!(!socket.exists());
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let reached = data.clone();
    let direct = tokio::task::spawn_blocking(move || matches!(Door::open(&reached, &KeySource::DataDir), Ok(Door::Store(_))));
    assert!(direct.await.unwrap());
    let serving = tokio::spawn(serve(house.store.clone(), &socket).unwrap());
    let live = tokio::task::spawn_blocking(move || Door::open(&data, &KeySource::DataDir).and_then(|door| door.send(Command::Status {})));
    let Ok(Reply::Status(status)) = live.await.unwrap() else { panic!("no status") };
    assert_eq!(status.pid, std::process::id());
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_server_is_not_replaced_and_no_other_file_is() {
    let mut house = House::served();
    let socket = house.socket();
    let fault = |at: &std::path::Path| serve(house.store.clone(), at).map(drop).unwrap_err().to_string();
    assert!(fault(&socket).contains("another server"));
    let long = house.data().join("d".repeat(120)).join(SOCKET);
    assert!(fault(&long).contains("shorter"));
    house.close().await;
    std::fs::write(&socket, "precious").unwrap();
    let words = serve(house.store.clone(), &socket).map(drop).unwrap_err().to_string();
    assert!(words.contains("in the way"), "{words}");
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "precious");
}

//! The socket itself: its mode, strangers, and what is no command.

use crate::House;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable by which this test binary, started anew, knows that it plays the stranger.
const STRANGER: &str = "EGRET_TEST_STRANGER";
/// `nobody`, on every Linux.
const NOBODY: u32 = 65534;

const HEAD: &str = "POST /v1/commands HTTP/1.1\r\nhost: egret\r\ncontent-type: application/json\r\n";

/// Sends bytes and reads until the other side closes.
#[expect(clippy::disallowed_methods, reason = "test: a client of the control socket")]
fn say(socket: &Path, words: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(words.as_bytes())?;
    let mut answer = Vec::new();
    // A refusal may come before all was read, and then the end is a reset.
    let end = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        end?;
    }
    Ok(String::from_utf8(answer).unwrap())
}

async fn answer(socket: PathBuf, words: String) -> String {
    tokio::task::spawn_blocking(move || say(&socket, &words).unwrap()).await.unwrap()
}

fn command(body: &str) -> String {
    format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let mut house = House::served();
    assert_eq!(std::fs::metadata(house.socket()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(house.data()).unwrap().permissions().mode() & 0o777, 0o700);
    house.close().await;
    assert!(!house.socket().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_a_post_of_json_with_a_length() {
    let house = House::served();
    let said = answer(house.socket(), command(r#"{"status":{}}"#)).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains("\"status\""), "{said}");
    let wrong = [
        (command(r#"{"app_list":{},"more":1}"#), "400"),
        (command("{\"secret_set\":{\"name\":\"hunter2\",\"value\":\"hunter2!\"}}"), "400"),
        (command(""), "400"),
        (command(r#"{"app_list":{}}"#).replace("/v1/commands", "/v2/commands"), "404"),
        (command(r#"{"app_list":{}}"#).replace("POST", "GET"), "405"),
        (command(r#"{"app_list":{}}"#).replace("application/json", "text/plain"), "415"),
        (format!("{HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"), "411"),
        (format!("{HEAD}content-length: 1048577\r\n\r\n{{"), "413"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ];
    for (words, status) in wrong {
        let said = answer(house.socket(), words.clone()).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{words}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_brings_one_command() {
    let house = House::served();
    let said = answer(house.socket(), command(r#"{"app_list":{}}"#).repeat(2)).await;
    assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_say_nothing_give_their_places_back() {
    let house = House::served();
    let socket = house.socket();
    let said = tokio::task::spawn_blocking(move || {
        #[expect(clippy::disallowed_methods, reason = "test: a client of the control socket")]
        let silent: Vec<UnixStream> = (0..40).map(|_| UnixStream::connect(&socket).unwrap()).collect();
        drop(silent);
        say(&socket, &command(r#"{"app_list":{}}"#)).unwrap()
    });
    assert!(said.await.unwrap().starts_with("HTTP/1.1 200"));
}

/// The mode keeps others out; the check of the peer holds when it does not.
#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_not_answered_even_when_the_mode_lets_them_in() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let house = House::served();
    for (path, mode) in [(house.at.path().to_owned(), 0o755), (house.data(), 0o755), (house.socket(), 0o666)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let said = stranger(&house);
    assert!(said.contains("reached: \"\"") || said.contains("ConnectionReset") || said.contains("BrokenPipe"), "{said}");
    assert!(!said.contains("HTTP"), "{said}");
    std::fs::set_permissions(house.socket(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = stranger(&house);
    assert!(said.contains("PermissionDenied"), "{said}");
}

/// Starts this test binary as another user; what it says is what that user could learn.
#[expect(clippy::disallowed_methods, reason = "test: another user is another process")]
fn stranger(house: &House) -> String {
    // The binary lies where the other user may have no way to: a copy lies in the test's own folder.
    let copy = house.at.path().join("stranger");
    if !copy.exists() {
        std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    }
    let mut command = Command::new(copy);
    command.args(["--exact", "socket::plays_the_stranger", "--nocapture"]).env(STRANGER, house.socket()).current_dir("/");
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Does nothing unless the test above has started it.
#[test]
#[expect(clippy::disallowed_methods, reason = "test: the one who started this says whom to play")]
fn plays_the_stranger() {
    let Some(socket) = std::env::var_os(STRANGER) else { return };
    match say(Path::new(&socket), &command(r#"{"app_list":{}}"#)) {
        Ok(answer) => println!("reached: {answer:?}"),
        Err(error) => println!("refused: {error:?}"),
    }
}

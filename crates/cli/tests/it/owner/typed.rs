//! The prompt, at a terminal that the test plays.

use super::House;
use crate::harness::egret_at_terminal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};

const VALUE: &str = "sk_live_hunter2_0123456789";

/// Waits for the question, types the keys, and gives the exit code with all that the terminal showed.
fn type_at_prompt(house: &House, arguments: &[&str], keys: &[u8]) -> (Option<i32>, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    let mut child = egret_at_terminal(&house.data(), arguments, theirs);
    let (mut ours, mut shown, mut piece) = (File::from(ours), Vec::new(), [0; 1024]);
    let mut typed = false;
    // The end of the other side is an error here.
    while let Ok(length @ 1..) = ours.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
        if !typed && shown.windows(11).any(|window| window == b"not shown):") {
            typed = true;
            ours.write_all(keys).unwrap();
        }
    }
    (child.wait().unwrap().code(), String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn a_value_that_is_typed_is_not_shown() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let keys = format!("wrong{}\u{e9}\u{7f}{VALUE}\r", "\u{7f}".repeat(5));
    let (code, shown) = type_at_prompt(&house, &["secret", "set", "STRIPE_KEY"], keys.as_bytes());
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("value of STRIPE_KEY (not shown): ") && !shown.contains("hunter2") && !shown.contains("wrong"), "{shown}");
    let store = house.store();
    let open = store.open_secrets(&store.app("shop").unwrap().unwrap().id).unwrap();
    assert_eq!(open[0].value.as_slice(), VALUE.as_bytes());
}

#[test]
fn breaking_off_sets_nothing() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    for key in ["\u{3}", "\u{4}"] {
        let (code, shown) = type_at_prompt(&house, &["secret", "set", "STRIPE_KEY"], format!("{VALUE}{key}").as_bytes());
        assert!(code == Some(1) && shown.contains("nothing was set") && !shown.contains("hunter2"), "{shown}");
    }
    assert!(house.done(&["secret", "list"]).contains("no secret"));
}

#[test]
fn standard_input_that_is_a_terminal_is_not_read_with_the_value_shown() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let (code, shown) = type_at_prompt(&house, &["secret", "set", "STRIPE_KEY", "--from-stdin"], b"");
    assert!(code == Some(2) && shown.contains("leave --from-stdin away"), "{shown}");
}

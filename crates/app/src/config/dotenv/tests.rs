//! Golden cases: `check(text, entries)` for what is read, `refuse(text, line and words)` for what is not.

use super::*;

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let values = parse(Path::new(".env"), text).unwrap();
    let got: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(got, expected, "{text:?}");
}

#[track_caller]
fn refuse(text: &str, expected: &[(usize, &str)]) {
    let faults = parse(Path::new(".env"), text).unwrap_err();
    let got: Vec<(usize, &str)> = faults.0.iter().map(|fault| (fault.place.unwrap().0, fault.words.as_str())).collect();
    assert_eq!(got, expected, "{text:?}");
}

#[test]
fn entries_comments_and_blank_lines_are_read() {
    check("", &[]);
    check("# a\n\n  # b\nA=1\n", &[("A", "1")]);
    check("\u{feff}A=1\r\nB='x'\r\n\r\nC=", &[("A", "1"), ("B", "x"), ("C", "")]);
    check("export A=1\nexport\tB=2\nexport=3\n", &[("A", "1"), ("B", "2"), ("export", "3")]);
    check("  A = 1  \n", &[("A", "1")]);
    check("A=1\nA=2\n", &[("A", "2")]);
}

#[test]
fn a_comment_behind_a_value_needs_a_blank() {
    check("A=1 # one\nB=a#b\nC= # none\nD=#d\nE=a#b\t#c\n", &[("A", "1"), ("B", "a#b"), ("C", ""), ("D", "#d"), ("E", "a#b")]);
    check("A='1 # one' # two\nB=\"x # y\"\n", &[("A", "1 # one"), ("B", "x # y")]);
}

#[test]
fn values_without_quotes_stand_as_they_are() {
    check(r"A=it's C:\new a=b", &[("A", r"it's C:\new a=b")]);
    check("A=two words\nB=ü\n", &[("A", "two words"), ("B", "ü")]);
}

#[test]
fn quotes_say_what_is_an_escape() {
    check(r#"A='\n$X"'"#, &[("A", r#"\n$X""#)]);
    check(r#"A="a\nb\r\t\"\\\$X'#""#, &[("A", "a\nb\r\t\"\\$X'#")]);
    check("A=''\nB=\"\"\n", &[("A", ""), ("B", "")]);
}

#[test]
fn nothing_is_ever_substituted() {
    check("A=1\nB=$A\nC=\"${A}\"\nD='$A'\nE=$(id)\n", &[("A", "1"), ("B", "$A"), ("C", "${A}"), ("D", "$A"), ("E", "$(id)")]);
}

#[test]
fn every_fault_comes_at_once_with_its_line() {
    refuse(
        "nothing\n\n1A=x\nB='x\nC=\"x\\\"\nD='x'y\nE=\"\\x\"\nF=\"\\",
        &[(1, NO_ENTRY), (3, NO_NAME), (4, UNCLOSED), (5, UNCLOSED), (6, TRAILING), (7, ESCAPE), (8, UNCLOSED)],
    );
    refuse("A-B=1\n=1\nexport A B=1\n'A'=1\n", &[(1, NO_NAME), (2, NO_NAME), (3, NO_NAME), (4, NO_NAME)]);
}

#[test]
fn a_fault_shows_nothing_of_its_line() {
    let text = "hunter2 is none\nhunter2 key=1\nA='hunter2\nB='x' hunter2\nC=\"hunter2\\q\"\n";
    let faults = parse(Path::new(".env"), text).unwrap_err();
    assert_eq!(faults.0.len(), 5);
    assert!(!format!("{faults} {faults:?}").contains("hunter2"), "{faults}");
}

#[test]
fn entries_are_bounded_whether_good_or_bad() {
    let of = |count: usize, line: &str| line.repeat(count);
    assert!(parse(Path::new(".env"), &of(MAX_ENTRIES, "A=1\n")).is_ok());
    refuse(&of(MAX_ENTRIES + 5, "A=1\n"), &[(MAX_ENTRIES + 1, "there are more than 1000 entries")]);
    assert_eq!(parse(Path::new(".env"), &of(5 * MAX_ENTRIES, "x\n")).unwrap_err().0.len(), MAX_ENTRIES + 1);
}

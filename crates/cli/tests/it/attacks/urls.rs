//! Other ways to write an address, and other addresses of this machine.

use super::stage::Stage;

#[test]
fn no_spelling_of_an_address_reaches_what_no_rule_names() {
    Stage::check(&[
        ("fetch(`${NO}/`)", "policy.rule.port"),
        ("fetch(`http://127.1:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://2130706433:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://0x7f000001:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://0177.0.0.1:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://%31%32%37.0.0.1:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://①27.0.0.1:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://127。0。0。1:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://127.0.0.1\\u00ad:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://127.0.0.1.:${SHUT}/`)", "policy.rule.port"),
        ("fetch(`http://127.0.0.2:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://0.0.0.0:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://0:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[::1]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[::]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[::127.0.0.1]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[::ffff:127.0.0.1]:${OPEN}/ok/a`)", "policy.target.mapped"),
        ("fetch(`http://[0:0:0:0:0:ffff:7f00:1]:${OPEN}/ok/a`)", "policy.target.mapped"),
        ("fetch(`http://[::ffff:0:7f00:1]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[64:ff9b::7f00:1]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[2002:7f00:1::]:${OPEN}/ok/a`)", "policy.rule.no_host"),
        ("fetch(`http://[fe80::1%25lo]:${OPEN}/ok/a`)", "TypeError"),
        ("fetch(`http://[v1.127.0.0.1]:${OPEN}/ok/a`)", "TypeError"),
        ("fetch(`http://localhost:${OPEN}/ok/a`)", "policy.name.single_label"),
        ("fetch(`http://localhost.:${OPEN}/ok/a`)", "policy.name.single_label"),
        ("fetch(`http://loc\\u200balhost:${OPEN}/ok/a`)", "policy.name.single_label"),
        ("fetch(`http://a.localhost:${OPEN}/ok/a`)", "policy.name.special_use"),
        ("fetch(`http://127.0.0.1.nip.io:${OPEN}/ok/a`)", "policy.rule.no_host"),
    ]);
}

#[test]
fn no_part_of_a_url_is_taken_for_another() {
    Stage::check(&[
        ("fetch(`http://127.0.0.1:${OPEN}@127.0.0.1:${SHUT}/`)", "TypeError"),
        ("fetch(`http://127.0.0.1:${OPEN}\\\\@127.0.0.1:${SHUT}/`)", "policy.rule.path"),
        ("fetch(`http://127.0.0.1:${OPEN}#@127.0.0.1:${SHUT}/`)", "policy.rule.path"),
        ("fetch(`http://127.0.0.1:${OPEN}?@127.0.0.1:${SHUT}/`)", "policy.rule.path"),
        ("fetch(`http://127.0.0.1:${OPEN}%2f@127.0.0.1:${SHUT}/`)", "TypeError"),
        ("fetch(`http://127.0.0.1:${OPEN}:${SHUT}/`)", "TypeError"),
        ("fetch(`http://127.0.0.1:${OPEN + 65536}/ok/a`)", "TypeError"),
        ("fetch(`http://127.0.0.1:0/ok/a`)", "policy.target.port"),
        ("fetch(`http://127.0.0.1\\u0000:${OPEN}/ok/a`)", "TypeError"),
        ("fetch(`ftp://127.0.0.1:${OPEN}/ok/a`)", "policy.target.scheme"),
        ("fetch(`ws://127.0.0.1:${OPEN}/ok/a`)", "policy.target.scheme"),
        ("fetch('file:///etc/passwd')", "policy.target.scheme"),
        ("fetch('data:,x')", "policy.target.scheme"),
        ("fetch(`http://127.0.0.1/ok/a`)", "policy.rule.port"),
        ("fetch(`${OK}/ok/${'a'.repeat(9000)}`)", "policy.target.too_long"),
        ("egret.net.fetch(`${NO}/`)", "policy.rule.port"),
        ("egret.net.fetch(`http://[::1]:${OPEN}/ok/a`)", "policy.rule.no_host"),
    ]);
}

/// The standard's reading happens once, in the function; what it comes to is what is decided and sent.
#[test]
fn what_the_standard_reads_as_the_allowed_place_arrives_there_in_one_form() {
    Stage::check(&[
        ("fetch(`${OK}/ok/a?x=1#y`)", "200 <- GET /ok/a?x=1"),
        ("fetch(`http:\\\\\\\\127.1:${OPEN}\\\\ok\\\\a`)", "200 <- GET /ok/a"),
        ("fetch(`  ht\\ntp://0x7f.1:0${OPEN}/o\\tk/a  `)", "200 <- GET /ok/a"),
        ("fetch(`http:///:@127.0.0.1:${OPEN}/ok/a`)", "200 <- GET /ok/a"),
        ("fetch(`${OK}/ok/a HTTP/1.1\\r\\nX: y`)", "200 <- GET /ok/a%20HTTP/1.1X:%20y"),
        ("fetch(`${OK}/x/../ok/./%61`)", "200 <- GET /ok/a"),
        ("fetch(new URL('../admin/x', `${OK}/ok/b/`))", "policy.rule.denied"),
        ("fetch(new URL('/ok/b', `${OK}/ok/admin/`))", "200 <- GET /ok/b"),
    ]);
}

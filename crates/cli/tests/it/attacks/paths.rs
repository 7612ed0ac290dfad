//! Ways around a route or a deny rule by other spellings of its path.

use super::stage::Stage;

#[test]
fn no_spelling_gets_around_a_deny_rule() {
    Stage::check(&[
        ("fetch(`${OK}/ok/admin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/admin/`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/ADMIN/x`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/%61dmin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/adm%69n?x`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/x/../admin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/x/%2e%2e/admin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/admin;x`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/admin;a=b/x`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/admin.`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/admin%20`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/\\uff41dmin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/adm\\u0131n`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok\\\\admin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok//admin`)", "policy.path.empty_segment"),
        ("fetch(`${OK}/ok/%2fadmin`)", "policy.path.encoded_slash"),
        ("fetch(`${OK}/ok%2fadmin`)", "policy.rule.denied"),
        ("fetch(`${OK}/ok/%5cadmin`)", "policy.path.encoded_backslash"),
        ("fetch(`${OK}/ok/%2561dmin`)", "policy.path.double_encoding"),
        ("fetch(`${OK}/ok/admin%00`)", "policy.path.control"),
        ("fetch(`${OK}/ok/admin%09`)", "policy.path.control"),
        ("fetch(`${OK}/ok/x%c0%afadmin`)", "policy.path.utf8"),
        ("fetch(`${OK}/ok/..;/ok/admin`)", "policy.path.dot_parameter"),
        ("fetch(`${OK}/ok/\\uff0fadmin`)", "policy.path.lookalike"),
        ("fetch(`${OK}/ok/%e2%80%a4%e2%80%a4/admin`)", "policy.path.lookalike"),
        ("fetch(`${OK}/ok/%u0061dmin`)", "policy.path.triplet"),
    ]);
}

#[test]
fn no_spelling_gets_into_a_route() {
    Stage::check(&[
        ("fetch(`${OK}/`)", "policy.rule.path"),
        ("fetch(`${OK}/OK/a`)", "policy.rule.path"),
        ("fetch(`${OK}/okx`)", "policy.rule.path"),
        ("fetch(`${OK}/ok;x/a`)", "policy.rule.path"),
        ("fetch(`${OK}/ok%3Fa`)", "policy.rule.path"),
        ("fetch(`${OK}/ok/../else`)", "policy.rule.path"),
        ("fetch(`${OK}/else?/ok/a`)", "policy.rule.path"),
        ("fetch(`${OK}/u/1/2/x`)", "policy.rule.path"),
        ("fetch(`${OK}/u/1%2f2/x`)", "policy.path.encoded_slash"),
        ("fetch(`${OK}/u//x`)", "policy.path.empty_segment"),
        ("fetch(`${OK}/u/1/x/`)", "policy.rule.path"),
        ("fetch(`${OK}/u/:id/x`)", "200 <- GET /u/:id/x"),
        ("fetch(`${OK}/ok`)", "200 <- GET /ok"),
        ("fetch(`${OK}/enc/a%2fb`)", "200 <- GET /enc/a%2Fb"),
        ("fetch(`${OK}/enc/..%2fok/admin`)", "policy.path.encoded_slash"),
        ("fetch(`${OK}/enc/a%252fb`)", "policy.path.double_encoding"),
    ]);
}

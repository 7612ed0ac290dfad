//! An upstream that is allowed and hostile: where it sends the client, and with what.

use super::stage::Stage;

#[test]
fn no_redirect_leads_where_a_rule_does_not() {
    Stage::check(&[
        ("fetch(go(301, `${NO}/`))", "policy.rule.port <- GET"),
        ("fetch(go(302, `//127.0.0.1:${SHUT}/`))", "policy.rule.port <- GET"),
        ("fetch(go(303, `http://localhost:${SHUT}/`))", "policy.name.single_label <- GET"),
        ("fetch(go(307, `${NO}/`))", "policy.rule.port <- GET"),
        ("fetch(go(308, `http://[::1]:${OPEN}/ok/a`))", "policy.rule.no_host <- GET"),
        ("fetch(go(302, `http://127.0.0.2:${OPEN}/ok/a`))", "policy.rule.no_host <- GET"),
        ("fetch(go(302, `http://127.1:${SHUT}/`))", "policy.target.ipv4_form <- GET"),
        ("fetch(go(302, `//[::ffff:7f00:1]:${SHUT}/`))", "policy.target.mapped <- GET"),
        ("fetch(go(302, `http://127.0.0.1:${OPEN}@127.0.0.1:${SHUT}/`))", "policy.target.userinfo <- GET"),
        ("fetch(go(302, `http:\\\\\\\\127.0.0.1:${SHUT}\\\\`))", "policy.target.slashes <- GET"),
        ("fetch(go(302, `\\\\\\\\127.0.0.1:${SHUT}/`))", "policy.redirect.location <- GET"),
        ("fetch(go(302, `/\\\\127.0.0.1:${SHUT}/`))", "policy.redirect.location <- GET"),
        ("fetch(go(302, `/\\t/127.0.0.1:${SHUT}/`))", "policy.target.control <- GET"),
        ("fetch(go(302, `///127.0.0.1:${SHUT}/`))", "policy.target.slashes <- GET"),
        ("fetch(go(302, `http:127.0.0.1:${SHUT}/`))", "policy.target.slashes <- GET"),
        ("fetch(go(302, `http://127。0。0。1:${SHUT}/`))", "policy.redirect.location <- GET"),
        ("fetch(go(302, `http://127.0.0.1:${OPEN}:${SHUT}/`))", "policy.target.port <- GET"),
        ("fetch(go(302, 'file:///etc/passwd'))", "policy.target.scheme <- GET"),
        ("fetch(go(302, 'javascript:1'))", "policy.target.scheme <- GET"),
        ("fetch(go(302, '/ok/admin'))", "policy.rule.denied <- GET"),
        ("fetch(go(302, './admin'))", "policy.rule.denied <- GET"),
        ("fetch(go(302, '/ok/%61DMIN'))", "policy.rule.denied <- GET"),
        ("fetch(go(302, '/ok/%2e%2e/else'))", "policy.path.encoded_dot <- GET"),
        ("fetch(go(302, 'x/../../else'))", "policy.rule.path <- GET"),
        ("fetch(go(302, '/ok//a'))", "policy.path.empty_segment <- GET"),
        ("fetch(go(302, ''))", "policy.redirect.location <- GET"),
        ("egret.net.fetch(go(302, `${NO}/`), { redirect: 'follow' })", "policy.rule.port <- GET"),
        ("egret.net.fetch(go(302, `${NO}/`))", "302 <- GET"),
        ("fetch(go(302, `${NO}/`), { redirect: 'error' })", "policy.redirect.refused <- GET"),
        ("fetch(go(305, `${NO}/`))", "305 <- GET"),
        ("fetch(go(300, `${NO}/`))", "300 <- GET"),
    ]);
}

#[test]
fn each_hop_is_decided_with_its_own_method_and_body() {
    Stage::check(&[
        ("fetch(go(302, '/ok/ro/a'), { method: 'POST', body: 'b' })", "200 <- POST <- GET /ok/ro/a"),
        ("fetch(go(307, '/ok/ro/a'), { method: 'POST', body: 'b' })", "policy.rule.denied <- POST"),
        ("fetch(go(308, '/ok/ro/a'), { method: 'DELETE' })", "policy.rule.denied <- DELETE"),
        ("fetch(go(301, '/post'), { method: 'POST', body: 'b' })", "policy.rule.method <- POST"),
        ("fetch(go(307, '/post'), { method: 'POST', body: 'b' })", "200 <- POST <- POST /post"),
        ("fetch(go(307, `${NO}/`), { method: 'POST', body: 'b' })", "policy.redirect.body <- POST"),
        ("fetch(go(303, '/ok/a'), { method: 'PUT', body: 'b' })", "200 <- PUT <- GET /ok/a"),
        ("fetch(go(302, '/ok/b,/ok/c'))", "200 <- GET <- GET /ok/b,/ok/c"),
    ]);
}

#[test]
fn no_answer_makes_a_second_request() {
    Stage::check(&[
        ("fetch(raw(`HTTP/1.1 302 R\\r\\nlocation: /ok/a\\r\\nlocation: ${NO}/\\r\\n\\r\\n`))", "policy.redirect.location <- GET"),
        ("fetch(raw(`HTTP/1.1 302 R\\r\\nlocation: /ok/a\\r\\n @x\\r\\n\\r\\n`))", "egress.protocol.malformed <- GET"),
        ("fetch(raw(`HTTP/1.1 302 R\\r\\nlocation : ${NO}/\\r\\n\\r\\n`))", "egress.protocol.malformed <- GET"),
        ("fetch(raw(`HTTP/1.1 103 E\\r\\nlocation: ${NO}/\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n`))", "200 <- GET"),
        ("fetch(raw('HTTP/1.1 101 S\\r\\nupgrade: x\\r\\nconnection: upgrade\\r\\n\\r\\nx'))", "egress.protocol.malformed <- GET"),
        ("fetch(raw(`HTTP/1.1 200 OK\\r\\nrefresh: 0;url=${NO}/\\r\\ncontent-length: 0\\r\\n\\r\\n`))", "200 <- GET"),
        ("fetch(raw(`HTTP/1.1 200 OK\\r\\nalt-svc: h2=\":${SHUT}\"\\r\\ncontent-length: 0\\r\\n\\r\\n`))", "200 <- GET"),
        ("fetch(raw('HTTP/1.1 401 U\\r\\nwww-authenticate: Basic\\r\\ncontent-length: 0\\r\\n\\r\\n'))", "401 <- GET"),
        ("fetch(raw('HTTP/1.1 503 S\\r\\nretry-after: 0\\r\\ncontent-length: 0\\r\\n\\r\\n'))", "503 <- GET"),
        ("fetch(raw('HTTP/1.1 200 OK\\r\\ncontent-length: 1\\r\\ncontent-length: 2\\r\\n\\r\\nab'))", "egress.protocol.malformed <- GET"),
        ("fetch(raw('HTTP/2.0 200 OK\\r\\n\\r\\n'))", "egress.protocol.malformed <- GET"),
    ]);
}

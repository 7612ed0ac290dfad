//! Methods and header fields that would make a server see another request.

use super::stage::Stage;

#[test]
fn no_field_frames_routes_or_splits_a_request() {
    Stage::check(&[
        ("give({ host: `127.0.0.1:${SHUT}` })", "policy.header.framing"),
        ("give({ 'content-length': '0' })", "policy.header.framing"),
        ("give({ 'transfer-encoding': 'chunked' })", "policy.header.framing"),
        ("give({ transfer_encoding: 'chunked' })", "policy.header.framing"),
        ("give({ Content_Length: '0' })", "policy.header.framing"),
        ("give({ connection: 'x' })", "policy.header.framing"),
        ("give({ upgrade: 'h2c' })", "policy.header.framing"),
        ("give({ expect: '100-continue' })", "policy.header.framing"),
        ("give({ 'proxy-authorization': 'x' })", "policy.header.framing"),
        ("give({ te: 'trailers' })", "policy.header.framing"),
        ("give({ trailer: 'host' })", "policy.header.framing"),
        ("give({ 'x-http-method-override': 'DELETE' })", "policy.header.override"),
        ("give({ X_Http_Method_Override: 'DELETE' })", "policy.header.override"),
        ("give({ 'X-Original_URL': '/ok/admin' })", "policy.header.override"),
        ("give({ 'x-rewrite-url': '/ok/admin' })", "policy.header.override"),
        ("give({ 'x-forwarded-for': '127.0.0.1' })", "policy.header.forwarding"),
        ("give({ 'x-forward-for': '127.0.0.1' })", "policy.header.forwarding"),
        ("give({ 'x-custom-ip-authorization': '127.0.0.1' })", "policy.header.forwarding"),
        ("give({ 'ssl-client-cert': 'x' })", "policy.header.forwarding"),
        ("give({ 'x-method': 'DELETE' })", "policy.header.override"),
        ("give({ 'http-method-override': 'DELETE' })", "policy.header.override"),
        ("give({ 'x-rewrite-uri': '/ok/admin' })", "policy.header.override"),
        ("give({ 'x-egret': 'x' })", "policy.header.control"),
        ("give({ forwarded: 'for=127.0.0.1' })", "policy.header.forwarding"),
        ("give({ 'x-upstream-https-proxy': NO })", "policy.header.control"),
        ("give({ 'x-a': 'b\\r\\nhost: evil' })", "TypeError"),
        ("give({ 'x-a': 'b\\nx: y' })", "TypeError"),
        ("give({ 'x-a': 'b\\0' })", "TypeError"),
        ("give({ 'x-a': 'b\\u010d\\u010ax: y' })", "TypeError"),
        ("give({ 'x a': 'b' })", "TypeError"),
        ("give({ 'x:': 'b' })", "TypeError"),
        ("give({ ':authority': 'b' })", "TypeError"),
        ("give([['x-a', 'b'.repeat(70000)]])", "policy.header.size"),
        ("give(Array.from({ length: 120 }, (_, n) => [`x-${n}`, '1']))", "policy.header.count"),
        ("give({ 'x-a': 'b\\u001fc' })", "policy.header.name"),
        ("give({ 'x-a': 'b\\x7f' })", "policy.header.name"),
        ("give({ 'x-a': ' b ' })", "200 <- POST /ok/h"),
    ]);
}

#[test]
fn no_method_is_another_on_the_way() {
    Stage::check(&[
        ("fetch(`${OK}/ok/ro/a`, { method: 'delete' })", "policy.rule.denied"),
        ("fetch(`${OK}/ok/ro/a`, { method: 'post', body: 'b' })", "policy.rule.denied"),
        ("fetch(`${OK}/ok/ro/a`, { method: 'get' })", "200 <- GET /ok/ro/a"),
        ("fetch(`${OK}/post`)", "policy.rule.method"),
        ("fetch(`${OK}/ok/a`, { method: 'patch' })", "policy.method.token"),
        ("fetch(`${OK}/ok/a`, { method: 'PROPFIND' })", "policy.rule.method"),
        ("fetch(`${OK}/ok/a`, { method: 'PRI' })", "policy.method.forbidden"),
        ("fetch(`${OK}/ok/a`, { method: 'CONNECT' })", "TypeError"),
        ("fetch(`${OK}/ok/a`, { method: 'TRACE' })", "TypeError"),
        ("fetch(`${OK}/ok/a`, { method: 'GET /ok/admin HTTP/1.1\\r\\nx:' })", "TypeError"),
        ("fetch(`${OK}/ok/a`, { method: 'GET ' })", "TypeError"),
        ("fetch(`${OK}/ok/a`, { method: 'PUR\\u212aE' })", "TypeError"),
        ("fetch(new Request(new Request(`${OK}/ok/ro/a`), { method: 'DELETE' }))", "policy.rule.denied"),
        ("fetch({ toString: () => `${OK}/ok/ro/a` }, { get method() { return 'DELETE' } })", "policy.rule.denied"),
    ]);
}

#[test]
fn a_value_that_only_the_host_refuses_leaves_an_event() {
    let stage = Stage::set(["give({ 'x-a': '\\v' })", "give({})"].into_iter());
    assert_eq!((stage.attempt(0).as_str(), stage.attempt(1).as_str()), ("policy.header.name", "200 <- POST /ok/h"));
    assert_eq!(stage.server.event("called")["code"], "policy.header.name");
}

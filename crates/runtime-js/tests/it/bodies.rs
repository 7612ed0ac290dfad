//! Request, Response and their bodies.

use crate::harness::{Bench, block_on, eval, of_request, text};
use bytes::Bytes;
use egret_runtime::Runtime;

#[test]
fn responses_behave_as_the_standard_says() {
    let cases = [
        (
            "const r = new Response('a', { status: 201, statusText: 'Made', headers: { 'x-a': '1' } }); return [r.status, r.ok, r.statusText, r.headers.get('x-a'), r.headers.get('content-type'), r.type, r.url, r.redirected].join('|')",
            "201|true|Made|1|text/plain;charset=UTF-8|default||false",
        ),
        (
            "const r = Response.json({ a: [1] }, { status: 400 }); return [r.status, r.headers.get('content-type'), await r.text()].join('|')",
            "400|application/json|{\"a\":[1]}",
        ),
        ("return Response.json(1, { headers: { 'content-type': 'a/b' } }).headers.get('content-type')", "a/b"),
        ("const r = Response.redirect('http://a.test/x y', 307); return [r.status, r.headers.get('location')]", "307,http://a.test/x%20y"),
        ("const r = new Response('{\"a\":1}'); return (await r.json()).a", "1"),
        ("const r = new Response('hi'); return [(await r.arrayBuffer()).byteLength, r.bodyUsed]", "2,true"),
        ("const r = new Response('hi'); const b = await r.bytes(); return [b instanceof Uint8Array, b.join()]", "true,104,105"),
        ("const r = new Response('hi'), c = r.clone(); const a = await r.bytes(); a[0] = 0; return await c.text()", "hi"),
        ("const r = new Response('hi'); await r.text(); return await r.text().catch((e) => e.name)", "TypeError"),
        ("const r = new Response(null); return [await r.text(), r.bodyUsed, r.body]", ",false,"),
        ("const source = new Uint8Array([1, 2]); const r = new Response(source); source[0] = 9; return (await r.bytes()).join()", "1,2"),
        ("return await new Response('\\uFEFFx\\uD800').text()", "x\u{fffd}"),
        ("return await new Response(123).text()", "123"),
        ("return new Response(undefined, { status: 204 }).status", "204"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

#[test]
fn wrong_responses_and_requests_throw_what_the_standard_says() {
    let cases = [
        ("new Response('', { status: 199 })", "RangeError"),
        ("new Response('', { status: 600 })", "RangeError"),
        ("new Response('', { status: NaN })", "RangeError"),
        ("new Response('x', { status: 204 })", "TypeError"),
        ("new Response('x', { status: 304 })", "TypeError"),
        ("new Response('', { statusText: 'a\\nb' })", "TypeError"),
        ("new Response('', 1)", "TypeError"),
        ("Response.json(undefined)", "TypeError"),
        ("Response.json(1n)", "TypeError"),
        ("Response.redirect('/relative')", "TypeError"),
        ("Response.redirect('http://a/', 200)", "RangeError"),
        ("new Response('x').body", "TypeError"),
        ("const r = new Response('x'); r.text(); r.clone()", "TypeError"),
        ("new Request('nowhere')", "TypeError"),
        ("new Request('http://a/', { body: 'x' })", "TypeError"),
        ("Response()", "TypeError"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(&format!("try {{ {code}; return 'nothing' }} catch (e) {{ return e.name }}")), expected, "{code}");
    }
}

#[test]
fn requests_behave_as_the_standard_says() {
    let cases = [
        (
            "const r = new Request('http://a.test'); return [r.method, r.url, r.redirect, r.bodyUsed, r.signal.aborted]",
            "GET,http://a.test/,follow,false,false",
        ),
        (
            "const r = new Request(new URL('http://a.test/x'), { method: 'put', body: 'b', headers: { a: '1' } }); const s = new Request(r, { headers: { b: '2' } }); return [s.method, s.headers.get('a'), s.headers.get('b'), await s.text(), r.bodyUsed]",
            "PUT,,2,b,true",
        ),
        (
            "const r = new Request('http://a.test', { method: 'POST', body: new URLSearchParams('a=1') }); return [r.headers.get('content-type'), await r.text()]",
            "application/x-www-form-urlencoded;charset=UTF-8,a=1",
        ),
        ("const r = request.clone(); return [r.url === request.url, r.headers.get('x-a')]", "true,1, 2"),
        (
            "const copy = new Request(request, { headers: request.headers }); copy.headers.set('x-a', '9'); return copy.headers.get('x-a')",
            "9",
        ),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

#[test]
fn the_inbound_body_arrives_as_it_was_sent() {
    let app = Bench::shared()
        .load("export default async (request) => new Response(await request.bytes(), { headers: { 'x-method': request.method } })");
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let request = http::Request::post("http://shop.test/").body(Bytes::from(body.clone())).unwrap();
    let answer = block_on(app.invoke(of_request(request))).unwrap();
    assert_eq!(answer.body()[..], body[..]);
    assert_eq!(answer.headers()["x-method"], "POST");
}

#[test]
fn the_answer_carries_status_headers_and_cookies_apart() {
    let answer = Bench::shared().run(
        "export default () => { const h = new Headers([['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-latin', 'caf\\u00e9']]); return new Response('teapot', { status: 418, headers: h }) }",
    );
    assert_eq!(text(&answer), "teapot");
    let answer = answer.unwrap();
    assert_eq!(answer.status().as_u16(), 418);
    assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(answer.headers()["x-latin"].as_bytes(), b"caf\xe9");
}

#[test]
fn a_body_that_was_read_cannot_be_answered_with() {
    match Bench::shared().run("export default async () => { const r = new Response('x'); await r.text(); return r }") {
        Err(egret_runtime::Failure::Thrown(thrown)) => assert_eq!(thrown.name, "TypeError"),
        other => panic!("{other:?}"),
    }
}

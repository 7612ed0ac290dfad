//! egret.secret, and the auth of a call, over the scripted network.

use crate::harness::{Bench, eval, handler};
use egret_egress::CallAuth;
use egret_runtime::{Failure, Limits};

#[test]
fn an_hmac_is_an_array_buffer_of_what_the_host_computed() {
    let signed = |arguments: &str| {
        eval(&format!(
            "const tag = await egret.secret('WHSEC').hmac({arguments}); return [tag instanceof ArrayBuffer, new TextDecoder().decode(tag)]"
        ))
    };
    assert_eq!(signed("'SHA-256', 'h\u{e9}'"), "true,Sha256 h\u{e9}");
    assert_eq!(signed("'sha-512', new Uint8Array([120, 104, 105]).subarray(1)"), "true,Sha512 hi");
    assert_eq!(signed("'SHA-384', new DataView(new Uint8Array([104, 105]).buffer)"), "true,Sha384 hi");
    assert_eq!(signed("'SHA-1', new Uint8Array([104, 105]).buffer"), "true,Sha1 hi");
    assert_eq!(signed("'SHA-1', ''"), "true,Sha1 ");
}

#[test]
fn a_signature_is_verified_as_bytes_or_hexadecimal_digits() {
    let verified = |arguments: &str| eval(&format!("return egret.secret('WHSEC').verify({arguments})"));
    assert_eq!(verified("new TextEncoder().encode('Sha256 hi'), 'hi'"), "true");
    assert_eq!(verified("new TextEncoder().encode('Sha256 hi').buffer, 'hi'"), "true");
    assert_eq!(verified("'536861323536206869', 'hi'"), "true");
    assert_eq!(verified("'53686131206869', 'hi', 'SHA-1'"), "true");
    for wrong in ["'53686131206869'", "''", "'5'", "'zz'", "'53\\u{e9}'", "'ab'.repeat(500)", "new Uint8Array(5000)", "new Uint8Array(0)"] {
        assert_eq!(verified(&format!("{wrong}, 'hi'")), "false", "{wrong}");
    }
}

#[test]
fn a_secret_that_may_not_be_used_is_a_net_error_with_its_own_code() {
    let failed = |name: &str, call: &str| {
        eval(&format!(
            "try {{ await egret.secret({name}).{call} }} catch (e) {{ return [e instanceof NetError, e.code, e.retryable, e.message] }}"
        ))
    };
    let words = "true,NET_AUTH,false,the secret is missing, or this app may not use it so";
    for name in ["'NONE'", "'whsec'", "''", "'\\u0000'"] {
        assert_eq!(failed(name, "hmac('SHA-256', 'x')"), words, "{name}");
        assert_eq!(failed(name, "verify('00', 'x')"), words, "{name}");
    }
    match Bench::shared().run(&handler("await egret.secret('NONE').hmac('SHA-256', 'x')")) {
        Err(Failure::Thrown(thrown)) => assert_eq!(thrown.net.unwrap().code, "NET_AUTH"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_arguments_of_an_hmac_are_type_errors() {
    for call in [
        "hmac('MD5', 'x')",
        "hmac('SHA-224', 'x')",
        "hmac(undefined, 'x')",
        "hmac('SHA-256')",
        "hmac('SHA-256', 7)",
        "hmac('SHA-256', {})",
        "verify()",
        "verify(7, 'x')",
        "verify('00', null)",
        "verify('00', 'x', 'MD5')",
    ] {
        assert_eq!(eval(&format!("return egret.secret('WHSEC').{call}.catch((e) => e.name)")), "TypeError", "{call}");
    }
    assert_eq!(eval("try { egret.secret(Symbol()) } catch (e) { return e.name }"), "TypeError");
}

#[test]
fn the_auth_of_a_call_reaches_the_kernel_as_a_wish() {
    let bench = Bench::new(Limits::default());
    let auth = |call: &str| {
        bench.eval(&format!("await {call}"));
        bench.network.calls.lock().unwrap().pop().unwrap().1.auth
    };
    let wish = |place: Option<&str>| Some(CallAuth { secret: "STRIPE_KEY".to_owned(), place: place.map(|place| place.parse().unwrap()) });
    let url = "'http://up.test/echo'";
    assert_eq!(auth(&format!("fetch({url})")), None);
    assert_eq!(auth(&format!("fetch({url}, {{ auth: 'STRIPE_KEY' }})")), wish(None));
    assert_eq!(auth(&format!("egret.net.fetch({url}, {{ auth: 'STRIPE_KEY', authMode: 'bearer' }})")), wish(Some("bearer")));
    for place in ["basic", "header:x-api-key", "query:api_key", "path", "body"] {
        assert_eq!(auth(&format!("fetch({url}, {{ auth: 'STRIPE_KEY', authMode: '{place}' }})")), wish(Some(place)));
    }
    let request = format!("new Request({url}, {{ auth: 'STRIPE_KEY', authMode: 'bearer' }})");
    assert_eq!(auth(&format!("fetch({request})")), wish(Some("bearer")), "a request keeps it");
    assert_eq!(auth(&format!("fetch({request}.clone())")), wish(Some("bearer")));
    assert_eq!(auth(&format!("fetch({request}, {{ auth: 'STRIPE_KEY' }})")), wish(None), "and gives it up for another");
}

#[test]
fn an_auth_that_is_none_is_a_type_error_and_makes_no_call() {
    let bench = Bench::new(Limits::default());
    for init in [
        "auth: 7",
        "auth: null",
        "auth: ''",
        "auth: {}",
        "auth: ['STRIPE_KEY']",
        "authMode: 'bearer'",
        "auth: 'A', authMode: 'Bearer'",
        "auth: 'A', authMode: 'cookie'",
        "auth: 'A', authMode: 'header'",
        "auth: 'A', authMode: 'header:'",
        "auth: 'A', authMode: 'header:a b'",
        "auth: 'A', authMode: 'query:a=b'",
        "auth: 'A', authMode: ''",
        "auth: 'A', authMode: null",
    ] {
        let caught =
            |call: &str| bench.eval(&format!("try {{ await {call}('http://up.test/', {{ {init} }}) }} catch (e) {{ return e.name }}"));
        assert_eq!((&*caught("fetch"), &*caught("egret.net.fetch")), ("TypeError", "TypeError"), "{init}");
    }
    assert!(bench.network.calls.lock().unwrap().is_empty());
}

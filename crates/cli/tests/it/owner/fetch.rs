//! `egret net fetch`: a request by hand, through the real kernel.

use super::House;
use egret_testkit::Upstream;
use http::Response;

const VALUE: &str = "sk_live_hunter2_0123456789";

/// An upstream on loopback, alive as long as its runtime.
fn upstream() -> (tokio::runtime::Runtime, Upstream) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = {
        let _entered = runtime.enter();
        Upstream::http(|request| async move {
            let key = request.headers().get("authorization").map_or("none", |value| value.to_str().unwrap()).to_owned();
            Response::builder().header("x-method", request.method().as_str()).body(format!("key: {key}\n{}", "y".repeat(50))).unwrap()
        })
    };
    (runtime, server)
}

#[test]
fn a_request_goes_as_the_app_with_its_rules_and_its_secret() {
    for house in House::both() {
        let (_runtime, upstream) = upstream();
        let url = format!("http://{}/v1", upstream.address());
        let fetch = |more: &[&str]| house.run(&[&["net", "fetch", "POST", &url, "--app", "shop"], more].concat());
        let refused = fetch(&[]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.out.contains("NET_BLOCKED") && refused.out.contains("egret net allow 127.0.0.1"), "{}", refused.out);
        assert!(upstream.requests().is_empty());

        let origin = format!("http://{}", upstream.address());
        house.feed(&["secret", "set", "API_KEY", "--from-stdin"], VALUE);
        house.done(&["secret", "grant", "API_KEY", "--to", &origin, "--as", "bearer", "--http-ok"]);
        let allow = ["net", "allow", &origin, "--http", "--private", "127.0.0.1/32", "--secret", "API_KEY", "--as", "bearer"];
        house.done(&allow);
        let answered = fetch(&["--body", "hello", "-H", "x-more: 1"]);
        assert_eq!(answered.code, Some(0), "{}", answered.out);
        assert!(answered.out.contains("200 OK\n") && answered.out.contains("x-method: POST"), "{}", answered.out);
        let seen = &upstream.requests()[0];
        assert_eq!(
            (seen.headers["authorization"].to_str().unwrap(), seen.headers["x-more"].to_str().unwrap()),
            (format!("Bearer {VALUE}").as_str(), "1")
        );
        assert_eq!(&*seen.body, b"hello");
        assert!(answered.out.contains(" with API_KEY"), "{}", answered.out);

        house.done(&["secret", "revoke", "API_KEY"]);
        let without = fetch(&[]);
        assert_eq!(without.code, Some(1));
        assert!(without.out.contains("NET_AUTH") && !without.out.contains("hunter2"), "{}", without.out);
        assert_eq!(upstream.requests().len(), 1);
    }
}

#[test]
fn json_tells_the_answer_and_every_attempt() {
    let house = House::new();
    house.done(&["app", "create", "shop"]);
    let (_runtime, upstream) = upstream();
    let url = format!("http://{}/v1?token=hunter2", upstream.address());
    house.done(&["net", "allow", &url, "--http", "--private", "127.0.0.1/32"]);
    let answer = house.run(&["net", "fetch", "--json", "--show", "9", "GET", &url, "--app", "shop"]).json();
    assert_eq!((answer["ok"].as_bool(), answer["status"].as_u64()), (Some(true), Some(200)));
    assert_eq!((answer["body"].as_str(), answer["more"].as_bool()), (Some("key: none"), Some(true)));
    let event = &answer["events"][0];
    assert_eq!(
        (event["status"].as_u64(), event["method"].as_str(), answer["events"].as_array().unwrap().len()),
        (Some(200), Some("GET"), 1)
    );
    assert!(!event.to_string().contains("hunter2"), "{event}");
    let refused = house.run(&["net", "fetch", "GET", "https://169.254.169.254/", "--app", "shop", "--json"]);
    assert_eq!((refused.code, refused.json()["code"].as_str()), (Some(1), Some("NET_BLOCKED")));
    assert_eq!(house.run(&["net", "fetch", "GET", &url, "--app", "nobody"]).code, Some(3));
    let field = house.run(&["net", "fetch", "GET", &url, "--app", "shop", "-H", "authorization hunter2"]);
    assert!(field.code == Some(2) && field.err.contains("name: value") && !field.err.contains("hunter2"), "{}", field.err);
}

//! What a redirect leads to, and what goes along.

use super::{follow, house, outcome, plain, redirecting, route, url};
use crate::house::{House, draft, local, policy};
use bytes::Bytes;
use egret_egress::Draft;
use egret_policy::{PortRange, RouteSpec, RuleSpec};
use egret_testkit::{Listener, Reply, Upstream, server_config};
use http::{HeaderValue, Method, Response};

// The rule against addresses in place of names was applied to the first URL and to no redirect.
#[tokio::test]
async fn fazt_redirect_to_loopback_is_decided_again() {
    let house = house(&["a.test", "inside.test"]);
    let silent = Listener::silent();
    let port = silent.address().port();
    for (location, code) in [
        (format!("http://127.0.0.1:{port}/"), "egress.addr.loopback at hop 1"),
        (format!("//127.0.0.1:{port}/"), "egress.addr.loopback at hop 1"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "policy.target.mapped at hop 0"),
        (format!("http://2130706433:{port}/"), "policy.target.ipv4_form at hop 0"),
        (format!("http://127.0.0.1.:{port}/"), "policy.target.ipv4_form at hop 0"),
        (format!("http://inside.test:{port}/"), "egress.addr.loopback at hop 1"),
        (format!("http://other.test:{port}/"), "policy.rule.no_host at hop 1"),
    ] {
        let upstream = redirecting(302, &location);
        let rules = [local("a.test", upstream.address()), plain("127.0.0.1", silent.address()), plain("inside.test", silent.address())];
        assert_eq!(outcome(&house, &policy(rules), follow(&url("a.test", upstream.address(), "/go"))).await, code, "{location}");
    }
    silent.assert_untouched();
}

// The previous URL, with the secret in its query, went along as Referer.
#[tokio::test]
async fn fazt_redirect_sends_no_referer() {
    let house = house(&["a.test", "b.test"]);
    let second = Upstream::http(|_| async { Response::new("") });
    let first = redirecting(302, &url("b.test", second.address(), "/there"));
    let policy = policy([local("a.test", first.address()), local("b.test", second.address())]);
    assert_eq!(outcome(&house, &policy, follow(&url("a.test", first.address(), "/go?key=hunter2"))).await, "200 there");
    let seen = &second.requests()[0];
    assert!(!format!("{seen:?}").contains("hunter2"), "{seen:?}");
    assert!(!seen.headers.contains_key("referer"));
}

// A hop was judged by the method of the one before it, and then sent with another.
#[tokio::test]
async fn iso4_redirect_is_judged_by_the_method_that_is_sent() {
    let house = house(&["a.test"]);
    let posts = [route("/go", &["POST"]), route("/there", &["POST"])];
    let gets = [route("/go", &["POST"]), route("/there", &["GET"])];
    for (status, routes, code) in [
        (303, &posts, "policy.rule.method at hop 1"),
        (302, &posts, "policy.rule.method at hop 1"),
        (303, &gets, "200 there"),
        (307, &posts, "200 there"),
        (307, &gets, "policy.rule.method at hop 1"),
    ] {
        let upstream = redirecting(status, "/there");
        let policy = policy([RuleSpec { routes: Some(routes.to_vec()), ..local("a.test", upstream.address()) }]);
        let draft =
            Draft { method: Method::POST, body: Bytes::from_static(b"x").into(), ..follow(&url("a.test", upstream.address(), "/go")) };
        assert_eq!(outcome(&house, &policy, draft).await, code, "{status} {routes:?}");
    }
}

// A HEAD that was answered 303 became a GET.
#[tokio::test]
async fn iso4_head_stays_head_after_a_303() {
    let house = house(&["a.test"]);
    let upstream = redirecting(303, "/there");
    let draft = Draft { method: Method::HEAD, ..follow(&url("a.test", upstream.address(), "/go")) };
    assert_eq!(outcome(&house, &policy([local("a.test", upstream.address())]), draft).await, "200 there");
    assert_eq!(upstream.requests()[1].method, Method::HEAD);
}

// What a route refuses was reached by a redirect into that route.
#[tokio::test]
async fn iso4_redirect_into_a_refused_route_is_refused() {
    let house = house(&["a.test"]);
    for location in ["/admin/x", "/public/../admin/x", "admin/x", "/%61dmin/x", "/ADMIN/x"] {
        let upstream = redirecting(302, location);
        let deny = RuleSpec { deny: true, routes: Some(vec![RouteSpec::path("/admin/**")]), ..RuleSpec::host("a.test") };
        let denying = policy([local("a.test", upstream.address()), deny]);
        let go = follow(&url("a.test", upstream.address(), "/go"));
        assert_eq!(outcome(&house, &denying, go.clone()).await, "policy.rule.denied at hop 1", "{location}");
        let narrow = policy([RuleSpec { routes: Some(vec![RouteSpec::path("/go")]), ..local("a.test", upstream.address()) }]);
        assert_eq!(outcome(&house, &narrow, go).await, "policy.rule.path at hop 1", "{location}");
        assert_eq!(upstream.requests().len(), 2, "only the two first hops were sent");
    }
}

// Three names of fields were cut off at another host; keys in fields of their own went along.
#[tokio::test]
async fn iso4_credentials_of_any_name_stay_behind() {
    let house = house(&["a.test", "b.test"]);
    let second = Upstream::http(|_| async { Response::new("") });
    let first = redirecting(302, &url("b.test", second.address(), "/there"));
    let policy = policy([local("a.test", first.address()), local("b.test", second.address())]);
    let mut draft = follow(&url("a.test", first.address(), "/go"));
    let keys = ["authorization", "cookie", "x-api-key", "private-token", "x-amz-security-token", "dd-api-key", "x-goog-api-key", "api_key"];
    keys.iter().for_each(|name| _ = draft.headers.insert(*name, HeaderValue::from_static("hunter2")));
    assert_eq!(outcome(&house, &policy, draft).await, "200 there");
    assert!(!format!("{:?}", second.requests()[0]).contains("hunter2"));
}

// The name that was judged before the first hop stood for another address at the second.
#[tokio::test]
async fn orbflow_rebinding_between_two_hops_is_refused() {
    let house = House::with(|config| config.dns.floor = std::time::Duration::ZERO);
    let upstream = redirecting(302, "/there");
    house.zone.time_to_live(0);
    house.zone.replies("rebind.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["127.0.0.2"])]);
    let policy = policy([local("rebind.test", upstream.address())]);
    let go = follow(&url("rebind.test", upstream.address(), "/go"));
    assert_eq!(outcome(&house, &policy, go).await, "egress.addr.loopback at hop 1");
    assert_eq!(upstream.requests().len(), 1);
}

// Host, SNI, certificate and socket were taken from different places, and a redirect changed some of them.
#[tokio::test]
async fn agentcage_host_sni_and_certificate_are_one_name_at_each_hop() {
    let house = house(&["a.test", "b.test"]);
    let second = Upstream::tls(server_config(house.authority.leaf(&["b.test"])), |_| async { Response::new("") });
    let location = format!("https://b.test:{}/there", second.address().port());
    let first = Upstream::tls(server_config(house.authority.leaf(&["a.test"])), move |_| {
        let answer = Response::builder().status(302).header("location", &location).body("").unwrap();
        async { answer }
    });
    let policy = policy([local("a.test", first.address()), local("b.test", second.address())]);
    let url = format!("https://a.test:{}/go", first.address().port());
    let mut own_host = follow(&url);
    own_host.headers.insert("host", HeaderValue::try_from(format!("a.test:{}", first.address().port())).unwrap());
    assert_eq!(outcome(&house, &policy, own_host).await, "200 there");
    for (upstream, name) in [(&first, "a.test"), (&second, "b.test")] {
        let seen = &upstream.requests()[0];
        assert_eq!(seen.server_name.as_deref(), Some(name));
        assert_eq!(seen.headers.get_all("host").iter().collect::<Vec<_>>(), [&format!("{name}:{}", upstream.address().port())]);
    }
    let mut fronted = draft(&url);
    fronted.headers.insert("host", HeaderValue::from_static("b.test"));
    assert_eq!(outcome(&house, &policy, fronted).await, "policy.header.framing at hop 0");
    assert_eq!(first.requests().len(), 1);
}

// Another port of the host, which is another service, was given what the first one was.
#[tokio::test]
async fn httpclient5_credentials_stay_behind_at_another_port() {
    let house = house(&["a.test"]);
    let second = Upstream::http(|_| async { Response::new("") });
    let first = redirecting(302, &url("a.test", second.address(), "/there"));
    let both = RuleSpec {
        ports: Some([first.address(), second.address()].map(|peer| PortRange::single(peer.port())).to_vec()),
        ..local("a.test", first.address())
    };
    let mut draft = follow(&url("a.test", first.address(), "/go"));
    draft.headers.insert("authorization", HeaderValue::from_static("hunter2"));
    assert_eq!(outcome(&house, &policy([both]), draft).await, "200 there");
    assert_eq!(first.requests()[0].headers["authorization"], "hunter2");
    assert!(!second.requests()[0].headers.contains_key("authorization"));
}

// What was left behind at another host came back when that one redirected to the first.
#[tokio::test]
async fn follow_redirects_credentials_do_not_come_back() {
    let house = house(&["a.test", "b.test"]);
    let upstream = Upstream::http(|request| {
        let authority = request.headers()["host"].to_str().unwrap().to_owned();
        let port = authority.rsplit(':').next().unwrap();
        let location = match request.uri().path() {
            "/go" => Some(format!("http://b.test:{port}/away")),
            "/away" => Some(format!("http://a.test:{port}/home")),
            _ => None,
        };
        let answer = match location {
            Some(location) => Response::builder().status(302).header("location", location),
            None => Response::builder(),
        };
        async { answer.body("").unwrap() }
    });
    let policy = policy(["a.test", "b.test"].map(|host| local(host, upstream.address())));
    let mut draft = follow(&url("a.test", upstream.address(), "/go"));
    draft.headers.insert("authorization", HeaderValue::from_static("hunter2"));
    assert_eq!(outcome(&house, &policy, draft).await, "200 home");
    let seen = upstream.requests();
    let sent: Vec<bool> = seen.iter().map(|seen| seen.headers.contains_key("authorization")).collect();
    assert_eq!(sent, [true, false, false]);
}

//! Holes that other systems had, on real sockets: what is resolved, dialled, reused, redirected and said.
//!
//! A test is named after the system that suffered it; the comment says the hole. The table is in `docs/holes.md`.

use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Detail, Draft, Outcome, Redirect};
use egret_policy::{Policy, PortRange, RouteSpec, RuleSpec};
use egret_testkit::{Hostile, Listener, Reply, Step, Upstream, server_config};
use http::{HeaderValue, Method, Response};
use std::net::SocketAddr;
use std::sync::Arc;

/// An upstream that answers `/go` with a redirect, closing the connection, and everything else with its path.
fn redirecting(status: u16, location: &str) -> Upstream {
    let location = location.to_owned();
    Upstream::http(move |request| {
        let path = request.uri().path().to_owned();
        let answer = match path.as_str() {
            "/go" => Response::builder().status(status).header("location", &location).header("connection", "close").body(Bytes::new()),
            _ => Response::builder().body(path.into()),
        };
        async { answer.unwrap() }
    })
}

fn url(host: &str, peer: SocketAddr, path: &str) -> String {
    format!("http://{host}:{}{path}", peer.port())
}

fn follow(url: &str) -> Draft {
    Draft { redirect: Redirect::Follow, ..draft(url) }
}

/// A rule for one host and port that exempts nothing.
fn plain(host: &str, peer: SocketAddr) -> RuleSpec {
    RuleSpec { private: vec![], ..local(host, peer) }
}

fn route(path: &str, methods: &[&str]) -> RouteSpec {
    RouteSpec { methods: Some(methods.iter().map(ToString::to_string).collect()), ..RouteSpec::path(path) }
}

async fn outcome(house: &House, policy: &Arc<Policy>, draft: Draft) -> String {
    match house.egress.fetch(&caller(policy), draft).await {
        Ok(response) => format!("{} {}", response.status.as_u16(), response.url.rsplit('/').next().unwrap()),
        Err(error) => format!("{} at hop {}", error.path(), error.hop()),
    }
}

/// A house in which each name stands for 127.0.0.1.
fn house(names: &[&str]) -> House {
    let house = House::new();
    names.iter().for_each(|name| house.zone.addresses(name, &["127.0.0.1"]));
    house
}

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

// The error's text named the address that a name stands for, and where a redirect led: a map of the network.
#[tokio::test]
async fn fazt_error_text_is_no_oracle() {
    let house = House::with(|config| config.detail = Detail::Safe);
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.zone.addresses("inside.test", &["10.1.2.3"]);
    house.zone.addresses("metadata.test", &["169.254.169.254"]);
    let upstream = redirecting(302, "http://secret-host.test:8080/x");
    let policy = policy([local("a.test", upstream.address()), RuleSpec::host("inside.test"), RuleSpec::host("metadata.test")]);
    let refused = ["https://inside.test/", "https://metadata.test/", "https://unlisted.test/", "http://127.1/"];
    for draft in refused.map(draft).into_iter().chain([follow(&url("a.test", upstream.address(), "/go"))]) {
        let error = house.egress.fetch(&caller(&policy), draft).await.unwrap_err();
        assert_eq!(error.to_string(), "NET_BLOCKED: this request is not allowed", "{error:?}");
    }
}

// A rule that was taken away went on to count for half a minute, and for connections that were open.
#[tokio::test]
async fn fazt_revoked_rule_counts_from_the_next_call_on() {
    let house = house(&["a.test"]);
    let upstream = redirecting(302, "/");
    let url = url("a.test", upstream.address(), "/x");
    let before = policy([local("a.test", upstream.address())]);
    house.get(&before, &url).await.unwrap().body.collect(100).await.unwrap();
    let deny = RuleSpec { deny: true, ..RuleSpec::host("a.test") };
    assert_eq!(house.failure(&policy([]), &url).await, "policy.rule.no_host");
    assert_eq!(house.failure(&policy([local("a.test", upstream.address()), deny]), &url).await, "policy.rule.denied");
    assert_eq!(upstream.requests().len(), 1);
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
        let draft = Draft { method: Method::POST, body: Bytes::from_static(b"x"), ..follow(&url("a.test", upstream.address(), "/go")) };
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

// Names were looked up before they were allowed: a query carries data out, and its time tells what exists.
#[tokio::test]
async fn iso4_nothing_is_resolved_for_what_is_refused() {
    let house = house(&["a.test"]);
    house.zone.addresses("*.wild.test", &["93.184.215.14"]);
    let narrow = RuleSpec { routes: Some(vec![route("/ok", &["POST"]), route("/get", &["GET"])]), ..RuleSpec::host("a.test") };
    let deny = RuleSpec { deny: true, ..RuleSpec::host("denied.wild.test") };
    let policy = policy([narrow, RuleSpec::host("**.wild.test"), deny]);
    for (url, code) in [
        ("https://data.evil.test/", "policy.rule.no_host"),
        ("http://a.test/get", "policy.rule.scheme"),
        ("https://a.test:8443/get", "policy.rule.port"),
        ("https://a.test/other", "policy.rule.path"),
        ("https://a.test/ok", "policy.rule.method"),
        ("https://denied.wild.test/", "policy.rule.denied"),
        ("https://a.b.c.d.e.wild.test/", "policy.name.label_budget"),
        ("https://host.local/", "policy.name.special_use"),
    ] {
        assert_eq!(house.failure(&policy, url).await, code, "{url}");
    }
    assert_eq!(house.zone.queries(), []);
}

// The guard sat in the lookup of names, so addresses in URLs, and names that were pinned, went by it.
#[tokio::test]
async fn iso4_what_skips_dns_does_not_skip_the_guard() {
    let silent = Listener::silent();
    let house = House::with(|config| {
        config.hosts = [("pinned.test".to_owned(), vec!["127.0.0.1".parse().unwrap()])].into_iter().collect();
    });
    for host in ["pinned.test", "127.0.0.1"] {
        let policy = policy([plain(host, silent.address())]);
        assert_eq!(house.failure(&policy, &url(host, silent.address(), "/")).await, "egress.addr.loopback", "{host}");
    }
    silent.assert_untouched();
    assert_eq!(house.zone.queries(), []);
}

// A host with IPv6 addresses only could not be reached, and a refused one ended the process.
#[tokio::test]
async fn iso4_refused_ipv6_answer_ends_its_call_and_nothing_else() {
    let house = house(&["a.test"]);
    for (name, answer, code) in [
        ("six.test", "::1", "egress.addr.loopback"),
        ("zero.test", "::", "egress.addr.unspecified"),
        ("mapped.test", "::ffff:10.0.0.1", "egress.addr.private"),
        ("local.six.test", "fe80::1", "egress.addr.link_local"),
    ] {
        house.zone.addresses(name, &[answer]);
        assert_eq!(house.failure(&policy([RuleSpec::host(name)]), &format!("https://{name}/")).await, code, "{name}");
    }
    let upstream = redirecting(302, "/");
    let policy = policy([local("a.test", upstream.address())]);
    assert_eq!(outcome(&house, &policy, draft(&url("a.test", upstream.address(), "/x"))).await, "200 x");
}

// Invalid URLs, schemes, addresses and fields were refused without a word to whoever keeps the log. fazt logged no refusal.
#[tokio::test]
async fn iso4_every_kind_of_refusal_is_recorded() {
    let house = House::new();
    house.zone.addresses("inside.test", &["10.1.2.3"]);
    let policy = policy([RuleSpec::host("inside.test"), RuleSpec::host("10.1.2.3")]);
    let mut framing = draft("https://inside.test/");
    framing.headers.insert("content-length", HeaderValue::from_static("1"));
    let urls = ["ftp://inside.test/", "https://a b/", "https://10.1.2.3/", "https://inside.test/", "https://other.test/"];
    for draft in urls.map(draft).into_iter().chain([framing]) {
        house.egress.fetch(&caller(&policy), draft).await.unwrap_err();
    }
    let codes: Vec<String> = house
        .events()
        .iter()
        .map(|event| match &event.outcome {
            Outcome::Failed(reason) => reason.path().to_owned(),
            outcome @ (Outcome::Answered | Outcome::Abandoned) => format!("{outcome:?}"),
        })
        .collect();
    let expected = [
        "policy.target.scheme",
        "policy.target.control",
        "egress.addr.private",
        "egress.addr.private",
        "policy.rule.no_host",
        "policy.header.framing",
    ];
    assert_eq!(codes, expected);
}

// Names of the cloud, of containers and of one's own DNS led inwards: only the text of the name was looked at.
#[tokio::test]
async fn fastfn_public_name_of_a_private_address_is_refused() {
    let house = House::new();
    let silent = Listener::silent();
    let mut rules = Vec::new();
    for (name, answer) in [("loop.test", "127.0.0.2"), ("zero.test", "0.0.0.0"), ("shared.test", "100.64.0.1"), ("ula.test", "fc00::1")] {
        house.zone.addresses(name, &[answer]);
        rules.push(plain(name, silent.address()));
    }
    house.zone.alias("alias.test", "loop.test");
    rules.push(plain("alias.test", silent.address()));
    let policy = policy(rules);
    for (name, code) in [
        ("loop.test", "egress.addr.loopback"),
        ("zero.test", "egress.addr.unspecified"),
        ("shared.test", "egress.addr.shared"),
        ("ula.test", "egress.addr.unique_local"),
        ("alias.test", "egress.addr.loopback"),
    ] {
        assert_eq!(house.failure(&policy, &url(name, silent.address(), "/")).await, code, "{name}");
    }
    silent.assert_untouched();
}

// A name was resolved once to be judged and once more to be dialled.
#[tokio::test]
async fn fiber_name_is_asked_for_once_and_that_answer_is_dialled() {
    let house = House::new();
    let upstream = redirecting(302, "/");
    house.zone.time_to_live(0);
    house.zone.replies("rebind.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["127.0.0.2"])]);
    let policy = policy([local("rebind.test", upstream.address())]);
    assert_eq!(outcome(&house, &policy, draft(&url("rebind.test", upstream.address(), "/x"))).await, "200 x");
    assert_eq!(house.zone.queries().len(), 2, "one for A and one for AAAA");
}

// The name that was judged before the first hop stood for another address at the second.
#[tokio::test]
async fn orbflow_rebinding_between_two_hops_is_refused() {
    let house = House::new();
    let upstream = redirecting(302, "/there");
    house.zone.time_to_live(0);
    house.zone.replies("rebind.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["127.0.0.2"])]);
    let policy = policy([local("rebind.test", upstream.address())]);
    let go = follow(&url("rebind.test", upstream.address(), "/go"));
    assert_eq!(outcome(&house, &policy, go).await, "egress.addr.loopback at hop 1");
    assert_eq!(upstream.requests().len(), 1);
}

// A kept connection was used again without asking whether its peer may still be reached.
#[tokio::test]
async fn gondolin_peer_of_a_kept_connection_is_judged_again() {
    let house = house(&["a.test"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), Step::Hold]);
    let url = url("a.test", peer.address(), "/");
    let before = policy([local("a.test", peer.address())]);
    house.get(&before, &url).await.unwrap().body.collect(100).await.unwrap();
    let deny = RuleSpec { deny: true, ..RuleSpec::host("127.0.0.1") };
    let queries = house.zone.queries().len();
    assert_eq!(house.failure(&policy([local("a.test", peer.address()), deny]), &url).await, "policy.rule.denied");
    assert_eq!(house.zone.queries().len(), queries, "the kept connection was judged, not a new answer");
    assert_eq!(peer.connections(), 1);
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

// A whole URL on the request line was believed by the server, and the rules had looked at another host.
#[tokio::test]
async fn httpjail_request_line_is_never_a_whole_url() {
    let house = house(&["a.test"]);
    let upstream = redirecting(302, "/");
    let policy = policy([local("a.test", upstream.address())]);
    let (port, peer) = (upstream.address().port(), upstream.address());
    assert_eq!(outcome(&house, &policy, draft(&url("a.test", peer, "/http://evil.test/x"))).await, "policy.path.empty_segment at hop 0");
    assert_eq!(outcome(&house, &policy, draft(&url("a.test", peer, "/http:/evil.test/x"))).await, "200 x");
    assert_eq!(outcome(&house, &policy, draft(&url("a.test", peer, "?http://evil.test/x"))).await, "200 x");
    let seen = upstream.requests();
    assert_eq!(seen.iter().map(|seen| seen.target.as_str()).collect::<Vec<_>>(), ["/http:/evil.test/x", "/?http://evil.test/x"]);
    assert!(seen.iter().all(|seen| seen.headers["host"] == format!("a.test:{port}")));
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
    let second = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let first = redirecting(302, &url("b.test", second.address(), "/back"));
    drop(second);
    let home = url("a.test", first.address(), "/home");
    let back = redirecting(302, &home);
    let first = redirecting(302, &url("b.test", back.address(), "/go"));
    drop((home, first));
}

// Two lengths, or a length that is no number, let two readers see two responses.
#[tokio::test]
async fn openshell_response_of_two_lengths_is_refused() {
    let house = house(&["a.test"]);
    for lengths in ["content-length: 2\r\ncontent-length: 20", "content-length: 2, 20", "content-length: +2", "content-length: -1"] {
        let head = format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nok");
        let peer = Hostile::script(vec![Step::ExpectHead, Step::send(head), Step::Hold]);
        let policy = policy([local("a.test", peer.address())]);
        assert_eq!(house.failure(&policy, &url("a.test", peer.address(), "/")).await, "egress.protocol.malformed", "{lengths}");
    }
}

// An upgrade that no rule knows of turned the connection into a tunnel.
#[tokio::test]
async fn pingora_upgrade_is_neither_asked_for_nor_taken() {
    let house = house(&["a.test"]);
    let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send(switch), Step::Hold]);
    let policy = policy([local("a.test", peer.address())]);
    let url = url("a.test", peer.address(), "/");
    for (name, value) in [("upgrade", "h2c"), ("connection", "upgrade"), ("http2-settings", "AAMAAABkAAQAAP__")] {
        let mut draft = draft(&url);
        draft.headers.insert(name, HeaderValue::from_static(value));
        assert_eq!(outcome(&house, &policy, draft).await, "policy.header.framing at hop 0", "{name}");
    }
    assert_eq!(peer.connections(), 0);
    assert_eq!(house.failure(&policy, &url).await, "egress.protocol.malformed");
}

//! What is sent, taken and said.

use super::{follow, house, outcome, redirecting, url};
use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Detail, Outcome};
use egret_policy::RuleSpec;
use egret_testkit::{Hostile, Step};
use http::HeaderValue;

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

// The same with a length beside chunks.
#[tokio::test]
async fn openshell_response_of_length_and_chunks_is_refused() {
    let house = house(&["a.test"]);
    for fields in ["content-length: 20\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 0"] {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        let peer = Hostile::script(vec![Step::ExpectHead, Step::send(head), Step::Hold]);
        let policy = policy([local("a.test", peer.address())]);
        assert_eq!(house.failure(&policy, &url("a.test", peer.address(), "/")).await, "egress.protocol.malformed", "{fields}");
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

//! What a function is told when the network is hostile, and that the hostile listeners saw nothing they must not see.

use crate::house::{World, get, handler, local};
use egret_policy::RuleSpec;
use egret_testkit::{Authority, Hostile, Listener, Step, Upstream, server_config};
use std::net::SocketAddr;

/// Fetches, reads the body, and answers with the code of what went wrong.
fn probing(url: &str) -> String {
    handler(&format!(
        "try {{ const r = await fetch('{url}'); return new Response('got ' + (await r.text()).length) }} catch (e) {{ return new Response(e.code + ' ' + e.message.split('[')[1].split(']')[0]) }}"
    ))
}

async fn probe(world: &World, url: &str, rules: Vec<RuleSpec>) -> String {
    let house = world.serve(&[("probe.js", probing(url))], rules).await;
    get(house.address, "/probe").await.1
}

fn url(scheme: &str, host: &str, peer: SocketAddr) -> String {
    format!("{scheme}://{host}:{}/", peer.port())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_trouble_has_its_code() {
    let world = World::new();
    world.zone.addresses("up.test", &["127.0.0.1"]);
    let killed = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"), Step::Reset]);
    let rule = |peer: SocketAddr| vec![local("up.test", peer)];
    assert_eq!(
        probe(&world, &url("http", "up.test", killed.address()), rule(killed.address())).await,
        "NET_PROTOCOL egress.protocol.closed_early"
    );

    let other = Authority::leaf(&world.authority, &["other.test"]);
    let impostor = Hostile::script_tls(server_config(other), vec![Step::ExpectHead, Step::Hold]);
    assert_eq!(
        probe(&world, &url("https", "up.test", impostor.address()), rule(impostor.address())).await,
        "NET_TLS egress.tls.wrong_name"
    );
    assert!(impostor.until(|seen| seen.ended == 1).await.received.iter().all(Vec::is_empty));

    let endless = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\n\r\n"), Step::Stream(vec![b'x'; 65536].into())]);
    assert_eq!(
        probe(&world, &url("http", "up.test", endless.address()), rule(endless.address())).await,
        "NET_SIZE egress.size.response_body"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirect_inwards_and_mixed_answers_reach_no_listener() {
    let world = World::new();
    let silent = Listener::silent();
    world.zone.addresses("up.test", &["127.0.0.1"]);
    world.zone.addresses("mixed.test", &["93.184.215.14", "127.0.0.1"]);
    let location = format!("http://127.0.0.1:{}/", silent.address().port());
    let upstream = Upstream::http(move |_| {
        let answer = http::Response::builder().status(302).header("location", &location).body("").unwrap();
        async { answer }
    });
    let rules = vec![local("up.test", upstream.address()), RuleSpec { private: vec![], ..local("127.0.0.1", silent.address()) }];
    assert_eq!(probe(&world, &url("http", "up.test", upstream.address()), rules).await, "NET_BLOCKED egress.addr.loopback");
    let mixed = RuleSpec { private: vec![], ..local("mixed.test", silent.address()) };
    assert_eq!(probe(&world, &url("http", "mixed.test", silent.address()), vec![mixed]).await, "NET_BLOCKED egress.addr.loopback");
    silent.assert_untouched();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_allowed_is_explained_to_the_function_in_development() {
    let world = World::new();
    let source = handler("try { await fetch('https://evil.test/x') } catch (e) { return new Response(e.message) }");
    let house = world.serve(&[("probe.js", source)], vec![]).await;
    let (_, message) = get(house.address, "/probe").await;
    assert!(message.contains("no rule names evil.test") && message.contains("[[net]]\nhost = \"evil.test\""), "{message}");
    assert_eq!(world.zone.queries().len(), 0);
}

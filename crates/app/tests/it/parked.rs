//! Functions that wait hold memory, not threads: the others keep answering.

use crate::house::{World, get, handler, local};
use egret_testkit::{Gate, Upstream, server_config};
use tokio::task::JoinSet;

const WAITING: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_invocations_wait_on_a_tls_upstream_while_a_fast_function_answers() {
    let world = World::new();
    world.zone.addresses("slow.test", &["127.0.0.1"]);
    let gate = Gate::new();
    let opened = gate.clone();
    let upstream = Upstream::tls(server_config(world.authority.leaf(&["slow.test"])), move |_| {
        let gate = opened.clone();
        async move {
            gate.opened().await;
            http::Response::new("at last")
        }
    });
    let slow = handler(&format!(
        "const response = await fetch('https://slow.test:{}/'); return new Response(await response.text())",
        upstream.address().port()
    ));
    let house = world
        .serve(&[("slow.js", slow), ("fast.js", handler("return new Response('fast')"))], vec![local("slow.test", upstream.address())])
        .await;
    let address = house.address;
    let mut waiting = JoinSet::new();
    for _ in 0..WAITING {
        waiting.spawn(async move { get(address, "/slow").await });
    }
    while upstream.requests().len() < WAITING {
        let (status, body) = get(address, "/fast").await;
        assert_eq!((status, body.as_str()), (200, "fast"), "while {} wait", upstream.requests().len());
        if let Some(ended) = waiting.try_join_next() {
            panic!("one ended before the upstream answered: {:?}", ended.unwrap());
        }
    }
    assert_eq!(get(address, "/fast").await.0, 200, "with all of them parked");
    gate.release();
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| *answer == (200, "at last".to_owned())), "{:?}", answers.iter().find(|answer| answer.0 != 200));
}

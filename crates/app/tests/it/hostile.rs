//! Functions that try to take the house with them end with a named limit, and a neighbour answers meanwhile.

use crate::house::{World, code, get, handler};

const HOSTILE: &[(&str, &str, &str)] = &[
    ("loop.js", "for (;;);", "limit.cpu"),
    ("finally.js", "for (;;) { try { for (;;); } finally { continue; } }", "limit.cpu"),
    ("memory.js", "const kept = []; for (;;) kept.push(new Uint8Array(1 << 20));", "limit.heap"),
    ("includes.js", "const a = 'a'.repeat(4e6), b = 'a'.repeat(2e6) + 'b'; return new Response(String(a.includes(b)));", "limit.cpu"),
    ("microtasks.js", "const again = () => Promise.resolve().then(again); await again(); await new Promise(() => {});", "limit.cpu"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hostile_function_ends_with_its_limit_while_another_answers() {
    let mut functions: Vec<(&str, String)> = HOSTILE.iter().map(|(name, body, _)| (*name, handler(body))).collect();
    functions.push(("good.js", handler("return new Response('good')")));
    let house = World::new().serve(&functions, vec![]).await;
    let address = house.address;
    for (name, _, limit) in HOSTILE {
        let path = format!("/{}", name.trim_end_matches(".js"));
        let hostile = tokio::spawn(async move { get(address, &path).await });
        while !hostile.is_finished() {
            assert_eq!(get(address, "/good").await, (200, "good".to_owned()), "beside {name}");
        }
        let (status, body) = hostile.await.unwrap();
        assert_eq!((status, code(&body).as_str()), (500, *limit), "{name}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_recursion_is_an_exception_that_a_function_can_catch() {
    let source = handler("function f() { return f() + 1 } try { f() } catch (error) { return new Response(error.name) }");
    let house = World::new().serve(&[("deep.js", source)], vec![]).await;
    assert_eq!(get(house.address, "/deep").await, (200, "RangeError".to_owned()));
}

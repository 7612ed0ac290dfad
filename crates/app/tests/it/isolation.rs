//! Two requests of one function share nothing.

use crate::house::{World, get, handler};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_never_see_each_others_globals_prototypes_or_random_numbers() {
    let source = "globalThis.count = (globalThis.count ?? 0) + 1; let module = 0;\n".to_owned()
        + &handler(
            "module += 1; Array.prototype.marks = (Array.prototype.marks ?? 0) + 1; Object.prototype.polluted ??= 'no';
             const seen = [globalThis.count, module, [].marks].join();
             return Response.json({ seen, random: Math.random() })",
        );
    let house = World::new().serve(&[("f.js", source)], vec![]).await;
    let mut random = BTreeSet::new();
    for _ in 0..20 {
        let (status, body) = get(house.address, "/f").await;
        assert_eq!(status, 200, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["seen"], "1,1,1");
        random.insert(answer["random"].to_string());
    }
    assert_eq!(random.len(), 20);
}

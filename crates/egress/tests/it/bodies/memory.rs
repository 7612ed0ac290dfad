//! Memory while a bomb is decoded. The high-water mark belongs to a process, so a process of its own is measured.

use super::Scene;
use egret_testkit::{Step, coded};

/// Mebibytes that are decoded, and how many of them memory may grow by.
const DECODED: usize = 256;
const GROWTH: usize = 16;

#[test]
fn memory_stays_flat_while_a_bomb_is_decoded() {
    let own = std::env::current_exe().unwrap();
    #[expect(clippy::disallowed_methods, reason = "test: this same test binary, to measure a process of its own")]
    let mut child = std::process::Command::new(own);
    let child = child.args(["--exact", "bodies::memory::a_bomb_in_a_process_of_its_own", "--ignored", "--nocapture"]);
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
#[ignore = "run in a process of its own by the test above"]
async fn a_bomb_in_a_process_of_its_own() {
    for (name, bomb) in [("gzip", coded::gzip_bomb()), ("br", coded::brotli_bomb()), ("zstd", coded::zstd_bomb())] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\n\r\n");
        let steps = vec![Step::ExpectHead, Step::send([head.as_bytes(), &bomb.start].concat()), Step::Stream(bomb.more.repeat(50).into())];
        let scene = Scene::with(|config| (config.caps.decoded_ratio, config.caps.response_body) = (u64::MAX, u64::MAX), steps);
        let mut response = scene.fetch(scene.draft()).await.unwrap();
        let (mut decoded, mut early) = (0, None);
        while decoded < DECODED << 20 {
            decoded += response.body.chunk().await.unwrap().unwrap().len();
            // By then every window is as large as it gets.
            if decoded > 32 << 20 && early.is_none() {
                early = Some(high_water());
            }
        }
        let growth = high_water() - early.unwrap();
        assert!(growth < GROWTH << 10, "{name}: {growth} KiB more for {} MiB", DECODED - 32);
    }
}

/// The most memory that this process has held, in KiB.
fn high_water() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

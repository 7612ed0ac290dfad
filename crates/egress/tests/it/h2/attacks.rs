//! What breaks a rule of HTTP/2 or bends it until it hurts: each ends in its code, by a bound and not by a time.

use super::{Scene, got};
use egret_testkit::Step;
use egret_testkit::h2::{Block, Kind, attack, code};
use std::time::Duration;

async fn outcome(steps: Vec<Step>) -> String {
    let (scene, peer) = Scene::hostile(vec![steps]);
    let outcome = scene.outcome(scene.draft()).await;
    drop(scene);
    // Nothing holds the connection once the call is over and the kernel gone.
    peer.until(|seen| seen.ended == seen.connections).await;
    outcome
}

/// Each of them never ends by itself, and every timeout is far away.
#[tokio::test]
async fn floods_of_frames_end_by_a_bound() {
    let cases = [
        ("continuation", attack::continuation_flood(), "egress.protocol.malformed"),
        ("empty continuation", attack::empty_continuation_flood(), "egress.protocol.malformed"),
        ("ping", attack::ping_flood(), "egress.protocol.malformed"),
        ("settings", attack::settings_flood(), "egress.protocol.malformed"),
        ("empty data", attack::empty_data_flood(), "egress.protocol.malformed"),
        ("informational", attack::informational_flood(), "egress.protocol.malformed"),
        ("window update", attack::window_update_flood(), "egress.protocol.malformed"),
        ("unknown", attack::unknown_frame_flood(), "egress.protocol.malformed"),
    ];
    let mut wrong = Vec::new();
    for (name, steps, expected) in cases {
        let outcome = outcome(steps).await;
        if !outcome.ends_with(expected) {
            wrong.push(format!("{name}: {outcome}, not {expected}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn frames_that_break_a_rule_end_the_call() {
    let malformed = "egress.protocol.malformed";
    let cases = [
        ("bomb", attack::header_bomb(), malformed),
        ("many fields", attack::many_fields(101), "egress.size.response_head"),
        ("reset", attack::reset(code::CANCEL), malformed),
        ("reset after head", attack::reset_after_headers(code::CANCEL), "200, egress.protocol.malformed"),
        ("push", attack::push_promise(), malformed),
        ("window zero", attack::window_update_zero(0), malformed),
        ("window overflow", attack::window_update_overflow(0), malformed),
        ("window setting", attack::window_setting_overflow(), malformed),
        ("upper case", attack::upper_case_name(), malformed),
        ("connection field", attack::connection_field("connection", "close"), malformed),
        ("transfer coding", attack::connection_field("transfer-encoding", "chunked"), malformed),
        ("line break", attack::line_break_in_value(), malformed),
        ("no status", attack::no_status(), malformed),
        ("101", attack::switching_protocols(), malformed),
        ("too short", attack::wrong_length(9, "short"), "200, egress.protocol.malformed"),
        ("too long", attack::wrong_length(1, "long"), "200, egress.protocol.malformed"),
        ("data first", attack::data_first(), malformed),
        ("unasked stream", attack::unasked_stream(), malformed),
        ("oversized frame", attack::oversized_frame(), "200, egress.protocol.malformed"),
        ("interrupted block", attack::interrupted_block(), malformed),
        ("dangling reference", attack::dangling_reference(), malformed),
        ("talkative acknowledgement", attack::talkative_ack(), malformed),
        ("goodbye that rises", attack::goaway_rising(), malformed),
        ("goodbye with a fault", attack::goaway_at_once(code::ENHANCE_YOUR_CALM), malformed),
        ("HTTP/1.1", attack::wrong_protocol(), malformed),
    ];
    let mut wrong = Vec::new();
    for (name, steps, expected) in cases {
        let outcome = outcome(steps).await;
        if outcome != expected {
            wrong.push(format!("{name}: {outcome}, not {expected}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// While nobody reads, so that no window is opened again.
#[tokio::test]
async fn a_body_past_the_window_is_cut_off() {
    let (scene, peer) = Scene::hostile(vec![attack::past_the_window(2 << 20)]);
    let mut response = scene.fetch(scene.draft()).await.unwrap();
    peer.until(|seen| seen.ended == 1 || got(seen, 0, |frame| frame.kind == Kind::RST_STREAM)).await;
    assert_eq!(super::read(&mut response.body).await.unwrap_err().path(), "egress.protocol.malformed");
}

/// RFC 9113, 8.1 has it malformed; the library leaves the field out and goes on, so nobody sees it.
#[tokio::test]
async fn a_pseudo_field_in_trailers_reaches_nobody() {
    let (scene, _peer) = Scene::hostile(vec![attack::trailers(Block::status(500).field("x-sum", "1"))]);
    let mut response = scene.fetch(scene.draft()).await.unwrap();
    assert_eq!(super::read(&mut response.body).await.unwrap(), b"body");
    assert_eq!(response.status, 200);
    assert_eq!(response.body.trailers().keys().collect::<Vec<_>>(), ["x-sum"]);
}

#[tokio::test]
async fn a_peer_that_answers_nothing_or_opens_no_stream_is_timed_out() {
    for steps in [attack::zero_window(), attack::no_streams()] {
        let (scene, _peer) = Scene::hostile_with(|config| config.timeouts.first_byte = Duration::from_millis(100), vec![steps]);
        assert_eq!(scene.outcome(scene.draft()).await, "egress.timeout.first_byte");
    }
}

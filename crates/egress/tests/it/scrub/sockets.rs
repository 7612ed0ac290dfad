//! WebSockets: messages are looked through as wholes, however many frames they come in, and so are the words of the end.

use super::{MASK, Scene, VALUE};
use bytes::Bytes;
use egret_egress::{Error, Message, WebSocket, WsDraft};
use egret_testkit::{Step, frame};
use http::HeaderMap;

const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
const CONTINUE: u8 = 0x00;
const FIN: u8 = 0x80;
const CLOSE: u8 = 0x88;

async fn open(scene: &Scene, host: &str) -> Result<WebSocket, Error> {
    let url = format!("ws://{host}:{}/", scene.peer.address().port());
    scene.house.egress.websocket(&scene.caller(), WsDraft { url, headers: HeaderMap::new(), protocols: Vec::new() }).await
}

fn agreeing(steps: impl IntoIterator<Item = Step>) -> Scene {
    Scene::new([Step::Upgrade(Bytes::new())].into_iter().chain(steps).collect())
}

#[tokio::test]
async fn an_echo_in_fragments_of_a_message_is_masked() {
    let steps =
        [(TEXT, "..sk_live_"), (FIN | CONTINUE, "REAL.."), (FIN | BINARY, "\u{ff}736b5f6c6976655f5245414c"), (FIN | TEXT, "sk_live_REA")];
    let scene = agreeing(steps.map(|(first, payload)| Step::Send(frame(first, payload.as_bytes()))).into_iter().chain([Step::Hold]));
    let socket = open(&scene, "a.test").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(Message::Text(format!("..{MASK}.."))));
    assert_eq!(socket.next().await.unwrap(), Some(Message::Binary("\u{ff}************************".into())));
    assert_eq!(socket.next().await.unwrap(), Some(Message::Text("sk_live_REA".to_owned())), "no echo");
}

#[tokio::test]
async fn the_words_of_a_close_frame_are_masked_and_the_event_tells_of_it() {
    let close = [&4000_u16.to_be_bytes()[..], VALUE.as_bytes()].concat();
    let scene = agreeing([Step::Send(frame(CLOSE, &close)), Step::Hold]);
    let socket = open(&scene, "a.test").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), None);
    assert_eq!(socket.closed(), Some((4000, MASK.to_owned())));
    assert_eq!(scene.echoed(), ["KEY"]);
}

#[tokio::test]
async fn a_socket_to_another_origin_is_left_alone() {
    let scene = agreeing([Step::Send(frame(FIN | TEXT, VALUE.as_bytes())), Step::Hold]);
    let socket = open(&scene, "b.test").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(Message::Text(VALUE.to_owned())));
}

//! What of the operations cannot be seen from a guest.

use super::*;
use crate::outbound::{Call, Hmac};
use egret_policy::Policy;

/// A network that is never reached.
struct Nothing;

impl Outbound for Nothing {
    fn call(&self, _: Who, _: Call) -> Pending<Reply> {
        Box::pin(std::future::pending())
    }

    fn refuse(&self, _: Who, _: Unsendable) -> Rejection {
        Rejection::new("NET_BLOCKED", false, "refused")
    }

    fn sign(&self, _: &Who, _: &Hmac) -> Result<Bytes, Rejection> {
        Ok(Bytes::from_static(b"signature"))
    }

    fn verify(&self, _: &Who, _: &Hmac, signature: &[u8]) -> Result<bool, Rejection> {
        Ok(signature == b"signature")
    }
}

fn operations(io: &tokio::runtime::Runtime) -> Operations {
    let who = Who {
        app: "shop".into(),
        function: "main.js".into(),
        invocation: "1".into(),
        grants: Policy::nothing().into(),
        secrets: egret_egress::Secrets::none(),
        deadline: Instant::now() + Duration::from_secs(60),
        budget: egret_egress::Budget::none(),
    };
    Operations::new(Arc::new(Nothing), who, io.handle().clone(), Limits::default())
}

#[test]
fn forgotten_operations_leave_nothing_behind() {
    let io = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut operations = operations(&io);
    for _ in 0..3 {
        let refused = Request::Refused(Rejection::new("NET_SIZE", false, "too large"));
        let id = operations.start(refused, Bytes::new()).unwrap();
        assert_eq!((operations.table.len(), operations.ready.len()), (1, 1));
        operations.cancel(id);
        assert_eq!((operations.table.len(), operations.ready.len()), (0, 0));
    }
}

#[test]
fn a_call_that_cannot_be_sent_is_refused_however_many_there_are() {
    let io = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut operations = operations(&io);
    for _ in 0..=Limits::default().calls {
        let id = operations
            .start(Request::read(1, br#"["GET","http://a/","follow","","",",,","default","","","x-a","\u000b"]"#), Bytes::new())
            .unwrap();
        let (_, rejection) = operations.take_head(id).unwrap();
        assert_eq!(rejection.unwrap().code, "NET_BLOCKED");
        operations.cancel(id);
    }
}

#[test]
fn reading_what_was_refused_takes_its_place() {
    let io = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut operations = operations(&io);
    let mut id = operations.start(Request::Refused(Rejection::new("NET_SIZE", false, "too large")), Bytes::new()).unwrap();
    for _ in 0..3 {
        id = operations.start(Request::Body(id), Bytes::new()).unwrap();
        assert_eq!((operations.table.len(), operations.ready.len()), (1, 1));
    }
    assert_eq!(io.block_on(operations.wait()), Some(id));
}

#[test]
fn the_data_of_an_hmac_are_bounded_and_no_call() {
    let io = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut operations = operations(&io);
    let most = operations.most_body();
    for (kind, head, answer) in [
        (4, r#"["A","SHA-256"]"#, &b"signature"[..]),
        (5, r#"["A","SHA-256","7369676e6174757265"]"#, &[1]),
        (5, r#"["A","SHA-256","7"]"#, &[0]),
    ] {
        let id = operations.start(Request::read(kind, head.as_bytes()), vec![0; most].into()).unwrap();
        assert_eq!(operations.take_body(id).unwrap(), answer, "{head}");
        operations.cancel(id);
        let id = operations.start(Request::read(kind, head.as_bytes()), vec![0; most + 1].into()).unwrap();
        assert_eq!(operations.take_head(id).unwrap().1.unwrap().code, "NET_SIZE");
        operations.cancel(id);
    }
    assert_eq!(operations.left, Limits::default().bytes);
}

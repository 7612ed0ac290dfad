//! Bodies on real sockets: what is asked for, what is decoded, what is refused, and what comes behind the end.

mod coding;
mod framing;
mod memory;

use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Body, Config, Draft, Error, Response};
use egret_testkit::{Hostile, Step};

/// A peer that plays a script, and a house that may reach it.
struct Scene {
    house: House,
    peer: Hostile,
}

/// What came of a call: the response, and its body read to the end.
struct Whole {
    response: Response,
    body: Vec<u8>,
}

impl Scene {
    fn new(steps: Vec<Step>) -> Self {
        Self::with(|_| {}, steps)
    }

    fn with(change: impl FnOnce(&mut Config), steps: Vec<Step>) -> Self {
        Self::before(change, Hostile::script(steps))
    }

    fn before(change: impl FnOnce(&mut Config), peer: Hostile) -> Self {
        let house = House::with(change);
        house.zone.addresses("a.test", &["127.0.0.1"]);
        Self { house, peer }
    }

    /// A peer that sends these bytes once it has read a head, and waits.
    fn sends(bytes: impl Into<Bytes>) -> Self {
        Self::new(vec![Step::ExpectHead, Step::send(bytes), Step::Hold])
    }

    /// A peer that sends these bytes and then these again and again.
    fn streams(bytes: impl Into<Bytes>, more: impl Into<Bytes>) -> Self {
        Self::new(vec![Step::ExpectHead, Step::send(bytes), Step::Stream(more.into())])
    }

    fn draft(&self) -> Draft {
        draft(&format!("http://a.test:{}/", self.peer.address().port()))
    }

    async fn fetch(&self, draft: Draft) -> Result<Response, Error> {
        self.house.egress.fetch(&caller(&policy([local("a.test", self.peer.address())])), draft).await
    }

    async fn whole(&self, draft: Draft) -> Result<Whole, Error> {
        let mut response = self.fetch(draft).await?;
        let body = read(&mut response.body).await?;
        Ok(Whole { response, body })
    }

    /// The code under which a GET fails.
    async fn failure(&self) -> String {
        match self.whole(self.draft()).await {
            Ok(whole) => format!("{} and {} bytes", whole.response.status, whole.body.len()),
            Err(error) => error.path().to_owned(),
        }
    }
}

async fn read(body: &mut Body) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    while let Some(piece) = body.chunk().await? {
        whole.extend(piece);
    }
    Ok(whole)
}

/// A response with a length.
fn response(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{fields}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

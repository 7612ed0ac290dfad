//! The way in: HTTP/1.1 requests are bounded, routed to a function, and answered.
//!
//! Life of a request: `wire` reads the head before anybody else and judges its framing; `take` decides whether it
//! is taken and for which function; `body` reads what belongs to it, counted; the runtime answers within the deadline;
//! `answer` turns that, or whatever went wrong, into bytes. Nothing here connects out, and nothing here knows an engine.
//!
//! Invariants:
//! - Every answer that this crate makes carries `x-request-id`; the id is made here and never taken from the client.
//!   (A head that is no HTTP at all is answered by the HTTP library with a bare 400, 414 or 431 and a closed connection.)
//! - What a client may make the gateway hold is bounded before it is held: heads, bodies, requests, connections, time.
//! - An invocation does not outlive its client, as long as that has sent no more than 64 KiB behind its request.
//! - A connection whose framing is in doubt is never read again.
//! - Outside [`Detail::Full`] no answer holds a word that comes from a guest's failure.

mod answer;
mod body;
mod config;
mod connection;
mod host;
mod observer;
mod pace;
mod refusal;
mod routes;
mod server;
mod take;
mod wire;

pub use config::{BuildError, Config, Detail, Hosts};
pub use observer::{Answered, Observer, Unobserved};
pub use routes::{Found, METHODS, PathFault, Route, RouteFault, Routes};
pub use server::{Gateway, Served};

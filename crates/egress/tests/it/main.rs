//! The kernel on real sockets: hostile peers on loopback, scripted DNS, a certificate authority of the test's own.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod actions;
mod audit;
mod bodies;
mod broken;
mod budget;
mod cache;
mod combined;
mod dns;
mod fetch;
mod forged;
mod fuzz;
mod grants;
mod h2;
mod holes;
mod hooks;
mod house;
mod pool;
mod redirect;
mod refuse;
mod scrub;
mod secrets;
mod tls;
mod uploads;
mod websocket;

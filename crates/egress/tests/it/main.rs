//! The kernel on real sockets: hostile peers on loopback, scripted DNS, a certificate authority of the test's own.

mod audit;
mod broken;
mod fetch;
mod forged;
mod grants;
mod house;
mod pool;
mod redirect;
mod refuse;

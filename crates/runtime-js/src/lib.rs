//! JavaScript functions: QuickJS-NG in wasm, a fresh sandbox for every invocation.
//!
//! [`JsRuntime`] holds the engine, [`JsApp`] the compiled code of one app, and each call of [`JsApp`] gets an instance
//! of its own, which is a copy-on-write copy of one image and is thrown away afterwards. A guest can do nothing but
//! compute and ask the host (`host.rs`); what it wishes from the network goes to the kernel (`fetch.rs`) and is decided
//! there.
//!
//! Both kinds of fetch come from one mechanism: starting an operation never blocks, waiting for one parks the isolate.
//! A parked isolate holds memory and a slot, and no thread.
//!
//! What is deliberately absent: files, processes, other threads, sockets, an environment, and any state that outlives an
//! invocation.

mod app;
mod bounds;
mod code;
mod config;
mod console;
mod engine;
mod fetch;
mod heap;
mod hmac;
mod host;
mod image;
mod isolate;
mod meter;
mod ops;
mod outbound;
mod prelude;
mod runtime;
mod state;
mod threads;
mod verdict;
#[cfg(test)]
mod witness;

pub use app::{AppCode, CodeFault, FunctionCode, JsApp, Source};
pub use bounds::{Bound, Bounds};
pub use config::{BuildError, Config, Console, Level};
pub use outbound::{Call, Hash, Hmac, Outbound, Pending, RedirectMode, Rejection, Reply, Rest, Unsendable, Who};
pub use runtime::JsRuntime;

//! The kernel: every request of a guest goes through here, and nothing else in the house opens an outbound socket.
//!
//! [`Egress::fetch`] in `client.rs` is where a request begins, `client/line.rs` its line from left to right. `resolve.rs` is the only resolver,
//! `dial.rs` the only dialler; both ask for a proof from `egret-policy`. There is no cookie jar and no proxy from the
//! environment.

mod audit;
mod body;
mod breaker;
mod budget;
mod cache;
mod client;
mod coding;
mod config;
mod connection;
mod decode;
mod dial;
mod draft;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod grants;
mod hooks;
mod inject;
mod own;
mod pool;
mod redirect;
mod request_body;
mod resolve;
mod retry;
mod scrub;
mod secrets;
mod tls;
mod trailers;
mod websocket;
mod wire;

pub use audit::{Audit, Event, Outcome, Silent, Timings};
pub use body::Body;
pub use budget::{Allowance, AppLimits, Budget, Daily, InFlight, Limits, Load, Quota, Rate, Rates, Spent, Today};
pub use cache::{CacheStats, Cached};
pub use client::{Egress, Hop, Response};
pub use config::{BuildError, Caps, Clock, Config, Danger, Detail, Dns, Nameservers, Protocols, SecureServer, Timeouts, Trust};
pub use dial::Redial;
pub use draft::{CacheMode, CacheWish, CallAuth, CallOptions, Caller, Decode, Door, Draft, Redirect};
pub use error::{AuthFault, Code, Error, HookFault, Limit, Phase, RateScope, Reason};
pub use grants::Grants;
pub use hooks::{Asked, Context, HookError, HookGrants, Hooks, Middleware, Next, PolicyHook, Reply};
pub use request_body::{BodyStream, Gone, RequestBody, Sender};
pub use resolve::Resolve;
pub use secrets::{Secret, SecretGrant, SecretValue, Secrets};
pub use tls::{ClientIdentity, TlsFault};
pub use websocket::{Message, WebSocket, WebSocketCaps, WsDraft};

//! The public face of the kernel, for programs that embed it.
//!
#![doc = include_str!("../README.md")]
//!
//! # The parts
//!
//! [`Egress`] is the client and [`Builder`] makes it. What may be reached are [`Rule`]s, compiled to a [`Policy`]; every
//! request is decided by the policy that stands in its [`Grants`], and [`Egress::explain`] tells why without sending
//! anything. One [`Egress`] may serve many tenants: each is a [`Caller`] with grants and connections of its own.
//!
//! Nothing here starts a server, reads the environment or a file, or writes one.

mod builder;
mod client;
mod request;
mod secrets;

pub use builder::{BuildError, Builder};
pub use client::Egress;
pub use request::Request;

pub use bytes::Bytes;
pub use egret_egress::{
    Allowance, AppLimits, Asked, Audit, AuthFault, Body, BodyStream, Budget, CacheMode, CacheStats, CacheWish, Cached, CallAuth,
    CallOptions, Caller, Caps, ClientIdentity, Code, Context, Daily, Decode, Detail, Dns, Draft, Error, Event, Grants, HookError,
    HookFault, HookGrants, Hop, InFlight, Limit, Limits, Load, Message, Middleware, Nameservers, Next, Outcome, PolicyHook, Protocols,
    Quota, Rate, RateScope, Rates, Reason, Redirect, Reply, RequestBody, Resolve, Response, Secret, SecretGrant, SecretValue, Secrets,
    SecureServer, Sender, Silent, Spent, Timeouts, Today, Trust, WebSocket, WebSocketCaps, WsDraft,
};
pub use egret_manifest::{Fault as FileFault, Faults as FileFaults};
pub use egret_policy::{
    Actions, AuthSpec, BreakerSpec, Builder as PolicyBuilder, Ceiling, Change, CheckReport, Denial, Explanation, Extent, Fault, Given,
    Handling, Mode, Nat64, Outcome as CheckOutcome, Period, Place, Placeholder, Policy, PortRange, RateSpec, Reach, Respond, RetrySpec,
    RouteSpec as Route, RuleSpec as Rule, Scheme, SecretName, Target, TlsSpec, TlsVersion, Wanted,
};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use rustls_pki_types::CertificateDer;

//! The law: what a request may reach. Pure: no async, no sockets, no clock, no files.
//!
//! A request becomes a [`Target`] in its one canonical form, [`Policy::decide`] turns it into a [`Permit`], and
//! [`Permit::admit`] turns the addresses that its name resolved to into an [`Admitted`]. Both proofs have private fields
//! and are made nowhere else; the kernel in `egret-egress` cannot dial without them (I1).
//!
//! ```
//! use egret_policy::{Policy, Request, RuleSpec};
//! use http::{HeaderMap, Method};
//!
//! let policy = Policy::builder().rule(RuleSpec::host("api.github.com")).build().unwrap();
//! let permit = policy.decide(Request::parse(Method::GET, "https://api.github.com/zen", HeaderMap::new()).unwrap()).unwrap();
//! assert_eq!(permit.target().to_url(), "https://api.github.com/zen");
//!
//! let elsewhere = Request::parse(Method::GET, "https://example.com/", HeaderMap::new()).unwrap();
//! assert_eq!(policy.decide(elsewhere).unwrap_err().code().as_str(), "policy.rule.no_host");
//! ```

mod address;
mod change;
mod checks;
mod code;
mod denial;
mod explain;
mod permit;
mod placeholder;
mod policy;
mod rule;
mod target;

pub use address::{AddressKind, Nat64, Nat64Error, Surroundings, classify};
pub use change::Change;
pub use checks::{decides, names_a_credential};
pub use code::Code;
pub use denial::Denial;
pub use explain::{CheckReport, Explanation, Outcome};
pub use permit::{Admitted, Permit};
pub use placeholder::Placeholder;
pub use policy::{Builder, Ceiling, Closed, Decision, Difference, Fault, Mode, Nearest, Policy, Question, Reach, Request};
pub use rule::{
    Actions, AuthSpec, BreakerSpec, CacheSpec, Extent, Given, Handling, Period, Pin, Place, PortRange, RateSpec, Respond, RetrySpec, Root,
    RouteSpec, RuleSpec, RuleVersion, SecretName, TlsSpec, TlsVersion, Wanted,
};
pub use target::{Host, Name, Parameter, Scheme, Target};

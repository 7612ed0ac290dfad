//! What a hostile function tries, from outside: only the binary, its manifest and real sockets are known here.
//!
//! Every table below is a list of attempts as JavaScript one-liners with what must come of them. One upstream may be reached, under
//! some paths; the canaries beside it must never be. Absent on purpose: anything that looks into the product's own types.

mod headers;
mod language;
mod parity;
mod paths;
mod redirects;
mod rules;
mod stage;
mod upstream;
mod urls;

//! Why a secret was not put in: for the log alone. A guest is told one thing, whichever it is.

use egret_policy::{Place, SecretName};

/// Why a secret was not put in. Its words name secrets and origins, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthFault {
    /// The call asks for what is no name of a secret.
    #[error("the call asks for a secret by what is no name of one")]
    NoName,
    /// There is no secret of that name.
    #[error("there is no secret {0}")]
    Missing(SecretName),
    /// It is not granted to that origin, in that place, under that rule.
    #[error("{0} is not granted to {1} as {2} under this rule")]
    NotGranted(SecretName, String, Place),
    /// The call names no place and the secret is granted to that origin in none or in several; or no rule names the host.
    #[error("{0} is not granted to this origin in one place, or no rule names the host: a call gets no secret then")]
    Unplaced(SecretName),
    /// The call asks for another secret or another place than its rule.
    #[error("the rule puts in {0} as {1}, and the call asks for something else")]
    Another(SecretName, Place),
    /// The kernel writes that field itself.
    #[error("{0} is no place for a secret")]
    NoSuchPlace(Place),
    /// The value cannot stand in its place.
    #[error("the value of {0} cannot go in as {1}: {2}")]
    Unfit(SecretName, Place, &'static str),
    /// It came back from where it went, and its owner wants it put in no more after that.
    #[error("{0} came back in a response and has tripped: replace it")]
    Tripped(SecretName),
}

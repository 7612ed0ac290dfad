//! Secrets on their way out: found among what is granted, and laid beside the draft that they go into (I6).
//!
//! This comes after the decision and before anything is sent, for every hop anew. What it makes lives as long as the attempt and
//! is the only thing but the head itself that holds a value: drafts, targets, events and errors never do.

mod body;
mod credential;

pub(crate) use credential::{Credential, Identity};

use crate::draft::{Caller, Draft};
use crate::error::{AuthFault, Reason};
use crate::request_body::RequestBody;
use crate::secrets::{Secret, SecretGrant};
use body::Watch;
use egret_policy::{AuthSpec, Code, Denial, Permit, Place, SecretName, Target};

/// A draft as it is sent: with its credential, and with the body that it then has.
pub(crate) struct Laden<'a> {
    pub draft: &'a Draft,
    pub body: RequestBody,
    pub credential: Option<Credential>,
    /// Set where the body is a stream that is looked through as it goes.
    watch: Option<Watch>,
}

impl<'a> Laden<'a> {
    /// A draft that carries nothing.
    pub fn bare(draft: &'a Draft) -> Self {
        Self { draft, body: draft.body.clone(), credential: None, watch: None }
    }

    /// Puts into a permitted draft what its rule or the call names.
    ///
    /// # Errors
    /// [`Reason::Auth`] whatever is missing: who asks for a secret must not learn whether there is one.
    pub fn of(caller: &Caller, permit: &Permit, draft: &'a Draft) -> Result<Self, Reason> {
        let auth = permit.auth();
        if auth.is_some_and(|auth| auth.place == Place::Body) && matches!(draft.body, RequestBody::Stream(_)) {
            return Err(Reason::AuthStreamed);
        }
        let found = match auth {
            Some(auth) => Some(find(caller, permit, draft, auth)?),
            None => asked_in_vain(draft)?,
        };
        let (body, watch) = match &found {
            None if caller.secrets.is_empty() => (draft.body.clone(), None),
            found => body::laden(&draft.body, found.as_ref())?,
        };
        let credential = found.filter(|credential| credential.goes_into(permit.target(), &draft.body));
        Ok(Self { draft, body, credential, watch })
    }

    /// Why sending failed: where the body was broken off for what it held, that.
    pub fn reason(&self, reason: Reason) -> Reason {
        match &self.watch {
            Some(watch) if watch.has_seen() => misplaced().into(),
            Some(_) | None => reason,
        }
    }
}

/// What a call asks for, as the law judges it: the place that it names, else the only one in which the secret is granted to the
/// origin. `None` where that cannot be told; [`Laden::of`] then refuses.
pub(crate) fn asked(caller: &Caller, draft: &Draft, target: &Target) -> Option<AuthSpec> {
    let asked = draft.auth.as_ref()?;
    let secret: SecretName = asked.secret.parse().ok()?;
    if let Some(place) = &asked.place {
        return Some(AuthSpec { secret, place: place.clone() });
    }
    let current = caller.secrets.current();
    let mut places =
        current.iter().filter(|known| known.name == secret).flat_map(|known| &known.grants).filter(|grant| grant.is_for(target));
    let place = places.next().map(|grant| grant.place.clone())?;
    places.all(|grant| grant.place == place).then_some(AuthSpec { secret, place })
}

/// A call that asks where neither its rule nor a grant names a place gets nothing, and is not sent without.
fn asked_in_vain(draft: &Draft) -> Result<Option<Credential>, AuthFault> {
    match &draft.auth {
        None => Ok(None),
        Some(asked) => Err(asked.secret.parse::<SecretName>().map_or(AuthFault::NoName, AuthFault::Unplaced)),
    }
}

/// The secret of a rule or a call, if it is granted for just this. All names are looked at, then all grants of the one.
fn find(caller: &Caller, permit: &Permit, draft: &Draft, auth: &AuthSpec) -> Result<Credential, AuthFault> {
    narrows(draft, auth)?;
    if !auth.place.may_hold() {
        return Err(AuthFault::NoSuchPlace(auth.place.clone()));
    }
    let current = caller.secrets.current();
    let secret =
        current.iter().filter(|secret| secret.name == auth.secret).last().ok_or_else(|| AuthFault::Missing(auth.secret.clone()))?;
    if caller.secrets.is_tripped(secret) {
        return Err(AuthFault::Tripped(auth.secret.clone()));
    }
    if secret.grants.iter().filter(|grant| holds(grant, permit, auth)).count() == 0 {
        return Err(AuthFault::NotGranted(auth.secret.clone(), permit.target().origin().to_owned(), auth.place.clone()));
    }
    credential(secret, auth)
}

/// A call can only say more closely what its rule says.
fn narrows(draft: &Draft, auth: &AuthSpec) -> Result<(), AuthFault> {
    let same =
        |asked: &crate::CallAuth| asked.secret == auth.secret.as_str() && asked.place.as_ref().is_none_or(|place| *place == auth.place);
    if draft.auth.as_ref().is_none_or(same) { Ok(()) } else { Err(AuthFault::Another(auth.secret.clone(), auth.place.clone())) }
}

fn holds(grant: &SecretGrant, permit: &Permit, auth: &AuthSpec) -> bool {
    let of_rule = grant.rule.is_none_or(|rule| rule == permit.rule_version());
    of_rule && grant.place == auth.place && grant.is_for(permit.target())
}

fn credential(secret: &Secret, auth: &AuthSpec) -> Result<Credential, AuthFault> {
    Credential::of(secret, &auth.place).map_err(|words| AuthFault::Unfit(secret.name.clone(), auth.place.clone(), words))
}

/// The refusal of a placeholder in a body, in the words of the law's own.
fn misplaced() -> Denial {
    Denial::new(Code::AuthMisplaced, "the body holds a placeholder, and no secret goes there")
}

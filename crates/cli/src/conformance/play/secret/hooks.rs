//! What code of the embedding program sees that stands around a request: the placeholder, and never what goes in behind it.

use super::Played;
use super::echoes::went_in;
use super::stage::{PATH, Stage};
use super::verdict;
use crate::conformance::policies::Policies;
use egret_egress::{Context, HookError, Middleware, Next};
use egret_policy::Place;
use egret_testkit::Step;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use std::sync::{Arc, Mutex, PoisonError};

const NAME: &str = "watch";
/// The most bytes of a body that are looked at.
const MOST: usize = 1 << 20;

/// Writes down all that it is shown, before the request goes on and when its answer is there.
struct Watch(Arc<Mutex<String>>);

impl Watch {
    fn write(&self, words: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(words);
    }

    fn look(&self, context: &Context) {
        self.write(&format!("{:?} {} {:?} {:?} ", context.raw(), context.url(), context.headers(), context.params()));
    }
}

impl Middleware for Watch {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        self.look(context);
        let body = context.body(MOST).await?;
        self.write(&String::from_utf8_lossy(&body));
        next.run(context).await.map(drop)?;
        self.look(context);
        if let Some(reply) = context.response_mut() {
            let body = reply.bytes(MOST).await?;
            self.write(&format!("{reply:?} {:?} {}", reply.headers, String::from_utf8_lossy(&body)));
        }
        Ok(())
    }
}

/// A call through middleware, with a placeholder in the secret's place, and an upstream that echoes the secret in a field and in
/// its body.
pub async fn watched(stage: &Stage, policies: &Policies, policy: &str) -> Played {
    if stage.place != Place::Bearer {
        return Ok(None);
    }
    let (seen, value) = (Arc::new(Mutex::new(String::new())), &stage.value);
    let answer = format!("HTTP/1.1 200 OK\r\nx-echo: {value}\r\ncontent-length: {}\r\n\r\nbody {value}", value.len() + 5);
    let watch = Watch(Arc::clone(&seen));
    let scene = stage.set(&[&stage.host], vec![vec![Step::ExpectHead, Step::send(answer), Step::Hold]], |config| {
        config.hooks.register(NAME, watch);
    })?;
    scene.caller.grants.swap(policies.build_acting(policy, |rule| rule.handling.middleware = vec![NAME.to_owned()])?);
    let mut draft = stage.wishing();
    let bearer = HeaderValue::from_str(&format!("Bearer {}", stage.placeholder())).map_err(|error| error.to_string())?;
    draft.headers.insert(AUTHORIZATION, bearer);
    let came = scene.ask(draft).await;
    if !went_in(stage, &scene) {
        return Err(format!("the secret was not put in, so nothing was shown: {:?}", came.code));
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if ![PATH, &stage.placeholder(), "x-echo", "body "].iter().all(|part| seen.contains(part)) {
        return Err(format!("the middleware did not see what it stands around: {seen}"));
    }
    Ok(Some(verdict(!seen.contains(value) && !came.told.contains(value), "the middleware, or whoever asked, sees the value")))
}

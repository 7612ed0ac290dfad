//! The kernel as [`Outbound`]: a thin call into `egret-egress`. Nothing else in this crate knows that crate.

mod reject;

use crate::hmac;
use crate::outbound::{Call, Hmac, Outbound, Pending, RedirectMode, Rejection, Reply, Rest, Unsendable, Who};
use bytes::Bytes;
use egret_egress::{Body, Caller, Decode, Door, Draft, Egress, Redirect};
use reject::reject;

/// Calls go through this kernel.
pub(crate) struct Kernel(pub Egress);

impl Outbound for Kernel {
    fn call(&self, who: Who, call: Call) -> Pending<Reply> {
        let egress = self.0.clone();
        Box::pin(async move {
            let response = egress.fetch(&caller(who), draft(call)).await.map_err(|error| reject(&error))?;
            Ok(Reply {
                status: response.status,
                headers: response.headers,
                url: response.url,
                redirected: !response.hops.is_empty(),
                body: Box::new(KernelBody(response.body)),
            })
        })
    }

    fn refuse(&self, who: Who, call: Unsendable) -> Rejection {
        reject(&self.0.refuse(&caller(who), call.method, &call.url, call.denial))
    }

    fn sign(&self, who: &Who, hmac: &Hmac) -> Result<Bytes, Rejection> {
        hmac::sign(&who.secrets, hmac)
    }

    fn verify(&self, who: &Who, hmac: &Hmac, signature: &[u8]) -> Result<bool, Rejection> {
        hmac::verify(&who.secrets, hmac, signature)
    }
}

struct KernelBody(Body);

impl Rest for KernelBody {
    fn collect(self: Box<Self>, cap: usize) -> Pending<Bytes> {
        Box::pin(async move { self.0.collect(cap).await.map_err(|error| reject(&error)) })
    }
}

fn caller(who: Who) -> Caller {
    Caller {
        app: who.app,
        function: who.function,
        invocation: who.invocation,
        door: Door::Js,
        grants: who.grants,
        secrets: who.secrets,
        deadline: who.deadline,
        budget: who.budget,
    }
}

fn draft(call: Call) -> Draft {
    let redirect = match call.redirect {
        RedirectMode::Follow => Redirect::Follow,
        RedirectMode::Manual => Redirect::Return,
        RedirectMode::Error => Redirect::Refuse,
    };
    Draft {
        method: call.method,
        url: call.url,
        headers: call.headers,
        body: call.body.into(),
        redirect,
        decode: Decode::Auto,
        auth: call.auth,
        cache: call.cache,
        options: call.options,
    }
}

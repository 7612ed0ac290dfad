//! What rules do beside allowing: tries, breakers, rates, bounds.

mod bounds;
mod breaker;
mod rates;
mod retry;

use crate::house::{House, caller_of, draft, local, policy};
use egret_egress::{Allowance, AppLimits, Budget, Caller, Draft, Error, Response};
use egret_policy::{Actions, RuleSpec};
use std::net::SocketAddr;

/// A kernel, and a rule with actions for one peer on loopback.
struct Scene {
    house: House,
    peer: SocketAddr,
    caller: Caller,
}

impl Scene {
    fn new(peer: SocketAddr, actions: Actions) -> Self {
        let house = House::new();
        house.zone.addresses("a.test", &["127.0.0.1"]);
        let budget = Budget::new(Allowance { calls: 10_000, open: 1_000, ..Allowance::default() }, AppLimits::default());
        let caller = Caller { budget, ..caller_of("a", &policy([rule(peer, actions)])) };
        Self { house, peer, caller }
    }

    fn url(&self) -> String {
        format!("http://a.test:{}/", self.peer.port())
    }

    fn draft(&self) -> Draft {
        draft(&self.url())
    }

    async fn fetch(&self, draft: Draft) -> Result<Response, Error> {
        self.house.egress.fetch(&self.caller, draft).await
    }

    /// The status of what a GET brings, or the dotted code of its failure.
    async fn get(&self) -> String {
        self.ask(self.draft()).await
    }

    async fn ask(&self, draft: Draft) -> String {
        match self.fetch(draft).await {
            Ok(response) => {
                let status = response.status.as_u16().to_string();
                response.body.collect(1 << 20).await.map_or_else(|error| error.path().to_owned(), |_| status)
            }
            Err(error) => error.path().to_owned(),
        }
    }

    /// Calls that were paid for.
    fn paid(&self) -> u32 {
        self.caller.budget.spent().calls
    }
}

fn rule(peer: SocketAddr, actions: Actions) -> RuleSpec {
    RuleSpec { actions, ..local("a.test", peer) }
}

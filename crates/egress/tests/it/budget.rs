//! What calls cost: slots and the line before them, what an invocation may spend, and rates.

mod flood;
mod rates;
mod released;
mod spent;

use crate::house::{House, caller_of, local, policy};
use egret_egress::{Allowance, AppLimits, Budget, Caller, InFlight, Limits};
use egret_testkit::Upstream;
use http::Response;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A kernel, and an upstream that answers each request when it gets a permit for it.
struct Scene {
    house: House,
    upstream: Upstream,
    answers: Arc<Semaphore>,
}

impl Scene {
    fn new(limits: Limits) -> Self {
        let house = House::with(|config| config.limits = limits);
        ["a.test", "x.b.test", "y.b.test"].iter().for_each(|name| house.zone.addresses(name, &["127.0.0.1"]));
        let answers = Arc::new(Semaphore::new(0));
        let upstream = Upstream::http({
            let answers = Arc::clone(&answers);
            move |_| {
                let answers = Arc::clone(&answers);
                async move {
                    answers.acquire().await.unwrap().forget();
                    Response::new("ok")
                }
            }
        });
        Self { house, upstream, answers }
    }

    /// One that answers whatever comes at once.
    fn answering(limits: Limits) -> Self {
        let scene = Self::new(limits);
        scene.answers.add_permits(1_000_000);
        scene
    }

    fn caller(&self, app: &str) -> Caller {
        caller_of(app, &policy(["a.test", "x.b.test", "y.b.test"].map(|host| local(host, self.upstream.address()))))
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.upstream.address().port())
    }

    /// Fetches and reads to the end; the dotted code of a failure.
    async fn get(&self, caller: &Caller, host: &str) -> Result<(), &'static str> {
        let answer = self.house.egress.fetch(caller, crate::house::draft(&self.url(host, "/"))).await;
        answer.map_err(|error| error.path())?.body.collect(1_000).await.map(drop).map_err(|error| error.path())
    }

    /// Waits until so many calls are under way and so many wait.
    async fn until(&self, in_flight: usize, waiting: usize) {
        loop {
            let load = self.house.egress.load();
            if (load.in_flight, load.waiting) == (in_flight, waiting) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Calls at once, of all and of an app; whoever finds no slot waits as long as it takes.
fn at_once(all: usize, app: usize) -> Limits {
    let in_flight = InFlight { all, app, wait: Duration::from_secs(3_600), line: 20_000, line_app: 20_000 };
    Limits { in_flight, ..Limits::default() }
}

fn budget(calls: u32, open: u32, bytes: u64) -> Budget {
    Budget::new(Allowance { calls, open, bytes }, AppLimits::default())
}

//! Answers that are used again: by the law of caches, never across apps and credentials, and for nothing.

mod calls;
mod flights;
mod sequences;

use crate::house::{House, draft, local};
use bytes::Bytes;
use egret_egress::{Clock, Config, Draft};
use egret_policy::{CacheSpec, RuleSpec};
use egret_testkit::Upstream;
use http::{Request, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A clock that stands still until it is moved. It begins on 1 January 2026.
#[derive(Clone, Default)]
pub struct Now(Arc<AtomicU64>);

impl Now {
    const BEGIN: u64 = 1_767_225_600;

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(Self::BEGIN + self.0.load(Ordering::Relaxed))
    }

    /// A text in which `{SECONDS}` became the date so far from now.
    pub fn filled(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
        let (seconds, behind) = rest.split_once('}').unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        let by = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { self.time() - by } else { self.time() + by };
        format!("{before}{}{behind}", httpdate::fmt_http_date(time))
    }
}

/// A house with one upstream, `a.test`, and a clock of its own.
pub struct Scene {
    pub house: House,
    pub peer: Upstream,
    pub now: Now,
}

impl Scene {
    pub fn answering(answer: impl Fn(&Request<Bytes>, &Now) -> Response<String> + Send + Sync + 'static) -> Self {
        Self::with(|_| {}, answer)
    }

    pub fn with(
        change: impl FnOnce(&mut Config),
        answer: impl Fn(&Request<Bytes>, &Now) -> Response<String> + Send + Sync + 'static,
    ) -> Self {
        let now = Now::default();
        let (clock, of_peer) = (now.clone(), now.clone());
        let house = House::with(|config| {
            config.danger.clock = Clock::of(move || clock.time());
            change(config);
        });
        house.zone.addresses("a.test", &["127.0.0.1"]);
        let peer = Upstream::http(move |request| {
            let response = answer(&request, &of_peer);
            async move { response }
        });
        Self { house, peer, now }
    }

    /// An upstream whose answers hold for a minute and say how many there were.
    pub fn counting(change: impl FnOnce(&mut Config)) -> Self {
        let count = AtomicU64::new(0);
        Self::with(change, move |_, now| {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            lasting(number.to_string(), now)
        })
    }

    pub fn rule(&self, spec: CacheSpec) -> RuleSpec {
        RuleSpec { cache: Some(spec), ..local("a.test", self.peer.address()) }
    }

    pub fn minutes(&self) -> RuleSpec {
        self.rule(CacheSpec::up_to(Duration::from_secs(300)))
    }

    pub fn draft(&self, path: &str) -> Draft {
        draft(&format!("http://a.test:{}{path}", self.peer.address().port()))
    }
}

/// An answer that holds for a minute.
pub fn lasting(body: String, now: &Now) -> Response<String> {
    Response::builder().header("cache-control", "public, max-age=60").header("date", now.filled("{0}")).body(body).unwrap()
}

/// Waits until so many events were told of.
pub async fn settled(scene: &Scene, events: usize) {
    let all = async {
        while scene.house.events().len() < events {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap_or_else(|_| panic!("{:#?}", scene.house.events()));
}

//! The breaker by a clock of the test's own.

use super::*;

const SPEC: BreakerSpec = BreakerSpec { failures: 3, open: Duration::from_secs(30) };

/// The breakers, one app, and a clock that stands still.
struct Scene {
    breakers: Arc<Breakers>,
    app: Arc<str>,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self { breakers: Arc::default(), app: "a".into(), now: Instant::now() }
    }

    fn enter(&self, name: &str) -> Result<Option<Probe>, Reason> {
        self.breakers.enter_at(self.now, &self.app, &target(name), SPEC)
    }

    fn ends(&self, name: &str, probe: Option<Probe>, works: bool) {
        self.breakers.ended_at(self.now, &self.app, &target(name), SPEC, (probe, works));
    }

    fn fail(&self, name: &str, times: usize) {
        (0..times).for_each(|_| self.ends(name, None, false));
    }

    /// How long the origin is left alone yet; `None` where a call goes through.
    fn closed_for(&self, name: &str) -> Option<Duration> {
        match self.enter(name) {
            Err(Reason::Breaker(host, after)) => {
                assert_eq!(host, name);
                Some(after)
            }
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }
}

fn target(name: &str) -> Target {
    Target::parse(&format!("https://{name}/")).unwrap()
}

#[tokio::test]
async fn failures_in_a_row_open_it_for_this_app_and_origin_alone() {
    let mut scene = Scene::new();
    scene.fail("x.test", 2);
    scene.ends("x.test", None, true);
    scene.fail("x.test", 2);
    assert_eq!(scene.closed_for("x.test"), None, "an answer between them breaks the row");
    scene.fail("x.test", 1);
    assert_eq!(scene.closed_for("x.test"), Some(Duration::from_secs(30)));
    scene.now += Duration::from_millis(29_999);
    assert_eq!(scene.closed_for("x.test"), Some(Duration::from_millis(1)));
    assert_eq!(scene.closed_for("y.test"), None);
    scene.app = "b".into();
    assert_eq!(scene.closed_for("x.test"), None);
}

#[tokio::test]
async fn one_probe_goes_through_and_decides() {
    let mut scene = Scene::new();
    scene.fail("x.test", 3);
    for round in 0..3 {
        scene.now += Duration::from_secs(30);
        let probe = scene.enter("x.test").unwrap();
        assert!(probe.is_some(), "round {round}");
        (0..10).for_each(|_| assert_eq!(scene.closed_for("x.test"), Some(Duration::from_secs(30))));
        scene.ends("x.test", probe, false);
        assert_eq!(scene.closed_for("x.test"), Some(Duration::from_secs(30)), "a failed probe opens it again");
    }
    scene.now += Duration::from_secs(30);
    let probe = scene.enter("x.test").unwrap();
    scene.ends("x.test", probe, true);
    assert_eq!(scene.closed_for("x.test"), None);
    assert!(scene.breakers.is_idle(), "nothing is remembered of what works");
}

#[tokio::test]
async fn a_probe_that_is_dropped_gives_its_place_back() {
    let mut scene = Scene::new();
    scene.fail("x.test", 3);
    scene.now += Duration::from_secs(30);
    drop(scene.enter("x.test").unwrap());
    scene.now += Duration::from_secs(1);
    assert!(scene.enter("x.test").unwrap().is_some());
}

#[tokio::test]
async fn what_ends_late_neither_prolongs_an_open_breaker_nor_takes_the_probes_place() {
    let mut scene = Scene::new();
    scene.fail("x.test", 3);
    scene.now += Duration::from_secs(20);
    scene.fail("x.test", 5);
    assert_eq!(scene.closed_for("x.test"), Some(Duration::from_secs(10)));
    scene.now += Duration::from_secs(10);
    let probe = scene.enter("x.test").unwrap();
    scene.fail("x.test", 5);
    scene.ends("x.test", probe, true);
    assert_eq!(scene.closed_for("x.test"), None);
}

#[tokio::test]
async fn origins_are_remembered_up_to_a_number_and_for_a_time() {
    let mut scene = Scene::new();
    (0..ORIGINS + 500).for_each(|number| scene.fail(&format!("x{number}.test"), 3));
    assert_eq!(scene.breakers.failing.load(Ordering::Relaxed), ORIGINS);
    assert_eq!(scene.closed_for(&format!("x{ORIGINS}.test")), None);
    scene.now += MEMORY;
    scene.breakers.sweep_at(scene.now);
    assert!(scene.breakers.is_idle() && scene.breakers.apps().is_empty());
}

#[test]
fn connections_and_answers_of_5xx_count_and_what_never_came_to_the_origin_does_not() {
    let answered = [500, 599, 499, 200].map(|status| Verdict::of(Ok(status)));
    assert_eq!(answered, [Verdict::Fails, Verdict::Fails, Verdict::Works, Verdict::Works]);
    let failed = [Reason::ClosedEarly("x.test".to_owned()), Reason::BodySize(1), Reason::Rate(crate::RateScope::App, None)];
    assert_eq!(failed.map(|reason| Verdict::of(Err(&reason))), [Verdict::Fails, Verdict::Nothing, Verdict::Nothing]);
}

//! The library as its users hold it: built from rules, asked for pages, and asked why.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod iso4;

use egret::{
    Audit, BuildError, CallAuth, Caller, Decode, Draft, Egress, Event, HeaderMap, Method, Outcome, Place, PortRange, Redirect, RequestBody,
    Route, Rule, SecretGrant, SecretValue, StatusCode,
};
use egret_testkit::{Authority, Upstream, server_config};
use http::{HeaderName, HeaderValue};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl Audit for Events {
    fn record(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

fn rule(upstream: &Upstream, path: &str) -> Rule {
    Rule {
        ports: Some(vec![PortRange::single(upstream.address().port())]),
        routes: Some(vec![Route::path(path)]),
        private: vec!["127.0.0.1/32".to_owned()],
        ..Rule::host("a.test")
    }
}

fn upstream(authority: &Authority) -> Upstream {
    Upstream::tls(server_config(authority.leaf(&["a.test"])), |request: http::Request<egret::Bytes>| async move {
        let answer = http::Response::builder();
        match request.uri().path() {
            "/old" => answer.status(302).header("location", "/ok").body(String::new()).unwrap(),
            _ => answer.body(format!("{} {}", request.method(), String::from_utf8_lossy(request.body()))).unwrap(),
        }
    })
}

#[tokio::test]
async fn a_client_reaches_what_its_rules_allow_and_tells_why_it_does_not() {
    let authority = Authority::new();
    let (peer, events) = (upstream(&authority), Arc::new(Events::default()));
    let egress = Egress::builder()
        .rule(rule(&peer, "/ok"))
        .root(authority.certificate_der())
        .host("a.test", [[127, 0, 0, 1].into()])
        .audit(Arc::clone(&events) as Arc<dyn Audit>)
        .app("embedder")
        .build()
        .unwrap();
    let origin = format!("https://a.test:{}", peer.address().port());
    let sent = egress.post(&format!("{origin}/ok")).header(HeaderName::from_static("x-a"), HeaderValue::from_static("b")).body("hello");
    let response = sent.send().await.unwrap();
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(&response.body.collect(100).await.unwrap()[..], b"POST hello");
    assert_eq!(peer.requests()[0].headers["x-a"], "b");

    let refused = egress.get(&format!("{origin}/other")).send().await.unwrap_err();
    assert_eq!((refused.code().as_str(), refused.path()), ("NET_BLOCKED", "policy.rule.path"));
    let explained = egress.explain(&Method::GET, &format!("{origin}/other"), &HeaderMap::new());
    assert_eq!(explained.denial().map(|denial| denial.code().as_str()), Some("policy.rule.path"));
    let events = events.0.lock().unwrap();
    assert_eq!(events.len(), 2, "one event an attempt, and explaining is none");
    assert!(events[0].outcome == Outcome::Answered && &*events[0].caller.app == "embedder");
}

#[tokio::test]
async fn redirects_come_back_unless_they_are_to_be_followed() {
    let authority = Authority::new();
    let peer = upstream(&authority);
    let both = Rule { routes: Some(vec![Route::path("/ok"), Route::path("/old")]), ..rule(&peer, "/ok") };
    let builder = Egress::builder().rule(both).root(authority.certificate_der()).host("a.test", [[127, 0, 0, 1].into()]);
    let egress = builder.timeout(Duration::from_secs(20)).build().unwrap();
    let old = format!("https://a.test:{}/old", peer.address().port());
    assert_eq!(egress.get(&old).send().await.unwrap().status, StatusCode::FOUND);
    let followed = egress.get(&old).redirect(Redirect::Follow).send().await.unwrap();
    assert_eq!((followed.status, followed.hops.len(), followed.hops[0].status), (StatusCode::OK, 1, StatusCode::FOUND));
}

#[tokio::test]
async fn a_client_without_rules_reaches_nothing_and_a_swap_counts_at_once() {
    let authority = Authority::new();
    let peer = upstream(&authority);
    let egress = Egress::builder().root(authority.certificate_der()).host("a.test", [[127, 0, 0, 1].into()]).build().unwrap();
    let url = format!("https://a.test:{}/ok", peer.address().port());
    assert_eq!(egress.get(&url).send().await.unwrap_err().path(), "policy.rule.no_host");
    egress.grants().swap(egret::Policy::builder().rule(rule(&peer, "/ok")).build().unwrap());
    assert_eq!(egress.get(&url).send().await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn all_faults_of_the_rules_come_at_once() {
    let Err(BuildError::Rules(faults)) = Egress::builder().rule(Rule::host("*")).rule(Rule::host("https://x.test/")).build() else {
        panic!("built from faulty rules");
    };
    assert_eq!(faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn rules_come_as_data_and_faults_with_their_lines() {
    let builder = Egress::builder().rule_file("rules.json", r#"{"version": 1, "net": [{"host": "api.github.com", "routes": ["/zen"]}]}"#);
    let egress = builder.unwrap().build().unwrap();
    let verdict = |url| egress.explain(&Method::GET, url, &HeaderMap::new()).denial().map(|denial| denial.code().as_str());
    assert_eq!(verdict("https://api.github.com/zen"), None);
    assert_eq!(verdict("https://api.github.com/"), Some("policy.rule.path"));
    let faults = Egress::builder().rule_file("rules.toml", "version = 1\nnet = [\"*\"]\n").unwrap_err();
    assert!(faults.to_string().starts_with("rules.toml:2:"), "{faults}");
}

/// Answers what it was told, whatever is asked.
struct Always(&'static str);

impl egret::Resolve for Always {
    fn resolve<'a>(&'a self, _: &'a str) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<std::net::IpAddr>, String>> + Send + 'a>> {
        Box::pin(async { Ok(vec![self.0.parse().unwrap()]) })
    }
}

#[tokio::test]
async fn a_resolver_of_ones_own_is_asked_and_not_believed() {
    let authority = Authority::new();
    let peer = upstream(&authority);
    let url = format!("https://a.test:{}/ok", peer.address().port());
    let builder = || Egress::builder().rule(rule(&peer, "/ok")).root(authority.certificate_der());
    let honest = builder().resolver(Arc::new(Always("127.0.0.1"))).build().unwrap();
    assert_eq!(honest.get(&url).send().await.unwrap().status, StatusCode::OK);
    let inwards = builder().resolver(Arc::new(Always("169.254.169.254"))).build().unwrap();
    assert_eq!(inwards.get(&url).send().await.unwrap_err().path(), "egress.addr.metadata");
}

#[tokio::test]
async fn secrets_go_in_by_reference_and_each_tenant_has_its_own() {
    let authority = Authority::new();
    let peer = upstream(&authority);
    let grant = || SecretGrant { port: peer.address().port(), ..SecretGrant::https("a.test", Place::Bearer) };
    let value = |text: &str| SecretValue::new(text.into());
    let egress = Egress::builder()
        .rule(rule(&peer, "/ok"))
        .root(authority.certificate_der())
        .host("a.test", [[127, 0, 0, 1].into()])
        .secret("OWN".parse().unwrap(), value("of-the-client"), [grant()])
        .secret_with("FOUND".parse().unwrap(), [grant()], move |app, name| (app != "poor").then(|| value(&format!("{app}-{name}"))))
        .build()
        .unwrap();
    let url = format!("https://a.test:{}/ok", peer.address().port());
    egress.get(&url).auth("OWN").send().await.unwrap();
    egress.get(&url).auth_as("FOUND", Place::Bearer).send().await.unwrap();
    let sent = |place: usize| peer.requests()[place].headers["authorization"].clone();
    assert_eq!((sent(0).to_str().unwrap(), sent(1).to_str().unwrap()), ("Bearer of-the-client", "Bearer app-FOUND"));
    for (app, secret, expected) in [("rich", "FOUND", None), ("rich", "OWN", Some("NET_AUTH")), ("poor", "FOUND", Some("NET_AUTH"))] {
        let caller = Caller { app: app.into(), secrets: egress.secrets(app), ..egress.caller(Duration::from_secs(20)) };
        let (method, auth) = (Method::GET, Some(CallAuth { secret: secret.to_owned(), place: None }));
        let draft = Draft {
            method,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: RequestBody::Empty,
            redirect: Redirect::Return,
            decode: Decode::Auto,
            auth,
            cache: egret_egress::CacheWish::default(),
            options: Default::default(),
        };
        let refused = egress.fetch(&caller, draft).await.err().map(|error| error.code().as_str());
        assert_eq!(refused, expected, "{app} {secret}");
    }
    assert_eq!(sent(2), "Bearer rich-FOUND");
    assert_eq!(peer.requests().len(), 3);
}

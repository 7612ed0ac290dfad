//! A kernel with one secret, upstreams that are played byte by byte, and everything that anybody is told.

use crate::conformance::case::{Case, Expect, Flow};
use crate::conformance::policies::{Keys, Policies};
use bytes::Bytes;
use egret_egress::{
    Audit, CallAuth, Caller, Config, Danger, Decode, Detail, Draft, Egress, Error, Event, Nameservers, Redirect, Response, Secret,
    SecretGrant, SecretValue, Secrets,
};
use egret_policy::{Place, Placeholder, Policy, Scheme, SecretName};
use egret_testkit::{Authority, Hostile, Step, Zone, server_config};
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// A path that the policies allow.
pub const PATH: &str = "/v1/x";

/// Keeps every event.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Audit for Kept {
    fn record(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{event:?}"));
    }
}

/// What a case needs to be played.
pub struct Stage {
    pub expect: Expect,
    pub policy: Arc<Policy>,
    /// The name by which the kernel knows the secret.
    pub name: SecretName,
    pub value: String,
    pub place: Place,
    /// The origin that it is granted to.
    pub host: String,
    app: String,
    notation: String,
}

impl Stage {
    /// Reads the policy's one secret; the words say what of the case is not understood.
    pub fn of(case: &Case, flow: &Flow, policies: &Policies) -> Result<Self, String> {
        Self::with(case.expect, flow, policies, &case.policy)
    }

    /// The same for a policy of this name.
    pub fn with(expect: Expect, flow: &Flow, policies: &Policies, policy: &str) -> Result<Self, String> {
        let Keys { name: notation, app, host, value } = policies.secret(policy)?;
        let policy = policies.build(policy)?;
        let name = notation.to_uppercase().parse()?;
        let place = match flow.inject.as_deref() {
            Some("query") => Place::Query("k".into()),
            Some("path") => Place::Path,
            Some("body") => Place::Body,
            Some("basic") => Place::Basic,
            // What is no place is an attempt to put it where it was not granted.
            Some("header:authorization" | "none" | "split" | "url_host") | None => Place::Bearer,
            Some(place) => return Err(format!("nothing here puts a secret into {place}")),
        };
        Ok(Self { expect, policy, name, value, place, host, app, notation })
    }

    /// The secret, granted for this place.
    pub fn secret(&self, place: &Place, value: &str) -> Secret {
        let value = if *place == Place::Basic { format!("user:{value}") } else { value.to_owned() };
        let grant = SecretGrant { scheme: Scheme::Https, host: self.host.clone(), port: 443, place: place.clone(), rule: None };
        let (name, value) = (self.name.clone(), SecretValue::new(value.into_bytes()));
        Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false }
    }

    /// A text of the corpus with a placeholder where it writes one.
    pub fn held(&self, text: &str) -> String {
        text.replace(&format!("{{{{secret:{}}}}}", self.notation), &self.placeholder())
    }

    pub fn placeholder(&self) -> String {
        Placeholder::make(&self.name, [0xab; 16])
    }

    pub fn draft(&self, url: &str) -> Draft {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Draft {
            method: Method::GET,
            url: url.to_owned(),
            headers,
            body: body.into(),
            redirect: Redirect::Return,
            decode: Decode::Auto,
            auth: None,
            cache: egret_egress::CacheWish::default(),
            options: Default::default(),
        }
    }

    /// A request to the secret's origin that wants it in.
    pub fn wishing(&self) -> Draft {
        self.wishing_for(self.name.as_str(), &format!("https://{}{PATH}", self.host))
    }

    pub fn wishing_for(&self, name: &str, url: &str) -> Draft {
        let auth = CallAuth { secret: name.to_owned(), place: Some(self.place.clone()) };
        let url = if self.place == Place::Path { url.replace(PATH, &format!("/v1/{}", self.placeholder())) } else { url.to_owned() };
        Draft { auth: Some(auth), ..self.draft(&url) }
    }

    /// A kernel whose every connection leads to upstreams that play these scripts, for an app with this secret.
    pub fn set(&self, hosts: &[&str], scripts: Vec<Vec<Step>>, change: impl FnOnce(&mut Config)) -> Result<Scene, String> {
        let authority = Authority::new();
        let peer = Hostile::sequence_tls(server_config(authority.leaf(hosts)), scripts);
        let place = peer.address();
        self.leading(&authority, hosts, peer, place, change)
    }

    /// The same, where what is dialled is not the upstream.
    pub fn leading(
        &self,
        authority: &Authority,
        hosts: &[&str],
        peer: Hostile,
        place: SocketAddr,
        change: impl FnOnce(&mut Config),
    ) -> Result<Scene, String> {
        let (zone, kept) = (Zone::start(), Arc::new(Kept::default()));
        hosts.iter().for_each(|host| zone.addresses(host, &["93.184.215.14"]));
        let mut config = Config {
            roots: vec![authority.certificate_der()],
            nameservers: Nameservers::At(vec![zone.address()]),
            detail: Detail::Full,
            danger: Danger { redial: Some(Arc::new(move |_| place)), ..Danger::default() },
            ..Config::default()
        };
        change(&mut config);
        let egress = Egress::build(config, Arc::clone(&kept) as Arc<dyn Audit>).map_err(|error| error.to_string())?;
        let caller = Caller {
            app: self.app.as_str().into(),
            function: "".into(),
            invocation: "".into(),
            door: egret_egress::Door::Command,
            grants: Arc::clone(&self.policy).into(),
            secrets: Secrets::new(vec![self.secret(&self.place, &self.value)]),
            budget: egret_egress::Budget::none(),
            deadline: Instant::now() + super::super::LIMIT,
        };
        Ok(Scene { egress, caller, peer, kept, _zone: zone })
    }
}

/// A kernel with everything that it can reach.
pub struct Scene {
    pub egress: Egress,
    pub caller: Caller,
    pub peer: Hostile,
    kept: Arc<Kept>,
    _zone: Zone,
}

/// What a guest got, and everything that anybody was told.
pub struct Came {
    pub body: Vec<u8>,
    /// The dotted code under which it was refused, if it was.
    pub code: Option<String>,
    pub headers: HeaderMap,
    /// All of it in words: heads, trailers, errors, events.
    pub told: String,
}

impl Scene {
    /// Sends a request and reads what is answered to its end, or to where it is refused.
    pub async fn ask(&self, draft: Draft) -> Came {
        let mut came = match self.egress.fetch(&self.caller, draft).await {
            Ok(response) => read(response).await,
            Err(error) => refused(Vec::new(), &error),
        };
        came.told.push_str(&self.told());
        came
    }

    /// Every event, and what is shown of the caller.
    pub fn told(&self) -> String {
        format!("{:?} {:?}", self.kept.0.lock().unwrap_or_else(PoisonError::into_inner), self.caller)
    }

    /// Everything that upstreams received.
    pub fn received(&self) -> String {
        self.peer.seen().received.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

async fn read(mut response: Response) -> Came {
    let (mut body, headers) = (Vec::new(), response.headers.clone());
    loop {
        match response.body.chunk().await {
            Ok(Some(piece)) => body.extend(piece),
            Ok(None) => {
                let told = format!("{response:?} {:?} {}", response.body.trailers(), String::from_utf8_lossy(&body));
                return Came { body, code: None, headers, told };
            }
            Err(error) => return refused(body, &error),
        }
    }
}

fn refused(body: Vec<u8>, error: &Error) -> Came {
    let told = format!("{error} {error:?} {} {} {}", error.guest_message(), error.reason(), String::from_utf8_lossy(&body));
    Came { body, code: Some(error.path().to_owned()), headers: HeaderMap::new(), told }
}

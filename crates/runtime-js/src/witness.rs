//! The memory of instances as they end, for the one test that looks for secrets in it. It is no part of the product.

use crate::state::{Role, State};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use wasmtime::{Instance, Store};

/// The last memory of each invocation, by its id.
static MEMORIES: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
static LOOKED: Condvar = Condvar::new();

/// Keeps a copy of an instance's whole memory.
pub(crate) fn look(store: &mut Store<State>, instance: &Instance) {
    let memory = instance.get_memory(&mut *store, "memory").unwrap().data(&*store).to_vec();
    if let Role::Run(run) = &store.data().role {
        MEMORIES.lock().unwrap().insert(run.operations.invocation().to_owned(), memory);
        LOOKED.notify_all();
    }
}

mod tests {
    use super::*;
    use crate::{AppCode, Config, Console, FunctionCode, JsRuntime, Level, Source};
    use aws_lc_rs::hmac;
    use egret_egress::{Config as EgressConfig, Egress, Secret, SecretGrant, SecretValue, Secrets, Silent};
    use egret_policy::{AuthSpec, Place, Placeholder, Policy, PortRange, RuleSpec, Scheme};
    use egret_runtime::{Invocation, InvocationId, Runtime};
    use egret_testkit::{Authority, Upstream};
    use http::{Request, Response, StatusCode};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    const KEY: &str = "sk_live_51H8qkLJ2eZvKYlo2C";
    const SIGNING: &str = "whsec_5Zx1qQ7uW0yT";

    struct Quiet;

    impl Console for Quiet {
        fn line(&self, _: &InvocationId, _: &str, _: Level, _: &str) {}
    }

    /// Sends the key as vendors' clients do, to an upstream that checks it and repeats it; has an HMAC made and verified.
    const FUNCTION: &str = "export default async (request, env) => {
        const url = `https://up.test:${env.PORT}/v1`;
        const sent = await fetch(url, { headers: { authorization: `Bearer ${env.KEY}` } });
        const told = [sent.status, sent.headers.get('x-echo'), await sent.text()];
        const asked = egret.net.fetch(url, { auth: 'KEY', authMode: 'bearer' });
        const tag = await egret.secret('WHSEC').hmac('SHA-256', 'data');
        const genuine = await egret.secret('WHSEC').verify(tag, 'data');
        globalThis.kept = [env, tag];
        const other = await egret.secret('KEY').hmac('SHA-256', 'data').catch((error) => error.code);
        return Response.json([...told, asked.status, asked.text(), genuine, other, new Uint8Array(tag).toHex?.() ?? [...new Uint8Array(tag)]]);
    }";

    #[tokio::test(flavor = "multi_thread")]
    async fn the_memory_of_a_guest_holds_placeholders_and_never_a_secret() {
        let authority = Authority::new();
        let upstream =
            Upstream::tls(egret_testkit::server_config(authority.leaf(&["up.test"])), |request: Request<bytes::Bytes>| async move {
                let sent = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
                let status = if sent == format!("Bearer {KEY}") { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
                Response::builder().status(status).header("x-echo", sent.clone()).body(sent).unwrap()
            });
        let port = upstream.address().port();
        // Beside this test itself, so that the image is made once and not for every run.
        let folder = std::env::current_exe().unwrap().with_extension("data");
        let config = Config { slots: 2, ..Config::new(&folder, Arc::new(Quiet), tokio::runtime::Handle::current()) };
        let kernel = EgressConfig {
            roots: vec![authority.certificate_der()],
            hosts: [("up.test".to_owned(), vec!["127.0.0.1".parse().unwrap()])].into(),
            ..EgressConfig::default()
        };
        let egress = Egress::build(kernel, Arc::new(Silent)).unwrap();
        let env = [("KEY", KEY), ("WHSEC", SIGNING)].map(|(name, _)| (name.to_owned(), Placeholder::make(&name.parse().unwrap(), [7; 16])));
        let placeholder = env[0].1.clone();
        let code = AppCode {
            name: "shop".into(),
            env: env.into_iter().chain([("PORT".to_owned(), port.to_string())]).collect(),
            grants: Policy::builder().rule(rule(port)).build().unwrap().into(),
            secrets: secrets(port),
            bounds: None,
            root: folder,
            functions: vec![FunctionCode { name: "f".into(), source: Source::Text { name: "f.js".to_owned(), text: FUNCTION.to_owned() } }],
        };
        let app = tokio::task::block_in_place(|| JsRuntime::build(config, egress).unwrap().load(code).unwrap());
        let invocation = Invocation {
            id: InvocationId::new("witnessed"),
            function: "f".into(),
            request: Request::get("http://shop.test/").body(bytes::Bytes::new()).unwrap(),
            params: Vec::new(),
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let answer = app.invoke(invocation).await.unwrap();
        let told: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!((&told[0], &told[3], &told[5], &told[6]), (&200.into(), &200.into(), &true.into(), &"NET_AUTH".into()), "{told}");
        assert_eq!(upstream.requests().len(), 2);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SIGNING.as_bytes()), b"data");

        // The answer is out before the instance has ended.
        let memory = tokio::task::block_in_place(|| {
            let begun = MEMORIES.lock().unwrap();
            LOOKED.wait_while(begun, |memories| !memories.contains_key("witnessed")).unwrap().remove("witnessed").unwrap()
        });
        let holds = |needle: &[u8]| memory.windows(needle.len()).any(|window| window == needle);
        assert!(holds(placeholder.as_bytes()), "what the guest was given is found, so looking works");
        assert!(holds(tag.as_ref()), "and so is what was computed for it");
        for secret in [KEY, SIGNING] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let wide: Vec<u8> = secret.bytes().flat_map(|byte| [byte, 0]).collect();
            // A part is as telling as the whole.
            for form in [secret.as_bytes(), &secret.as_bytes()[8..], hex.as_bytes(), &wide] {
                assert!(!holds(form), "{}", String::from_utf8_lossy(form));
            }
        }
    }

    fn rule(port: u16) -> RuleSpec {
        RuleSpec {
            ports: Some(vec![PortRange::single(port)]),
            private: vec!["127.0.0.1/32".to_owned()],
            auth: Some(AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer }),
            ..RuleSpec::host("up.test")
        }
    }

    fn secrets(port: u16) -> Secrets {
        let secret = |name: &str, value: &str, grants, hmac| Secret {
            name: name.parse().unwrap(),
            version: 1,
            value: SecretValue::new(value.into()),
            former: Vec::new(),
            grants,
            hmac,
            trip: false,
        };
        let grant = SecretGrant { scheme: Scheme::Https, host: "up.test".to_owned(), port, place: Place::Bearer, rule: None };
        Secrets::new(vec![secret("KEY", KEY, vec![grant], false), secret("WHSEC", SIGNING, Vec::new(), true)])
    }
}

//! Stand-ins for real upstreams: folders of functions, served over TLS on loopback under names of their own.
//!
//! Their certificates come from an authority that is made at every start and that only this process's kernel trusts.
//! Their functions reach nothing.

use super::StartError;
use crate::config::{Fault, Folder};
use crate::load::{self, Code};
use egret_gateway::{Config, Gateway, Served, Unobserved};
use egret_policy::Policy;
use egret_runtime_js::JsRuntime;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// All stand-ins of one app, bound and, after [`Upstreams::load`], ready.
pub(super) struct Upstreams {
    authority: Option<CertificateDer<'static>>,
    bound: Vec<(TcpListener, Arc<ServerConfig>)>,
    gateways: Vec<Gateway>,
}

impl Upstreams {
    /// Makes the authority and takes the ports.
    pub async fn bind(folder: &Folder) -> Result<Self, StartError> {
        let wanted = &folder.manifest.upstreams;
        if wanted.is_empty() {
            return Ok(Self { authority: None, bound: Vec::new(), gateways: Vec::new() });
        }
        let issuer = authority().map_err(|error| super::part("the authority of [[dev.upstream]]", &error))?;
        let mut bound = Vec::new();
        for upstream in wanted {
            let config = server_config(&issuer, &upstream.host)
                .map_err(|words| StartError::Part(format!("[[dev.upstream]] {}: {words}", upstream.host)))?;
            let address = (Ipv4Addr::LOCALHOST, upstream.port);
            let failed = |reason| StartError::Listen {
                address: format!("127.0.0.1:{} for [[dev.upstream]] {}", upstream.port, upstream.host),
                reason,
            };
            bound.push((TcpListener::bind(address).await.map_err(failed)?, config));
        }
        Ok(Self { authority: Some(issuer.der().clone()), bound, gateways: Vec::new() })
    }

    /// The authority that the kernel must trust, if there is any stand-in.
    pub fn roots(&self) -> Vec<CertificateDer<'static>> {
        self.authority.iter().cloned().collect()
    }

    /// Compiles the functions of every stand-in.
    pub fn load(mut self, runtime: &JsRuntime, folder: &Folder) -> Result<Self, StartError> {
        for upstream in &folder.manifest.upstreams {
            let functions = folder
                .inside(&upstream.functions)
                .map_err(|words| Fault::of_file(&folder.file, format!("[[dev.upstream]] {}: {words}", upstream.host)))?;
            let routes = load::routes(&functions)?;
            let code = Code {
                name: &upstream.host,
                root: &folder.root,
                functions: &functions,
                env: BTreeMap::new(),
                grants: Policy::nothing().into(),
                secrets: egret_egress::Secrets::none(),
                bounds: None,
            };
            let app = tokio::task::block_in_place(|| load::compile(runtime, &routes, code))?;
            let gateway = Gateway::build(Config::default(), Served { routes, runtime: app }, Arc::new(Unobserved));
            self.gateways.push(gateway.map_err(|_| StartError::Part("the gateway refuses its own defaults".to_owned()))?);
        }
        Ok(self)
    }

    /// Serves until it is dropped.
    pub async fn serve(self) {
        let mut serving = JoinSet::new();
        for ((listener, config), gateway) in self.bound.into_iter().zip(self.gateways) {
            serving.spawn(async move { gateway.serve_tls(listener, config, std::future::pending()).await });
        }
        while serving.join_next().await.is_some() {}
        std::future::pending::<()>().await;
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server_config(issuer: &CertifiedIssuer<'static, KeyPair>, host: &str) -> Result<Arc<ServerConfig>, String> {
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let params = CertificateParams::new(vec![host.to_owned()]).map_err(|error| error.to_string())?;
    let leaf = params.signed_by(&key, issuer).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).map(Arc::new).map_err(|error| error.to_string())
}

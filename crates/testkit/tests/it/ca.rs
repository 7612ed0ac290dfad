//! Certificates: the good ones pass a strict client, each bad one fails for its own reason.

use egret_testkit::{Authority, Hostile, Leaf, Step, Validity, client_config, connect, server_config};
use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

/// Shakes hands with a server that shows `leaf`, under the name `upstream.test`.
async fn handshake(trusted: &Authority, leaf: Leaf) -> Result<Option<Vec<u8>>, String> {
    let server = Hostile::script_tls(server_config(leaf), vec![Step::Hold]);
    let mut client = client_config(trusted);
    std::sync::Arc::get_mut(&mut client).unwrap().alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("upstream.test").unwrap();
    let stream = TlsConnector::from(client).connect(name, connect(server.address()).await).await;
    stream.map(|stream| stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_leaf_of_a_trusted_authority_is_accepted_and_http_1_1_is_agreed() {
    let authority = Authority::new();
    let agreed = handshake(&authority, authority.leaf(&["upstream.test", "127.0.0.1"])).await;
    assert_eq!(agreed, Ok(Some(b"http/1.1".to_vec())));
}

#[tokio::test]
async fn an_expired_leaf_is_refused_as_expired() {
    let authority = Authority::new();
    let leaf = authority.leaf_with(&["upstream.test"], Validity::Expired);
    let error = handshake(&authority, leaf).await.unwrap_err();
    assert!(error.contains("expired"), "{error}");
}

#[tokio::test]
async fn a_leaf_of_the_future_is_refused_as_not_yet_valid() {
    let authority = Authority::new();
    let leaf = authority.leaf_with(&["upstream.test"], Validity::Future);
    let error = handshake(&authority, leaf).await.unwrap_err();
    assert!(error.contains("not valid yet"), "{error}");
}

#[tokio::test]
async fn a_leaf_for_another_name_is_refused_for_its_name() {
    let authority = Authority::new();
    let error = handshake(&authority, authority.leaf(&["other.test"])).await.unwrap_err();
    assert!(error.contains("upstream.test"), "{error}");
}

#[tokio::test]
async fn a_leaf_of_another_authority_is_refused() {
    let leaf = Authority::new().leaf(&["upstream.test"]);
    let error = handshake(&Authority::new(), leaf).await.unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
}

#[test]
fn the_pem_form_is_a_certificate() {
    assert!(Authority::new().pem().starts_with("-----BEGIN CERTIFICATE-----"));
}

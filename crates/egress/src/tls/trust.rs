//! Whom the kernel trusts: loaded once when it is built, changed for single rules. What cannot be loaded is an error.

use super::fault::TlsFault;
use crate::config::{BuildError, Config, Trust};
use egret_policy::TlsSpec;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;

/// The kernel's own authorities.
pub(crate) fn load(config: &Config) -> Result<RootCertStore, BuildError> {
    let mut roots = RootCertStore::empty();
    if matches!(config.trust, Trust::Web | Trust::Both) {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if matches!(config.trust, Trust::Platform | Trust::Both) {
        load_platform(&mut roots)?;
    }
    for (index, root) in config.roots.iter().enumerate() {
        roots.add(root.clone()).map_err(|reason| BuildError::Root { index, reason })?;
    }
    Ok(roots)
}

/// A file that cannot be read is an error. Single certificates that this library cannot use are left out, as platforms keep
/// some for other purposes: their absence refuses, it does not open.
fn load_platform(roots: &mut RootCertStore) -> Result<(), BuildError> {
    let found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.first() {
        return Err(BuildError::Platform(error.to_string()));
    }
    match roots.add_parsable_certificates(found.certs) {
        (0, _) => Err(BuildError::Platform("it has no authority that can be used".to_owned())),
        _ => Ok(()),
    }
}

/// The authorities for a rule: the kernel's own and the rule's, or the rule's alone.
pub(super) fn narrowed(own: &Arc<RootCertStore>, spec: &TlsSpec) -> Result<Arc<RootCertStore>, TlsFault> {
    if spec.roots.is_empty() && !spec.only_roots {
        return Ok(Arc::clone(own));
    }
    let mut roots = if spec.only_roots { RootCertStore::empty() } else { RootCertStore::clone(own) };
    for (index, root) in spec.roots.iter().enumerate() {
        let certificate = CertificateDer::from(root.der().to_vec());
        roots.add(certificate).map_err(|error| TlsFault::Settings(format!("tls.roots: certificate {index} cannot be used: {error}")))?;
    }
    Ok(Arc::new(roots))
}

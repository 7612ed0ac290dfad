//! Stored answers: the order that they be forgotten. They lie in servers' memory, which no command reaches but by the store.

use crate::{Fault, Reply};
use egret_policy::Target;
use egret_store::{App, Store};

pub(super) fn clear(store: &Store, app: Option<App>, host: Option<String>) -> Result<Reply, Fault> {
    let host = host.map(|host| canonical(&host)).transpose()?;
    store.clear_cache(app.as_ref().map(|app| &*app.id), host.as_deref())?;
    Ok(Reply::Cleared { app: app.map(|app| app.name), host })
}

/// A host as the kernel knows it, by the one URL parser.
fn canonical(host: &str) -> Result<String, Fault> {
    let invalid = || Fault::Invalid(format!("{host:.80?} is no host; write it as in a URL, such as api.example.com"));
    let target = Target::parse(&format!("https://{host}/")).map_err(|_| invalid())?;
    // An IPv6 address has colons, and brackets around them; any other colon is that of a port.
    let is_alone = !host.contains(['/', '\\', '?', '#', '@']) && (!host.contains(':') || host.ends_with(']'));
    if is_alone && target.origin_form() == "/" { Ok(target.host().to_string()) } else { Err(invalid()) }
}

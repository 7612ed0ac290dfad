//! What must hold when a case is allowed: its own effect, and always that one host was decided, asked for and sent.

use super::Verdict;
use super::case::Case;
use super::play::{Reached, Seen};
use egret_policy::{Scheme, Target};

/// Judges an answer that came.
pub fn check(case: &Case, url: &str, reached: &Reached, seen: &Seen) -> Verdict {
    let judged = Target::parse(url)
        .map_err(|denial| denial.to_string())
        .and_then(|target| agreement(&target, reached, seen).and_then(|()| own(case, &target, reached, seen)));
    match judged {
        Ok(()) => Verdict::Passed,
        Err(words) => Verdict::Failed(words),
    }
}

/// The host that was decided is the one in the URL that answered, in TLS and in the `Host` field.
fn agreement(target: &Target, reached: &Reached, seen: &Seen) -> Result<(), String> {
    let [request] = seen.requests.as_slice() else { return Err(format!("the peer saw {} requests", seen.requests.len())) };
    same("status", &reached.status, &200)?;
    same("URL", &reached.url, &target.to_url())?;
    same("request target", &request.target.as_str(), &target.origin_form())?;
    same(
        "Host",
        &request.headers.get_all("host").iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>(),
        &vec![target.authority().as_bytes().to_vec()],
    )?;
    let name = target.host().name().filter(|_| target.scheme() == Scheme::Https).map(|name| name.as_str().to_owned());
    same("SNI", &request.server_name, &name)
}

fn own(case: &Case, target: &Target, reached: &Reached, seen: &Seen) -> Result<(), String> {
    let Some(effect) = &case.effect else { return Ok(()) };
    let (kind, value) = effect.split_once(':').unwrap_or((effect, ""));
    let sent = seen.requests.first().map(|request| request.target.clone()).unwrap_or_default();
    match kind {
        "canonical" => same("canonical URL", &reached.url.as_str(), &value),
        "canonical_host" => same("canonical host", &target.host().to_string().as_str(), &value),
        "canonical_path" => same("canonical path", &target.path(), &value),
        "send" => same("sent target", &sent.as_str(), &value),
        // Agreement above has shown that the kernel's own Host was sent, once.
        "set" => Ok(()),
        // Agreement above has shown that what was decided is what was sent; canonical means that it reads as itself.
        "send_canonical" => {
            same("canonical form", &Target::parse(&reached.url).as_ref().map(Target::to_url).ok(), &Some(reached.url.clone()))
        }
        _ => Err(format!("nothing here checks the effect {effect:?}")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what} is {got:?}, not {expected:?}")) }
}

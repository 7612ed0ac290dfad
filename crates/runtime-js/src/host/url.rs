//! URLs and query strings, parsed as the URL standard says: this is the guest's `URL`, not the kernel's judgement, which
//! parses again and more strictly whatever a guest asks for.

use super::{EGRET, memory};
use crate::state::State;
use url::{Url, form_urlencoded, quirks};
use wasmtime::{Caller, Linker, Result};

/// Bytes of a question; more is no URL and no query string. It bounds the memory that answering takes, about 20 times
/// as much.
const MOST_QUESTION: usize = 2 << 20;
/// Bytes of a URL, and of what a component of one is set to. The kernel takes 8 KiB.
const MOST_URL: usize = 64 << 10;
const NONE: i32 = -1;

pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(EGRET, "url", |mut caller: Caller<'_, State>, at: i32, len: i32| -> Result<i32> {
        let (question, state) = memory::read(&mut caller, at, len)?;
        let answer = if question.len() > MOST_QUESTION { None } else { answer(question) };
        Ok(answer.map_or(NONE, |answer| state.announce(answer)))
    })?;
    Ok(())
}

fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let question: Vec<String> = serde_json::from_slice(question).ok()?;
    let words: Vec<&str> = question.iter().map(String::as_str).collect();
    let answer = match words.as_slice() {
        ["parse" | "set", urls @ ..] if urls.iter().any(|url| url.len() > MOST_URL) => return None,
        ["parse", input] => components(&Url::parse(input).ok()?),
        ["parse", input, base] => components(&Url::parse(base).ok()?.join(input).ok()?),
        ["set", href, part, value] => components(&set(Url::parse(href).ok()?, part, value)?),
        ["query", query] => return pairs(query),
        ["form", pairs @ ..] => vec![form(pairs)],
        _ => return None,
    };
    serde_json::to_vec(&answer).ok()
}

/// The names and values of a query string in turn, written out one by one: they may be many.
fn pairs(query: &str) -> Option<Vec<u8>> {
    let mut out = Vec::from(b"[");
    for part in form_urlencoded::parse(query.as_bytes()).flat_map(|(name, value)| [name, value]) {
        if out.len() > 1 {
            out.push(b',');
        }
        serde_json::to_writer(&mut out, &part).ok()?;
    }
    out.push(b']');
    Some(out)
}

fn form(pairs: &[&str]) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for pair in pairs.chunks_exact(2) {
        out.append_pair(pair[0], pair[1]);
    }
    out.finish()
}

/// In the order of the indices in `prelude/url.js`.
fn components(url: &Url) -> Vec<String> {
    let origin = quirks::origin(url);
    let parts = [
        quirks::href(url),
        &origin,
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    parts.map(str::to_owned).to_vec()
}

/// Sets one component. `None` where the standard ignores the value.
fn set(mut url: Url, part: &str, value: &str) -> Option<Url> {
    match part {
        "protocol" => quirks::set_protocol(&mut url, value).ok()?,
        "username" => quirks::set_username(&mut url, value).ok()?,
        "password" => quirks::set_password(&mut url, value).ok()?,
        "host" => quirks::set_host(&mut url, value).ok()?,
        "hostname" => quirks::set_hostname(&mut url, value).ok()?,
        "port" => quirks::set_port(&mut url, value).ok()?,
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        "hash" => quirks::set_hash(&mut url, value),
        _ => return None,
    }
    Some(url)
}

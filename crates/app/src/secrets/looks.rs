//! Plain values that look like secrets. A guess, for a warning: every function of the app sees them, and may send them anywhere
//! that it may reach.

use std::collections::BTreeMap;

/// How keys and tokens begin, as their issuers document them.
const BEGINNINGS: [&str; 23] = [
    "sk_",
    "rk_",
    "sk-",
    "whsec_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "SG.",
    "eyJ",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hf_",
    "-----BEGIN ",
];
/// Schemes of `Authorization`, which nobody writes before a plain value.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];
/// How names of secrets end.
const ENDINGS: [&str; 8] = ["_SECRET", "_TOKEN", "_PASSWORD", "_PASSWD", "_API_KEY", "_SECRET_KEY", "_ACCESS_KEY", "_PRIVATE_KEY"];
const NAMES: [&str; 4] = ["SECRET", "TOKEN", "PASSWORD", "API_KEY"];
/// What a name alone makes suspicious has at least this many bytes: `true` and `none` are no passwords.
const SHORTEST: usize = 8;

/// A sentence for each variable that looks like a secret. Its value is in none.
pub fn exposed(env: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    let suspicious = env.iter().filter(|(name, value)| is_suspicious(name, value));
    suspicious.map(|(name, _)| {
        format!(
            "{name} looks like a secret, and every function sees its value; name it in [secrets] and give functions a placeholder instead"
        )
    })
}

fn is_suspicious(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let named = NAMES.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending));
    let begins = |scheme: &&str| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    named && value.len() >= SHORTEST || BEGINNINGS.iter().any(|start| value.starts_with(start)) || SCHEMES.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_by_its_name_alone() {
        let said = |name: &str, value: &str| exposed(&BTreeMap::from([(name.to_owned(), value.to_owned())])).collect::<Vec<_>>();
        for (name, value) in [
            ("K", "sk_live_abc"),
            ("AUTH", "Bearer abc"),
            ("AUTH", "bearer abc"),
            ("SERVICE_TOKEN", "0123456789"),
            ("password", "correct horse"),
            ("PEM", "-----BEGIN PRIVATE KEY-----"),
        ] {
            let words = said(name, value);
            assert!(words.len() == 1 && words[0].starts_with(name) && !words[0].contains(value), "{name}: {words:?}");
        }
        for (name, value) in
            [("REGION", "eu"), ("PASSWORD", "none"), ("TOKENS", "0123456789"), ("AUTH", "bearer"), ("URL", "https://a.test/")]
        {
            assert!(said(name, value).is_empty(), "{name}");
        }
    }
}

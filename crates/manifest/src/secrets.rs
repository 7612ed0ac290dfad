//! `secrets`: the names that an app asks for. A manifest never holds a value, and there is no key for one.

use crate::keys::{MAX_SECRETS, SECRETS};
use crate::rules::Placed;
use crate::section::Section;
use egret_policy::SecretName;
use std::collections::{BTreeMap, BTreeSet};

/// Ports of a rule with a secret, at most.
const MAX_PORTS: usize = 64;

/// The secrets that an app asks its owner for, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Those that the app cannot do its work without.
    pub required: BTreeSet<SecretName>,
    /// Those that its code may have the host compute an HMAC with. They need not stand in `required` as well.
    pub hmac: BTreeSet<SecretName>,
}

impl Asks {
    /// Every name, once, in order.
    pub fn names(&self) -> impl Iterator<Item = &SecretName> {
        self.required.union(&self.hmac)
    }

    /// Whether the app asks for this one at all.
    #[must_use]
    pub fn has(&self, name: &SecretName) -> bool {
        self.required.contains(name) || self.hmac.contains(name)
    }
}

/// Reads `secrets`, which may be absent.
pub(crate) fn read(root: &Section<'_>, vars: &BTreeMap<String, String>) -> Asks {
    let Some(section) = root.section("secrets", &SECRETS) else { return Asks::default() };
    let asks = Asks { required: names(&section, "required", vars), hmac: names(&section, "hmac", vars) };
    section.finish();
    asks
}

fn names(section: &Section<'_>, key: &'static str, vars: &BTreeMap<String, String>) -> BTreeSet<SecretName> {
    let mut names = BTreeSet::new();
    for (index, (text, span)) in section.texts(key, false).unwrap_or_default().into_iter().enumerate() {
        let path = format!("{}[{index}]", section.key(key));
        if index == MAX_SECRETS {
            section.report(span, &path, format!("an app asks for at most {MAX_SECRETS} secrets"));
            break;
        }
        if vars.contains_key(&text) {
            section.report(span.clone(), &path, format!("{text:?} is also in [vars], which are plain values; keep one of them"));
        }
        match text.parse() {
            Ok(name) if names.contains(&name) => section.report(span, &path, format!("{name} stands here twice")),
            Ok(name) => drop(names.insert(name)),
            Err(words) => section.report(span, &path, words),
        }
    }
    names
}

/// A rule puts in only what the app has asked for, so that the list of `secrets` is the whole of what an owner is asked.
pub(crate) fn check_rules<'a>(asks: &Asks, rules: impl Iterator<Item = &'a Placed>, root: &Section<'_>) {
    for rule in rules {
        let Some(auth) = &rule.spec.auth else { continue };
        if !asks.required.contains(&auth.secret) {
            let words = format!("the secret {name} is not asked for; write [secrets] required = [\"{name}\"]", name = auth.secret);
            root.report(rule.span("auth"), &format!("{}.auth", rule.path), words);
        }
        let ports = rule.spec.ports.iter().flatten().flat_map(|range| range.ports());
        if ports.take(MAX_PORTS + 1).count() > MAX_PORTS {
            let words = format!("a rule with auth has at most {MAX_PORTS} ports: each is an origin that gets the secret");
            root.report(rule.span("ports"), &format!("{}.ports", rule.path), words);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Manifest;
    use std::path::Path;

    fn read(secrets: &str) -> Result<Manifest, Vec<String>> {
        let text = format!("version = 1\nname = \"a\"\n{secrets}");
        let faults = |faults: crate::Faults| faults.0.iter().map(|fault| format!("{:?} {}", fault.place.unwrap(), fault.key)).collect();
        Manifest::parse(Path::new("egret.toml"), &text).map_err(faults)
    }

    #[test]
    fn an_app_asks_for_secrets_by_name() {
        let asks = read("[secrets]\nrequired = [\"STRIPE_KEY\", \"A\"]\nhmac = [\"WHSEC\", \"A\"]\n").unwrap().secrets;
        assert_eq!(asks.names().map(ToString::to_string).collect::<Vec<_>>(), ["A", "STRIPE_KEY", "WHSEC"]);
        assert!(asks.has(&"WHSEC".parse().unwrap()) && !asks.required.contains(&"WHSEC".parse().unwrap()));
        assert!(read("").unwrap().secrets.names().next().is_none());
    }

    #[test]
    fn a_rule_puts_in_only_what_is_asked_for_as_required() {
        let rule = "[[net]]\nhost = \"a.test\"\nauth = { secret = \"KEY\", as = \"bearer\" }\n";
        assert!(read(&format!("[secrets]\nrequired = [\"KEY\"]\n{rule}")).is_ok());
        assert_eq!(read(rule).unwrap_err(), ["(5, 8) net[0].auth"]);
        assert_eq!(
            read(&format!("[secrets]\nhmac = [\"KEY\"]\n[dev]\n{}", rule.replace("net", "dev.net"))).unwrap_err(),
            ["(8, 8) dev.net[0].auth"]
        );
    }

    #[test]
    fn a_secret_goes_to_few_ports() {
        let rule = |ports: &str| {
            format!(
                "[secrets]\nrequired = [\"K\"]\n[[net]]\nhost = \"a.test\"\nports = [{ports}]\nauth = {{ secret = \"K\", as = \"path\" }}\n"
            )
        };
        assert!(read(&rule("443, \"8000-8062\"")).is_ok());
        assert_eq!(read(&rule("443, \"8000-8063\"")).unwrap_err(), ["(7, 9) net[0].ports"]);
    }

    #[test]
    fn what_is_no_name_stands_twice_or_is_a_plain_value_is_a_fault() {
        let faults = read("[secrets]\nrequired = [\"stripe_key\", \"A\", \"A\"]\nhmac = [\"REGION\", 7]\n[vars]\nREGION = \"eu\"\n");
        let places = ["(4, 13) secrets.required[0]", "(4, 32) secrets.required[2]", "(5, 9) secrets.hmac[0]", "(5, 19) secrets.hmac[1]"];
        assert_eq!(faults.unwrap_err(), places);
        assert_eq!(read("[secrets]\nSTRIPE_KEY = \"sk_live\"\n").unwrap_err(), ["(4, 1) secrets.STRIPE_KEY"]);
    }
}

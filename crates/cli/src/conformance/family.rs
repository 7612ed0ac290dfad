//! Which codes count as a refusal of a class: a path case that is refused for its host has shown nothing.

/// The families of codes by class, as prefixes.
const FAMILIES: &[(&str, &[&str])] = &[
    // A URL may fail as such, by its name, by the rule it misses, or by where its name leads.
    ("url_parser", &["policy.target.", "policy.name.", "policy.rule.", "egress.addr."]),
    ("ipv4_notation", &["policy.target.", "policy.name.", "egress.addr."]),
    ("ipv6_literal", &["policy.target.", "egress.addr."]),
    ("ip_range", &["egress.addr."]),
    ("dns", &["egress.addr.", "egress.dns.", "egress.timeout.dns", "policy.name.", "policy.rule.no_host"]),
    ("path_rule", &["policy.path.", "policy.rule.path", "policy.rule.denied", "policy.target."]),
    (
        "request_framing",
        &["policy.header.", "policy.method.token", "policy.target.control", "policy.path.control", "policy.body.", "policy.query."],
    ),
    // A hop may fail as a redirect, or as the request that it leads to; a head with NUL is no HTTP.
    (
        "redirect",
        &[
            "policy.redirect.",
            "policy.target.",
            "policy.path.",
            "policy.rule.",
            "policy.header.framing",
            "egress.addr.",
            "egress.protocol.malformed",
        ],
    ),
    // Which of these it is that a misdeed must be refused by, its scenario says.
    ("response", &["egress.size.", "egress.protocol.", "egress.timeout.", "egress.websocket."]),
    // A server may fail by where its name leads, and a kept connection by the rule that no longer allows it.
    ("tls", &["egress.tls.", "egress.addr.", "policy.rule."]),
    // A load that fails, a share that is used up, a rule that is gone: which of these it must be, its scenario says.
    (
        "limits_tenancy",
        &["egress.limit.", "egress.rate.", "policy.rule.", "policy.ceiling.", "policy.closed.", "policy.target.", "policy.name."],
    ),
    ("method", &["policy.method.", "policy.rule.method"]),
];

/// Whether a code belongs to a class; `None` for a class whose families nobody has listed.
pub fn belongs(class: &str, code: &str) -> Option<bool> {
    let (_, prefixes) = FAMILIES.iter().find(|(name, _)| *name == class)?;
    Some(prefixes.iter().any(|prefix| code.starts_with(prefix)))
}

//! The stable codes of refusals. A code is logged, documented and never renamed; new ones go to the end of their group.

use std::fmt;

/// Why something was refused, as a stable dotted path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant's words stand in `Code::parts`, the one table that the reference is made from")]
pub enum Code {
    TargetTooLong,
    TargetControl,
    TargetBackslash,
    TargetScheme,
    TargetSlashes,
    TargetNoHost,
    TargetUserinfo,
    TargetPercentInHost,
    TargetBracket,
    TargetZoneId,
    TargetMapped,
    TargetIpv4Form,
    TargetPort,
    TargetAmbiguous,
    NameIdna,
    NameEmptyLabel,
    NameLength,
    NameSpecialUse,
    NameSingleLabel,
    NameLabelBudget,
    NameMetadata,
    PathTriplet,
    PathControl,
    PathUtf8,
    PathEncodedDot,
    PathEncodedSlash,
    PathEncodedBackslash,
    PathDoubleEncoding,
    PathLookalike,
    PathDotParameter,
    PathEmptySegment,
    PathAboveRoot,
    MethodToken,
    MethodForbidden,
    HeaderFraming,
    HeaderName,
    HeaderCount,
    HeaderSize,
    HeaderControl,
    HeaderRange,
    HeaderOverride,
    HeaderForwarding,
    HeaderRequired,
    QueryRequired,
    BodySchema,
    CeilingDenied,
    CeilingHost,
    Lockdown,
    Paused,
    RuleDenied,
    RuleNoHost,
    RuleScheme,
    RulePort,
    RulePath,
    RuleMethod,
    HookRefused,
    HookFailed,
    AuthConflict,
    AuthRequired,
    AuthMisplaced,
    AuthRange,
    RedirectDowngrade,
    RedirectLocation,
    RedirectLimit,
    RedirectRefused,
    RedirectBody,
    RedirectStream,
    RedirectSecret,
    AddrNone,
    AddrUnspecified,
    AddrThisNetwork,
    AddrPrivate,
    AddrShared,
    AddrLoopback,
    AddrLinkLocal,
    AddrMetadata,
    AddrProtocolAssignments,
    AddrDocumentation,
    AddrRelay,
    AddrBenchmark,
    AddrMulticast,
    AddrReserved,
    AddrBroadcast,
    AddrUniqueLocal,
    AddrSiteLocal,
    AddrOutsideGlobal,
    AddrCompatible,
    AddrTranslated,
    AddrNat64,
    AddrTunnel,
    AddrOwn,
    AddrListener,
    AddrNotAdmitted,
    AddrNeighbour,
}

impl Code {
    /// Every code, in the order of the reference page.
    pub const ALL: [Self; Self::AddrNeighbour as usize + 1] = {
        use Code as C;
        [
            C::TargetTooLong,
            C::TargetControl,
            C::TargetBackslash,
            C::TargetScheme,
            C::TargetSlashes,
            C::TargetNoHost,
            C::TargetUserinfo,
            C::TargetPercentInHost,
            C::TargetBracket,
            C::TargetZoneId,
            C::TargetMapped,
            C::TargetIpv4Form,
            C::TargetPort,
            C::TargetAmbiguous,
            C::NameIdna,
            C::NameEmptyLabel,
            C::NameLength,
            C::NameSpecialUse,
            C::NameSingleLabel,
            C::NameLabelBudget,
            C::NameMetadata,
            C::PathTriplet,
            C::PathControl,
            C::PathUtf8,
            C::PathEncodedDot,
            C::PathEncodedSlash,
            C::PathEncodedBackslash,
            C::PathDoubleEncoding,
            C::PathLookalike,
            C::PathDotParameter,
            C::PathEmptySegment,
            C::PathAboveRoot,
            C::MethodToken,
            C::MethodForbidden,
            C::HeaderFraming,
            C::HeaderName,
            C::HeaderCount,
            C::HeaderSize,
            C::HeaderControl,
            C::HeaderRange,
            C::HeaderOverride,
            C::HeaderForwarding,
            C::HeaderRequired,
            C::QueryRequired,
            C::BodySchema,
            C::CeilingDenied,
            C::CeilingHost,
            C::Lockdown,
            C::Paused,
            C::RuleDenied,
            C::RuleNoHost,
            C::RuleScheme,
            C::RulePort,
            C::RulePath,
            C::RuleMethod,
            C::HookRefused,
            C::HookFailed,
            C::AuthConflict,
            C::AuthRequired,
            C::AuthMisplaced,
            C::AuthRange,
            C::RedirectDowngrade,
            C::RedirectLocation,
            C::RedirectLimit,
            C::RedirectRefused,
            C::RedirectBody,
            C::RedirectStream,
            C::RedirectSecret,
            C::AddrNone,
            C::AddrUnspecified,
            C::AddrThisNetwork,
            C::AddrPrivate,
            C::AddrShared,
            C::AddrLoopback,
            C::AddrLinkLocal,
            C::AddrMetadata,
            C::AddrProtocolAssignments,
            C::AddrDocumentation,
            C::AddrRelay,
            C::AddrBenchmark,
            C::AddrMulticast,
            C::AddrReserved,
            C::AddrBroadcast,
            C::AddrUniqueLocal,
            C::AddrSiteLocal,
            C::AddrOutsideGlobal,
            C::AddrCompatible,
            C::AddrTranslated,
            C::AddrNat64,
            C::AddrTunnel,
            C::AddrOwn,
            C::AddrListener,
            C::AddrNotAdmitted,
            C::AddrNeighbour,
        ]
    };

    /// The dotted path, for example `policy.path.encoded_slash`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.parts().0
    }

    /// Whether it says that no allow rule matches: the one outcome that the report mode softens. Plain http where https is
    /// wanted is a downgrade and stays refused.
    pub(crate) const fn is_no_match(self) -> bool {
        matches!(self, Self::RuleNoHost | Self::RulePort | Self::RulePath | Self::RuleMethod)
    }

    /// What the code means, in one sentence for the reference page.
    #[must_use]
    pub const fn about(self) -> &'static str {
        self.parts().1
    }

    #[expect(clippy::too_many_lines, reason = "one table, a line a code")]
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::TargetTooLong => ("policy.target.too_long", "The URL is over 8 KiB."),
            Self::TargetControl => ("policy.target.control", "The URL holds a space, a control character or NUL."),
            Self::TargetBackslash => ("policy.target.backslash", "The URL holds a backslash before its query; parsers disagree about it."),
            Self::TargetScheme => ("policy.target.scheme", "The scheme is neither http nor https, or there is none."),
            Self::TargetSlashes => ("policy.target.slashes", "The scheme is not followed by exactly two slashes."),
            Self::TargetNoHost => ("policy.target.no_host", "The URL names no host."),
            Self::TargetUserinfo => ("policy.target.userinfo", "The URL carries a user name or password, which hides the host."),
            Self::TargetPercentInHost => ("policy.target.percent_in_host", "The host holds a percent sign."),
            Self::TargetBracket => ("policy.target.bracket", "What stands in brackets is no IPv6 address."),
            Self::TargetZoneId => ("policy.target.zone_id", "The IPv6 address has a zone id."),
            Self::TargetMapped => ("policy.target.mapped", "The host is an IPv4 address in its IPv6-mapped form."),
            Self::TargetIpv4Form => ("policy.target.ipv4_form", "The host ends in a number but is no plain dotted-quad IPv4 address."),
            Self::TargetPort => ("policy.target.port", "The port is no number from 1 to 65535."),
            Self::TargetAmbiguous => ("policy.target.ambiguous", "The standard URL parser reads the URL differently."),
            Self::NameIdna => ("policy.name.idna", "The host is no valid domain name under UTS 46, strict."),
            Self::NameEmptyLabel => ("policy.name.empty_label", "The host has an empty label, or two trailing dots."),
            Self::NameLength => ("policy.name.length", "A label is over 63 or the name over 253 octets."),
            Self::NameSpecialUse => ("policy.name.special_use", "The name is reserved for local or special use."),
            Self::NameSingleLabel => ("policy.name.single_label", "The name has one label and would be searched locally."),
            Self::NameLabelBudget => {
                ("policy.name.label_budget", "The labels under a wildcard are long, many or random enough to carry data out.")
            }
            Self::NameMetadata => ("policy.name.metadata", "The name of a cloud's metadata service, which no rule opens."),
            Self::PathTriplet => ("policy.path.triplet", "A percent sign is not followed by two hexadecimal digits."),
            Self::PathControl => ("policy.path.control", "The path encodes a control character."),
            Self::PathUtf8 => ("policy.path.utf8", "The path's encoded bytes are no valid UTF-8, or overlong."),
            Self::PathEncodedDot => ("policy.path.encoded_dot", "A dot segment is written with percent-encoding."),
            Self::PathEncodedSlash => ("policy.path.encoded_slash", "The path holds an encoded slash and the route does not opt in."),
            Self::PathEncodedBackslash => ("policy.path.encoded_backslash", "The path holds an encoded backslash."),
            Self::PathDoubleEncoding => ("policy.path.double_encoding", "The path is percent-encoded twice."),
            Self::PathLookalike => {
                ("policy.path.lookalike", "The path holds a character that normalises to a dot, a slash or a backslash.")
            }
            Self::PathDotParameter => ("policy.path.dot_parameter", "A path parameter stands behind a dot segment."),
            Self::PathEmptySegment => ("policy.path.empty_segment", "The path holds two slashes in a row."),
            Self::PathAboveRoot => ("policy.path.above_root", "The path's dot segments climb above its root."),
            Self::MethodToken => ("policy.method.token", "The method is no upper-case token of at most 32 letters."),
            Self::MethodForbidden => ("policy.method.forbidden", "CONNECT, TRACE and TRACK are never sent."),
            Self::HeaderFraming => {
                ("policy.header.framing", "The header frames, routes or authenticates to a proxy; the kernel writes those itself.")
            }
            Self::HeaderName => ("policy.header.name", "The header's name or value is malformed."),
            Self::HeaderCount => ("policy.header.count", "The request has over 100 header fields."),
            Self::HeaderSize => ("policy.header.size", "The request's header fields are over 64 KiB."),
            Self::HeaderControl => ("policy.header.control", "The header speaks to a proxy or to the kernel itself."),
            Self::HeaderRange => ("policy.header.range", "The request asks for more than 16 ranges (RFC 9110, 14.2)."),
            Self::HeaderOverride => (
                "policy.header.override",
                "The header makes a server see another method or path, and the rule does not say override_headers.",
            ),
            Self::HeaderForwarding => {
                ("policy.header.forwarding", "The header speaks of another client or host, and the rule does not say forwarding_headers.")
            }
            Self::HeaderRequired => {
                ("policy.header.required", "A field that the rule or the route demands is missing, or holds something else.")
            }
            Self::QueryRequired => {
                ("policy.query.required", "A parameter that the rule or the route demands is missing, or holds something else.")
            }
            Self::BodySchema => ("policy.body.schema", "The body does not fit the JSON Schema of the rule or the route."),
            Self::CeilingDenied => ("policy.ceiling.denied", "A deny rule of the server's ceiling matches."),
            Self::CeilingHost => ("policy.ceiling.host", "The host is outside of the set that the server's ceiling allows."),
            Self::Lockdown => ("policy.closed.lockdown", "The owner has locked the network down."),
            Self::Paused => ("policy.closed.paused", "The owner has paused the app."),
            Self::RuleDenied => ("policy.rule.denied", "A deny rule matches."),
            Self::RuleNoHost => ("policy.rule.no_host", "No rule names the host."),
            Self::RuleScheme => ("policy.rule.scheme", "The rule for the host wants https."),
            Self::RulePort => ("policy.rule.port", "No rule for the host names the port."),
            Self::RulePath => ("policy.rule.path", "No route of the host's rules matches the path."),
            Self::RuleMethod => ("policy.rule.method", "The routes that match the path do not allow the method."),
            Self::HookRefused => ("policy.hook.refused", "No rule names the host, and the policy hook refuses the request."),
            Self::HookFailed => ("policy.hook.failed", "No rule names the host, and the policy hook failed or took too long."),
            Self::AuthConflict => ("policy.auth.conflict", "The place of a secret holds something else than its placeholder, once."),
            Self::AuthRequired => ("policy.auth.required", "The request carries a credential of its own, and the rule says require."),
            Self::AuthMisplaced => ("policy.auth.misplaced", "A secret's placeholder stands where that secret does not go."),
            Self::AuthRange => ("policy.auth.range", "The request asks for a part of a response of an origin that has secrets."),
            Self::RedirectDowngrade => ("policy.redirect.downgrade", "A redirect leads from https to http."),
            Self::RedirectLocation => ("policy.redirect.location", "A redirect's Location is missing, repeated or unreadable."),
            Self::RedirectLimit => ("policy.redirect.limit", "There were more redirects than allowed."),
            Self::RedirectRefused => ("policy.redirect.refused", "The caller asked not to be redirected."),
            Self::RedirectBody => ("policy.redirect.body", "A 307 or 308 would carry the body to another origin."),
            Self::RedirectStream => ("policy.redirect.stream", "A 307 or 308 would send a body again that is a stream and was begun."),
            Self::RedirectSecret => ("policy.redirect.secret", "A redirect's Location holds a secret that is granted to the origin."),
            Self::AddrNone => ("egress.addr.none", "The name has no address."),
            Self::AddrUnspecified => ("egress.addr.unspecified", "The unspecified address (0.0.0.0, ::)."),
            Self::AddrThisNetwork => ("egress.addr.this_network", "0.0.0.0/8, this network (RFC 791)."),
            Self::AddrPrivate => ("egress.addr.private", "Private use (RFC 1918)."),
            Self::AddrShared => ("egress.addr.shared", "Shared address space, 100.64.0.0/10 (RFC 6598)."),
            Self::AddrLoopback => ("egress.addr.loopback", "Loopback."),
            Self::AddrLinkLocal => ("egress.addr.link_local", "Link-local (RFC 3927, RFC 4291)."),
            Self::AddrMetadata => ("egress.addr.metadata", "A cloud's metadata or control service."),
            Self::AddrProtocolAssignments => ("egress.addr.protocol_assignments", "IETF protocol assignments (RFC 6890, RFC 2928)."),
            Self::AddrDocumentation => ("egress.addr.documentation", "Documentation (RFC 5737, RFC 3849, RFC 9637)."),
            Self::AddrRelay => ("egress.addr.relay", "6to4 relay anycast (RFC 7526)."),
            Self::AddrBenchmark => ("egress.addr.benchmark", "Benchmarking (RFC 2544)."),
            Self::AddrMulticast => ("egress.addr.multicast", "Multicast."),
            Self::AddrReserved => ("egress.addr.reserved", "Reserved, 240.0.0.0/4 (RFC 1112)."),
            Self::AddrBroadcast => ("egress.addr.broadcast", "Limited broadcast."),
            Self::AddrUniqueLocal => ("egress.addr.unique_local", "Unique local, fc00::/7 (RFC 4193)."),
            Self::AddrSiteLocal => ("egress.addr.site_local", "Site-local, deprecated (RFC 3879)."),
            Self::AddrOutsideGlobal => ("egress.addr.outside_global", "IPv6 outside of global unicast, 2000::/3."),
            Self::AddrCompatible => ("egress.addr.compatible", "IPv4-compatible IPv6, ::/96, deprecated (RFC 4291)."),
            Self::AddrTranslated => ("egress.addr.translated", "IPv4-translated IPv6, ::ffff:0:0:0/96 (RFC 2765)."),
            Self::AddrNat64 => ("egress.addr.nat64", "A NAT64 prefix that the operator has not declared (RFC 6052, RFC 8215)."),
            Self::AddrTunnel => ("egress.addr.tunnel", "An IPv6 tunnel that embeds IPv4: Teredo or 6to4."),
            Self::AddrOwn => ("egress.addr.own", "An address of this machine."),
            Self::AddrListener => ("egress.addr.listener", "A listener of Egret itself."),
            Self::AddrNotAdmitted => ("egress.addr.not_admitted", "The connected peer is none of the admitted addresses."),
            Self::AddrNeighbour => ("egress.addr.neighbour", "A global IPv6 address on a link of this machine, behind no router."),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_listed_once_in_order_with_a_unique_path() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert_eq!(*code as usize, index, "{code}");
        }
        let paths: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(paths.len(), Code::ALL.len());
    }
}

//! Which addresses may be reached, in every notation and by every name.

use super::{anything, check, check_answer, deny, fault, open, policy, reached};
use egret_policy::{Ceiling, Mode, Policy, PortRange, RuleSpec, Surroundings};
use std::sync::Arc;

// The list of refused networks had ten entries; each of these was dialled.
#[test]
fn fazt_gaps_of_the_list_of_networks_are_refused() {
    let policy = open().build().unwrap();
    for (answer, code) in [
        ("::", "egress.addr.unspecified"),
        ("0.0.0.0", "egress.addr.unspecified"),
        ("224.0.0.1", "egress.addr.multicast"),
        ("240.0.0.1", "egress.addr.reserved"),
        ("255.255.255.255", "egress.addr.broadcast"),
        ("192.0.0.8", "egress.addr.protocol_assignments"),
        ("192.0.2.1", "egress.addr.documentation"),
        ("198.18.0.1", "egress.addr.benchmark"),
        ("198.51.100.1", "egress.addr.documentation"),
        ("203.0.113.1", "egress.addr.documentation"),
        ("192.88.99.1", "egress.addr.relay"),
        ("ff02::1", "egress.addr.multicast"),
        ("fec0::1", "egress.addr.site_local"),
        ("64:ff9b::a00:1", "egress.addr.nat64"),
        ("64:ff9b:1::a00:1", "egress.addr.nat64"),
        ("2002:a00:1::", "egress.addr.tunnel"),
        ("2001::1", "egress.addr.tunnel"),
        ("::a00:1", "egress.addr.compatible"),
        ("100::1", "egress.addr.outside_global"),
        ("2001:db8::1", "egress.addr.documentation"),
        ("5f00::1", "egress.addr.outside_global"),
        ("168.63.129.16", "egress.addr.metadata"),
    ] {
        check_answer(&policy, answer, code);
    }
}

// The machine's own public addresses were dialled: a function called the administration it ran under.
#[test]
fn fazt_own_public_address_is_not_a_way_around() {
    let around = Surroundings {
        own: vec!["93.184.215.14".parse().unwrap()],
        listeners: vec!["0.0.0.0:443".parse().unwrap()],
        ..Surroundings::default()
    };
    let exempting = RuleSpec { private: vec!["93.184.215.14/32".to_owned()], ..RuleSpec::host("me.test") };
    let reached = |rule, url: &str| reached(&policy([rule]), url, &["93.184.215.14"], &around);
    assert_eq!(reached(RuleSpec::host("me.test"), "https://me.test/"), "egress.addr.listener");
    assert_eq!(reached(exempting, "https://me.test/"), "egress.addr.listener");
    let elsewhere = RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("me.test") };
    assert_eq!(reached(elsewhere, "https://me.test:8443/"), "egress.addr.own");
}

// Addresses were judged as text: `::ffff:7f00:1`, the form that URL parsers print, was a public one.
#[test]
fn iso4_ipv6_mapped_address_is_refused() {
    let policy = open().build().unwrap();
    for form in ["::ffff:7f00:1", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1", "::FFFF:7F00:0001"] {
        check(&policy, &format!("http://[{form}]/"), "policy.target.mapped");
        check_answer(&policy, form, "egress.addr.loopback");
    }
    check_answer(&policy, "::ffff:a9fe:a9fe", "egress.addr.metadata");
    check_answer(&policy, "::ffff:1.1.1.1", "admitted");
}

// The same for every other IPv6 form that leads inwards, and for `::1` written in full.
#[test]
fn iso4_ipv6_forms_that_lead_inwards_are_refused() {
    let policy = open().build().unwrap();
    for (form, code) in [
        ("0:0:0:0:0:0:0:1", "egress.addr.loopback"),
        ("::7f00:1", "egress.addr.compatible"),
        ("64:ff9b::a9fe:a9fe", "egress.addr.nat64"),
        ("2002:7f00:1::", "egress.addr.tunnel"),
        ("2001:0:7f00:1::", "egress.addr.tunnel"),
        ("fec0::1", "egress.addr.site_local"),
        ("ff02::1", "egress.addr.multicast"),
        ("100::1", "egress.addr.outside_global"),
        ("2001:db8::1", "egress.addr.documentation"),
        ("::ffff:0:7f00:1", "egress.addr.translated"),
    ] {
        check_answer(&policy, form, code);
        assert_eq!(reached(&policy, &format!("http://[{form}]/"), &[], &Surroundings::default()), code, "{form} in a URL");
    }
    assert_eq!(reached(&policy, "https://[2606:4700:4700::1111]/", &[], &Surroundings::default()), "admitted");
}

// Switching off the pinning of addresses switched off their judging too.
#[test]
fn iso4_no_mode_switches_the_address_guard_off() {
    let rule = RuleSpec { https_only: false, ..RuleSpec::host("name.test") };
    let elsewhere = deny("other.test", &[]);
    for (mode, rules) in [
        (Mode::Enforce, vec![rule.clone()]),
        (Mode::Report, vec![rule]),
        (Mode::Report, vec![]),
        (Mode::Open(anything()), vec![]),
        (Mode::Denylist(anything()), vec![elsewhere]),
    ] {
        let policy = Policy::builder().mode(mode.clone()).rules(rules).build().unwrap();
        for (answer, code) in
            [("127.0.0.1", "egress.addr.loopback"), ("169.254.169.254", "egress.addr.metadata"), ("10.0.0.1", "egress.addr.private")]
        {
            check_answer(&policy, answer, code);
        }
    }
}

// The private check compared text with a short list of prefixes.
#[test]
fn fastfn_private_check_sees_all_notations() {
    let policy = open().build().unwrap();
    for (host, code) in [
        ("127.0.0.2", "egress.addr.loopback"),
        ("127.255.255.254", "egress.addr.loopback"),
        ("0.0.0.0", "egress.addr.unspecified"),
        ("0.1.2.3", "egress.addr.this_network"),
        ("100.64.0.1", "egress.addr.shared"),
        ("100.100.100.200", "egress.addr.metadata"),
        ("192.0.0.1", "egress.addr.protocol_assignments"),
        ("192.0.0.192", "egress.addr.metadata"),
        ("198.19.255.255", "egress.addr.benchmark"),
        ("172.31.255.255", "egress.addr.private"),
        ("224.0.0.251", "egress.addr.multicast"),
        ("[fc00::1]", "egress.addr.unique_local"),
        ("[fd00:ec2::254]", "egress.addr.metadata"),
        ("[febf::1]", "egress.addr.link_local"),
        ("[::]", "egress.addr.unspecified"),
        ("[ff0e::1]", "egress.addr.multicast"),
        ("[::ffff:10.0.0.1]", "policy.target.mapped"),
        ("127.1", "policy.target.ipv4_form"),
        ("2130706433", "policy.target.ipv4_form"),
        ("0x7f000001", "policy.target.ipv4_form"),
        ("0177.0.0.1", "policy.target.ipv4_form"),
        ("127.0.0.1.", "policy.target.ipv4_form"),
        ("１２７.0.0.1", "policy.target.ipv4_form"),
        ("LOCALHOST", "policy.name.single_label"),
        ("localhost.", "policy.name.single_label"),
        ("a.localhost", "policy.name.special_use"),
    ] {
        assert_eq!(reached(&policy, &format!("http://{host}/"), &[], &Surroundings::default()), code, "{host}");
    }
}

// The private check looked at the name and never at what it resolves to.
#[test]
fn fastfn_names_are_judged_by_what_they_resolve_to() {
    let policy = open().build().unwrap();
    let reached = |host: &str, answers: &[&str]| reached(&policy, &format!("http://{host}/"), answers, &Surroundings::default());
    assert_eq!(reached("127.0.0.1.nip.example", &["127.0.0.1"]), "egress.addr.loopback");
    assert_eq!(reached("rebind.test", &["93.184.215.14", "10.0.0.1"]), "egress.addr.private");
    assert_eq!(reached("rebind.test", &["93.184.215.14", "fd00::1"]), "egress.addr.unique_local");
    assert_eq!(reached("metadata.google.internal", &["169.254.169.254"]), "policy.name.metadata");
    assert_eq!(reached("db.internal", &["10.0.0.7"]), "policy.name.special_use");
    assert_eq!(reached("redis", &["172.18.0.2"]), "policy.name.single_label");
    assert_eq!(reached("kubernetes.default.svc", &["10.96.0.1"]), "policy.name.special_use");
    assert_eq!(reached("nowhere.test", &[]), "egress.addr.none");
}

// One switch opened every private network at once.
#[test]
fn fastfn_private_networks_are_opened_one_by_one() {
    let policy = policy([RuleSpec { private: vec!["10.1.2.0/24".to_owned()], ..RuleSpec::host("name.test") }]);
    check_answer(&policy, "10.1.2.3", "admitted");
    for (answer, code) in
        [("10.1.3.3", "egress.addr.private"), ("127.0.0.1", "egress.addr.loopback"), ("169.254.169.254", "egress.addr.metadata")]
    {
        check_answer(&policy, answer, code);
    }
    for net in ["0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/32", "168.63.129.16/32", "::ffff:10.0.0.0/104", "true"] {
        let rule = RuleSpec { private: vec![net.to_owned()], ..RuleSpec::host("name.test") };
        assert_eq!(fault(rule).as_deref(), Some("private[0]"), "{net}");
    }
}

// A request from the machine itself was an administrator's, and functions could make one.
#[test]
fn fastfn_control_plane_is_reached_by_no_spelling_of_the_machine() {
    let around = Surroundings {
        own: vec!["10.0.0.5".parse().unwrap()],
        listeners: vec!["0.0.0.0:8080".parse().unwrap()],
        ..Surroundings::default()
    };
    let rule = |host: &str| RuleSpec {
        ports: Some(vec![PortRange::single(8080)]),
        https_only: false,
        private: ["127.0.0.0/8", "::1/128", "10.0.0.0/8"].map(str::to_owned).to_vec(),
        ..RuleSpec::host(host)
    };
    for host in ["127.0.0.1", "127.0.0.2", "10.0.0.5", "[::1]"] {
        assert_eq!(reached(&policy([rule(host)]), &format!("http://{host}:8080/_fn"), &[], &around), "egress.addr.listener", "{host}");
    }
    for answer in ["127.9.9.9", "::1", "::ffff:10.0.0.5"] {
        let policy = policy([rule("name.test")]);
        assert_eq!(reached(&policy, "http://name.test:8080/_fn", &[answer], &around), "egress.addr.listener", "{answer}");
    }
}

// An address in place of a name passed the list of names.
#[test]
fn agent_glovebox_address_is_no_allowed_name() {
    let policy = policy([RuleSpec::host("api.test"), RuleSpec::host("**.example.com")]);
    for host in ["93.184.215.14", "[2606:4700:4700::1111]"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.no_host");
    }
}

// Numeric aliases of an address passed a deny list of addresses.
#[test]
fn deno_numeric_alias_is_no_way_around_a_denied_address() {
    let policy = open().rule(deny("93.184.215.14", &[])).build().unwrap();
    check(&policy, "https://93.184.215.14/", "policy.rule.denied");
    for alias in ["1572395790", "0x5db8d70e", "0135.0270.0327.016", "93.184.55054", "93.0xb8d70e", "93.184.215.014"] {
        check(&policy, &format!("https://{alias}/"), "policy.target.ipv4_form");
    }
    assert_eq!(reached(&policy, "https://alias.test/", &["93.184.215.14"], &Surroundings::default()), "policy.rule.denied");
}

// Where NAT64 is the only way out, it was either closed or a way to every private address.
#[test]
fn fizzy_declared_nat64_is_judged_by_the_address_inside() {
    let policy = open().nat64("64:ff9b::/96".parse().unwrap()).build().unwrap();
    check_answer(&policy, "64:ff9b::1.1.1.1", "admitted");
    for (inside, code) in
        [("127.0.0.1", "egress.addr.loopback"), ("10.0.0.1", "egress.addr.private"), ("169.254.169.254", "egress.addr.metadata")]
    {
        check_answer(&policy, &format!("64:ff9b::{inside}"), code);
    }
    check_answer(&policy, "64:ff9b:1::1.1.1.1", "egress.addr.nat64");
}

// The same where the rule names ports: a name that resolves to the address goes there on those very ports.
#[test]
fn deno_denied_address_is_denied_on_its_ports_by_every_name() {
    let rule = RuleSpec { ports: Some(vec![PortRange::single(443)]), ..deny("93.184.215.14", &[]) };
    let ceiling = Arc::new(Ceiling::build(vec![rule.clone()], None).unwrap());
    for policy in [open().rule(rule).build().unwrap(), open().ceiling(ceiling).build().unwrap()] {
        let reached = |url: &str| reached(&policy, url, &["93.184.215.14"], &Surroundings::default());
        assert_eq!(reached("https://alias.test:8443/"), "admitted");
        assert_eq!(reached("https://alias.test/"), "policy.rule.denied");
    }
}

// A list of addresses, and names of metadata services that stand in public DNS for public addresses.
#[test]
fn metadata_services_are_refused_by_name_in_every_mode() {
    let names = ["metadata.google.internal", "metadata.goog", "METADATA.goog.", "metadata.packet.net", "metadata.platformequinix.com"];
    let others = ["instance-data", "instance-data.ec2.internal", "api.metadata.cloud.ibm.com", "metadata.tencentyun.com"];
    let wide = RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("**.packet.net") };
    for policy in [open().build().unwrap(), policy([wide]), Policy::builder().mode(Mode::Report).build().unwrap()] {
        for name in names.iter().chain(&others) {
            check(&policy, &format!("https://{name}/latest"), "policy.name.metadata");
        }
    }
    assert_eq!(fault(RuleSpec::host("metadata.packet.net")).as_deref(), Some("host"));
    assert_eq!(fault(RuleSpec { private: vec!["10.0.0.1/32".to_owned()], ..RuleSpec::host("instance-data") }).as_deref(), Some("host"));
}

// The same services by address: one that is public, and those that lie inside networks that rules exempt.
#[test]
fn metadata_services_are_refused_by_address_whatever_is_exempted() {
    for answer in ["192.80.8.124", "fd00:42::42", "fd00:a9fe:a9fe::1", "fd00:c1::a9fe:a9fe", "fd00:100::100:200"] {
        check_answer(&open().build().unwrap(), answer, "egress.addr.metadata");
        let exempting = |net: &str| RuleSpec { private: vec![net.to_owned()], ..RuleSpec::host("name.test") };
        let net = if answer.contains(':') { "fd00::/8" } else { "192.80.8.0/24" };
        assert_eq!(fault(exempting(net)).as_deref(), Some("private[0]"), "{net}");
    }
}

//! Where spans go: one origin and path, which is all that the policy of the exporter allows.

use crate::Error;
use egret_policy::{Policy, PortRange, RouteSpec, RuleSpec, Scheme, Target};

/// Where OTLP over HTTP takes traces, below the address of a collector.
const TRACES: &str = "/v1/traces";

/// A collector that was checked.
#[derive(Debug)]
pub struct Collector {
    pub(crate) url: String,
    pub(crate) policy: Policy,
}

impl Collector {
    /// Reads the address of a collector, for example `https://collector.example.com:4318`; `/v1/traces` is put behind it. `private` are
    /// the networks outside the public one that it may lie in, as a rule has them.
    ///
    /// # Errors
    /// [`Error::Collector`] with what is wrong.
    pub fn parse(address: &str, private: &[String]) -> Result<Self, Error> {
        let url = [address.trim_end_matches('/'), TRACES].concat();
        let target = Target::parse(&url).map_err(|denial| Error::Collector(denial.message().to_owned()))?;
        // Credentials would stand in command lines and in the list of processes.
        if target.query().is_some() || address.contains(['?', '#']) {
            return Err(Error::Collector("it must have no query and no fragment".to_owned()));
        }
        if target.path().contains(['*', ':', '(', ')']) {
            return Err(Error::Collector("its path must not hold what a rule's path pattern is made of".to_owned()));
        }
        let policy = Policy::builder().rules([rule(&target, private)]).build();
        let words = |faults: Vec<egret_policy::Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Ok(Self { url, policy: policy.map_err(|faults| Error::Collector(words(faults)))? })
    }
}

fn rule(target: &Target, private: &[String]) -> RuleSpec {
    RuleSpec {
        ports: Some(vec![PortRange::single(target.port())]),
        https_only: target.scheme() == Scheme::Https,
        routes: Some(vec![RouteSpec { methods: Some(vec!["POST".to_owned()]), ..RouteSpec::path(target.path()) }]),
        private: private.to_vec(),
        ..RuleSpec::host(target.host().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_one_origin_and_one_path() {
        let collector = Collector::parse("https://collector.example.com:4318/", &[]).unwrap();
        assert_eq!(collector.url, "https://collector.example.com:4318/v1/traces");
        let allows = |method: http::Method, url: &str| {
            let request = egret_policy::Request::parse(method, url, http::HeaderMap::new()).unwrap();
            collector.policy.decide(request).is_ok()
        };
        assert!(allows(http::Method::POST, &collector.url));
        assert!(!allows(http::Method::GET, &collector.url));
        assert!(!allows(http::Method::POST, "https://collector.example.com:4318/v1/logs"));
        assert!(!allows(http::Method::POST, "https://collector.example.com/v1/traces"));
        assert!(!allows(http::Method::POST, "http://collector.example.com:4318/v1/traces"));
    }

    #[test]
    fn what_is_no_address_of_a_collector_is_told() {
        for bad in
            ["collector", "ftp://a.test", "https://a.test?key=hunter2", "https://u:p@a.test", "https://a.test/**", "https://a.test#x"]
        {
            let error = Collector::parse(bad, &[]).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(Collector::parse("https://a.test", &["10.0.0.0/99".to_owned()]).is_err());
    }
}

//! How a secret goes out and what comes back, as sets of keys. A key that is not listed is not understood.

use serde::Deserialize;

/// What happens around a secret. Which keys are there is the case's shape; `play/secret.rs` has one scenario for each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flow {
    /// The place that it goes into: `header:authorization`, `basic`, `query`, `path`, `body`, `none`, or what is no place.
    pub inject: Option<String>,
    pub response_body: Option<String>,
    pub response_headers: Vec<(String, String)>,
    pub response_trailers: Vec<(String, String)>,
    pub status_line: Option<String>,
    /// The content coding under which an echo comes.
    pub encoding: Option<String>,
    /// The pieces in which a body comes.
    pub chunks: Vec<String>,
    /// Whether the cap on bodies cuts an echo in two.
    pub truncate_at_secret: bool,
    pub ws_fragments: Vec<String>,
    /// Ranges that the guest asks for.
    pub ranges: Vec<String>,
    /// What would tell of a secret's length.
    pub oracle: Option<String>,
    pub redirect_to: Option<String>,
    /// Another host that the guest names.
    pub host: Option<String>,
    /// A URL of the guest's; `{{secret:name}}` stands for a placeholder.
    pub url: Option<String>,
    pub body: Option<String>,
    /// Header fields of the guest's.
    pub headers: Vec<(String, String)>,
    /// The name that the guest gives.
    pub secret: Option<String>,
    /// Names that a guest tries.
    pub probe: Vec<String>,
    /// Another app that asks.
    pub app: Option<String>,
    pub secret_value: Option<String>,
    /// The phase that fails.
    pub error: Option<String>,
    /// What is searched.
    pub sink: Option<String>,
    /// What must hold beside: the scenario knows it.
    #[serde(rename = "effect")]
    _effect: Option<String>,
}

impl Flow {
    /// The keys that are there, but for the effect and the place, in the order above.
    pub fn shape(&self) -> Vec<&'static str> {
        let keys = [
            ("response_body", self.response_body.is_some()),
            ("response_headers", !self.response_headers.is_empty()),
            ("response_trailers", !self.response_trailers.is_empty()),
            ("status_line", self.status_line.is_some()),
            ("encoding", self.encoding.is_some()),
            ("chunks", !self.chunks.is_empty()),
            ("truncate_at_secret", self.truncate_at_secret),
            ("ws_fragments", !self.ws_fragments.is_empty()),
            ("ranges", !self.ranges.is_empty()),
            ("oracle", self.oracle.is_some()),
            ("redirect_to", self.redirect_to.is_some()),
            ("host", self.host.is_some()),
            ("url", self.url.is_some()),
            ("body", self.body.is_some()),
            ("headers", !self.headers.is_empty()),
            ("secret", self.secret.is_some()),
            ("probe", !self.probe.is_empty()),
            ("app", self.app.is_some()),
            ("secret_value", self.secret_value.is_some()),
            ("error", self.error.is_some()),
            ("sink", self.sink.is_some()),
        ];
        keys.into_iter().filter(|(_, is_there)| *is_there).map(|(key, _)| key).collect()
    }
}

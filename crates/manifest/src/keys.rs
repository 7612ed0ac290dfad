//! The list: every table and key of a manifest.

mod actions;
mod cache;

pub use actions::{BREAKER, RETRY};
pub use cache::CACHE;

use crate::shape::{Key, Kind, Literal, Own, Table, Text};
use egret_limits::Limit;
use egret_limits::list::invocation;

/// Rules of one manifest, those for development included, at most: every rule is compared with every other of its host.
pub const MAX_RULES: usize = 1_000;
/// Routes of one rule, at most.
pub const MAX_ROUTES: usize = 1_000;
/// Names in one list of secrets, at most.
pub const MAX_SECRETS: usize = 100;

const VERSION: Key = required("version", "The version of the format: 1.", Kind::Number(1, 1));
const MODE: Key = Key {
    name: "mode",
    about: "How strict the rules are. Every mode but \"enforce\" is asked for when the app is started.",
    required: false,
    default: Some(Literal::Text("enforce")),
    kind: Kind::Choice(&[
        ("enforce", "What no rule allows is refused."),
        ("report", "What no rule allows is let through to public hosts, and reported."),
        ("open", "What no rule names is let through to public https hosts."),
        ("denylist", "The same; wants at least one rule with deny = true, and none without."),
    ]),
};
const DEFAULTS_KEY: Key = optional("defaults", "What holds for every request, whichever rule allows it.", Kind::Table(&DEFAULTS));
const NET: Key = Key {
    name: "net",
    about: "The rules: what the functions may reach. A string stands for a rule with that host.",
    required: false,
    default: Some(Literal::Nothing),
    kind: RULES,
};
const SCHEMA: Key =
    optional("$schema", "Where an editor finds this schema. Egret looks at nothing there.", text(None, &["./egret.schema.json"]));
const RULES: Kind = Kind::List(&Kind::Either(&[HOST, Kind::Table(&RULE)]), Some(MAX_RULES));

/// The manifest itself.
pub static MANIFEST: Table = Table {
    name: "manifest",
    about: "The manifest of an app, egret.toml or egret.json: what it is called, what it may reach, and what it may use.",
    keys: &[
        VERSION,
        required(
            "name",
            "A label for people: 1 to 63 lower-case letters, digits and hyphens, no hyphen first.",
            text(Some("^[a-z0-9][a-z0-9-]{0,62}$"), &["shop"]),
        ),
        MODE,
        DEFAULTS_KEY,
        NET,
        optional("vars", "Plain values: env.NAME in the code.", Kind::Table(&VARS)),
        optional("secrets", "The secrets that the app asks for: names, never values.", Kind::Table(&SECRETS)),
        optional("limits", "What one invocation may use.", Kind::Table(&LIMITS)),
        optional("dev", "What holds under `egret dev` only.", Kind::Table(&DEV)),
        SCHEMA,
    ],
    own: None,
};

/// A file of rules alone, for `egret net explain --policy`.
pub static RULE_FILE: Table =
    Table { name: "rules", about: "Rules without an app.", keys: &[VERSION, MODE, DEFAULTS_KEY, NET, SCHEMA], own: None };

/// `defaults`.
pub static DEFAULTS: Table =
    Table { name: "defaults", about: "What holds for every request, whichever rule allows it.", keys: &[MIDDLEWARE], own: None };

/// `vars`.
pub static VARS: Table = Table {
    name: "vars",
    about: "Plain values: env.NAME in the code.",
    keys: &[],
    own: Some(Own { names: Text { pattern: Some("^[A-Za-z_][A-Za-z0-9_]*$"), examples: &["REGION"] }, of: text(None, &[]) }),
};

/// `secrets`.
pub static SECRETS: Table = Table {
    name: "secrets",
    about: "The secrets that the app asks for: names, never values. env.NAME in the code is a placeholder. Asked for when the app is started.",
    keys: &[
        optional("required", "Secrets that the app cannot do its work without, and that rules may put into requests.", SECRET_NAMES),
        optional("hmac", "Secrets that code may have the host compute an HMAC with: egret.secret(NAME).", SECRET_NAMES),
    ],
    own: None,
};

/// `limits`.
pub static LIMITS: Table = Table {
    name: "limits",
    about: "What one invocation may use. The server's owner may allow less.",
    keys: &[limit(&invocation::WALL), limit(&invocation::CPU), limit(&invocation::HEAP)],
    own: None,
};

/// `dev`.
pub static DEV: Table = Table {
    name: "dev",
    about: "What holds under `egret dev` only.",
    keys: &[
        Key { name: "net", about: "Rules as in net, for development only.", required: false, default: Some(Literal::Nothing), kind: RULES },
        optional("upstream", "Stand-ins for real APIs that are started beside the app.", Kind::List(&Kind::Table(&UPSTREAM), None)),
    ],
    own: None,
};

/// One value of `dev.upstream`.
pub static UPSTREAM: Table = Table {
    name: "upstream",
    about: "A stand-in for a real API: a folder of functions, served over TLS on 127.0.0.1 under a name of its own.",
    keys: &[
        required("host", "The name that the app's functions call.", text(None, &["upstream.test"])),
        required("port", "The port, in the URL and on 127.0.0.1.", PORT),
        required("functions", "The folder of its functions, inside the app's own.", text(Some("^[^/]"), &["upstream"])),
    ],
    own: None,
};

/// One value of `net` and `dev.net`.
pub static RULE: Table = Table {
    name: "rule",
    about: "What may be reached, or must not be.",
    keys: &[
        required(
            "host",
            "A host, \"*.\" and one label below a name, \"**.\" and any number of labels, or an address; never the name itself.",
            HOST,
        ),
        flag("deny", "Whether to refuse what matches, whatever else allows it.", false),
        flag("https_only", "Whether plain http is refused.", true),
        flag("override_headers", "Whether fields may be sent that make a server see another method or path.", false),
        flag("forwarding_headers", "Whether fields may be sent that speak of another client or host.", false),
        optional(
            "ports",
            "Ports or ranges of them. Without it the scheme's own; for a deny rule every port.",
            Kind::Either(&[PORT, PORTS, Kind::List(&Kind::Either(&[PORT, PORTS]), None)]),
        ),
        Key {
            name: "private",
            about: "Networks that this host may resolve to although they are not public. Asked for when the app is started.",
            required: false,
            default: Some(Literal::Nothing),
            kind: Kind::Either(&[NETWORK, Kind::List(&NETWORK, None)]),
        },
        optional(
            "routes",
            "Paths and methods. Without it every path with the usual methods; an empty list is nothing. A string stands for a route with that path.",
            Kind::List(&Kind::Either(&[PATH, Kind::Table(&ROUTE)]), Some(MAX_ROUTES)),
        ),
        optional("tls", "What is demanded of TLS beyond a certificate that the web's authorities signed.", Kind::Table(&TLS)),
        optional("auth", "The secret that is put into every request of the rule. Wants the exact name of a host.", Kind::Table(&AUTH)),
        flag("require", "Whether credentials that the code sends of its own are refused.", false),
        flag("redirect_body", "Whether a body may follow a redirect (307, 308) to another origin, which its own rule must allow.", false),
        actions::RETRY_KEY,
        actions::RATE,
        actions::BURST,
        actions::RATE_WAIT,
        actions::BREAKER_KEY,
        actions::TIMEOUT,
        actions::MAX_RESPONSE,
        cache::CACHE_KEY,
        MIDDLEWARE,
        SET_HEADER,
        REMOVE_HEADER,
        REWRITE_PATH,
        RESPOND_KEY,
        REQUIRE_HEADER,
        REQUIRE_QUERY,
        BODY_SCHEMA,
    ],
    own: None,
};

/// `auth` of a rule.
pub static AUTH: Table = Table {
    name: "auth",
    about: "The secret that is put into every request of the rule, in place of what the code wrote there.",
    keys: &[
        required(
            "secret",
            "The secret's name: capital letters, digits and underscores, a letter first.",
            text(Some("^[A-Z][A-Z0-9_]{0,63}$"), &["STRIPE_KEY"]),
        ),
        required(
            "as",
            "Where it goes: \"bearer\", \"basic\" (its value is user:password), \"header:NAME\", \"query:NAME\", or where its placeholder stands in the \"path\" or the \"body\".",
            text(Some("^(bearer|basic|path|body|header:[^:\\s]+|query:[A-Za-z0-9._-]{1,64})$"), &["bearer", "header:x-api-key"]),
        ),
    ],
    own: None,
};

/// `tls` of a rule.
pub static TLS: Table = Table {
    name: "tls",
    about: "What is demanded of TLS beyond a certificate that the web's authorities signed.",
    keys: &[
        optional(
            "roots",
            "Certificate authorities that are trusted for this rule too, as PEM text. Asked for when the app is started.",
            Kind::Either(&[PEM, Kind::List(&PEM, None)]),
        ),
        flag("only_roots", "Whether those of roots alone are trusted. Asked for when the app is started.", false),
        optional(
            "pins",
            "Hashes of public keys, one of which the verified chain must hold (RFC 7469).",
            Kind::Either(&[PIN, Kind::List(&PIN, None)]),
        ),
        optional(
            "identity",
            "The name of a client certificate of the server's. Asked for when the app is started.",
            text(None, &["billing"]),
        ),
        Key {
            name: "min",
            about: "The lowest version that is spoken.",
            required: false,
            default: Some(Literal::Text("1.2")),
            kind: Kind::Choice(&[("1.2", "TLS 1.2 or 1.3."), ("1.3", "TLS 1.3 alone.")]),
        },
    ],
    own: None,
};

/// One value of `routes`.
pub static ROUTE: Table = Table {
    name: "route",
    about: "A path of a rule, with its methods.",
    keys: &[
        required("path", "A pattern: \":name\" and \"*\" are one segment, \"**\" at the end is none or more.", PATH),
        optional(
            "methods",
            "Methods in upper case. Without it GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS; for a deny rule every method.",
            Kind::Either(&[METHOD, Kind::List(&METHOD, None)]),
        ),
        flag("encoded_slash", "Whether the path may hold %2F.", false),
        actions::TIMEOUT,
        actions::MAX_RESPONSE,
        MIDDLEWARE,
        SET_HEADER,
        REMOVE_HEADER,
        REWRITE_PATH,
        RESPOND_KEY,
        REQUIRE_HEADER,
        REQUIRE_QUERY,
        BODY_SCHEMA,
    ],
    own: None,
};

const MIDDLEWARE: Key = optional(
    "middleware",
    "Names of middleware that the server was given, from the outside in.",
    Kind::Either(&[MIDDLEWARE_NAME, Kind::List(&MIDDLEWARE_NAME, Some(16))]),
);
const SET_HEADER: Key =
    optional("set_header", "Fields that every request gets, in place of those of the code's own.", Kind::Table(&FIELDS));
const REMOVE_HEADER: Key = optional("remove_header", "Fields that no request keeps.", Kind::Either(&[FIELD, Kind::List(&FIELD, None)]));
const REWRITE_PATH: Key =
    optional("rewrite_path", "The path that is asked for instead; a segment \":name\" is the path's parameter of that name.", PATH);
const RESPOND_KEY: Key = optional("respond", "The answer to every request; nothing is sent.", Kind::Table(&RESPOND));
const REQUIRE_HEADER: Key =
    optional("require_header", "Fields without which a request is refused; true for any value.", Kind::Table(&WANTED));
const REQUIRE_QUERY: Key =
    optional("require_query", "Parameters of the query without which a request is refused; true for any value.", Kind::Table(&WANTED));
const BODY_SCHEMA: Key = optional(
    "body_schema",
    "The JSON Schema that a request's body must fit, as a table or as JSON text. It refers to no other document and not to itself.",
    Kind::Json,
);

/// `set_header`, and `headers` of `respond`.
pub static FIELDS: Table = Table {
    name: "fields",
    about: "Header fields: names in lower case, with their values.",
    keys: &[],
    own: Some(Own { names: Text { pattern: Some(FIELD_NAME), examples: &["x-tag"] }, of: text(None, &[]) }),
};

/// `require_header` and `require_query`.
pub static WANTED: Table = Table {
    name: "wanted",
    about: "Names, with the value that is wanted once, or true for any.",
    keys: &[],
    own: Some(Own { names: Text { pattern: None, examples: &["x-tag"] }, of: Kind::Either(&[text(None, &[]), Kind::Flag]) }),
};

/// `respond` of a rule or a route.
pub static RESPOND: Table = Table {
    name: "respond",
    about: "An answer that is given without any network call.",
    keys: &[
        required("status", "The status.", Kind::Number(200, 599)),
        optional("headers", "Header fields.", Kind::Table(&FIELDS)),
        optional(
            "body",
            "The body: a text as it is, or a table, which is sent as JSON. In JSON a string \":name\" becomes the path's parameter of that name.",
            Kind::Json,
        ),
        flag("json", "Whether a body that is written as a text is JSON.", false),
    ],
    own: None,
};

const FIELD_NAME: &str = "^[!#$%&'*+.^_`|~0-9a-z-]+$";
const FIELD: Kind = text(Some(FIELD_NAME), &["x-tag"]);
const MIDDLEWARE_NAME: Kind = text(Some("^[A-Za-z0-9_:/.-]{1,128}$"), &["host:billing/tag"]);
const SECRET_NAMES: Kind = Kind::List(&text(Some("^[A-Z][A-Z0-9_]{0,63}$"), &["STRIPE_KEY"]), Some(MAX_SECRETS));
const HOST: Kind = text(Some("^[0-9A-Za-z.*:_-]+$|^\\[[0-9A-Fa-f:.]+\\]$"), &["api.example.com", "*.example.com", "10.1.2.3"]);
const PORT: Kind = Kind::Number(1, 65_535);
const PORTS: Kind = text(Some("^[0-9]+(-[0-9]+)?$"), &["8000-8099"]);
const NETWORK: Kind = text(Some("^[0-9A-Fa-f.:]+(/[0-9]+)?$"), &["10.1.2.3/32"]);
const PEM: Kind = text(Some("-----BEGIN CERTIFICATE-----"), &[]);
const PIN: Kind = text(Some("^sha256/[0-9A-Za-z+/]{43}=$"), &["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]);
const PATH: Kind = text(Some("^/"), &["/v1/users/:id", "/v1/**"]);
const METHOD: Kind = text(Some("^[A-Z][A-Z0-9-]{0,31}$"), &["GET"]);

const fn text(pattern: Option<&'static str>, examples: &'static [&'static str]) -> Kind {
    Kind::Text(Text { pattern, examples })
}

const fn optional(name: &'static str, about: &'static str, kind: Kind) -> Key {
    Key { name, about, required: false, default: None, kind }
}

const fn required(name: &'static str, about: &'static str, kind: Kind) -> Key {
    Key { name, about, required: true, default: None, kind }
}

const fn flag(name: &'static str, about: &'static str, default: bool) -> Key {
    Key { name, about, required: false, default: Some(Literal::Flag(default)), kind: Kind::Flag }
}

/// A key whose default and range stand in the registry of limits.
const fn limit(limit: &'static Limit) -> Key {
    Key { name: limit.key, about: limit.about, required: false, default: None, kind: Kind::Limit(limit) }
}

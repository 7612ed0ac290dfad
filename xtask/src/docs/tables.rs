//! What the page of codes says of codes that have no list of their own in the sources.

/// A class of errors as a function sees it.
pub(super) struct Class {
    pub code: &'static str,
    pub about: &'static str,
    pub retryable: &'static str,
    pub status: u16,
}

pub(super) const CLASSES: [Class; 12] = [
    class("NET_BLOCKED", "A rule, an address, a scheme, a port, a method, a path or a redirect was refused.", "no", 500),
    class(
        "NET_AUTH",
        "A secret that the request needs is not available to it: missing, or not granted for this origin, place or rule.",
        "no",
        500,
    ),
    class("NET_TIMEOUT", "A phase of the call took too long; `phase` names it.", "yes", 504),
    class(
        "NET_LIMIT",
        "Too many calls: of the invocation, of the app in a day, or of the app or all apps at once; or they carried too many bytes.",
        "when too many are open or under way, and where the next day helps",
        503,
    ),
    class("NET_RATE", "Calls, or calls that are refused, come too often; `retryAfterMs` says when one would get through.", "yes", 503),
    class("NET_SIZE", "The request or the response is over a cap.", "no", 502),
    class("NET_DNS", "The name could not be resolved.", "yes", 502),
    class("NET_CONNECT", "No connection could be made.", "yes", 502),
    class("NET_TLS", "The TLS handshake failed, or the certificate was refused.", "no", 502),
    class("NET_PROTOCOL", "The other side sent no valid HTTP/1.1 response or WebSocket frame, or stopped in the middle of one.", "no", 502),
    class("NET_BODY", "The request's own body, a stream, failed before its end.", "no", 500),
    class("NET_ABORTED", "A body was asked for of a response that is not there, or not any more.", "no", 500),
];

const fn class(code: &'static str, about: &'static str, retryable: &'static str, status: u16) -> Class {
    Class { code, about, retryable, status }
}

/// Codes of the law that belong together, and where to read how they come about.
pub(super) struct Group {
    pub title: &'static str,
    pub prefix: &'static str,
    pub file: &'static str,
}

pub(super) const GROUPS: [Group; 14] = [
    group("The URL", "policy.target.", "crates/policy/src/target.rs"),
    group("The host's name", "policy.name.", "crates/policy/src/target/host.rs"),
    group("The path", "policy.path.", "crates/policy/src/target/path.rs"),
    group("The method", "policy.method.", "crates/policy/src/checks/method.rs"),
    group("Header fields", "policy.header.", "crates/policy/src/checks/headers.rs"),
    group("The query", "policy.query.", "crates/policy/src/checks/demands.rs"),
    group("The body", "policy.body.", "crates/policy/src/permit.rs"),
    group("The policy hook", "policy.hook.", "crates/egress/src/hooks/decider.rs"),
    group("What the owner has closed", "policy.closed.", "crates/policy/src/checks/closed.rs"),
    group("The server's ceiling", "policy.ceiling.", "crates/policy/src/checks/ceiling.rs"),
    group("The app's rules", "policy.rule.", "crates/policy/src/checks/reach.rs"),
    group("Credentials", "policy.auth.", "crates/policy/src/checks/credentials.rs"),
    group("Redirects", "policy.redirect.", "crates/egress/src/redirect.rs"),
    group("Addresses", "egress.addr.", "crates/policy/src/address/table.rs"),
];

const fn group(title: &'static str, prefix: &'static str, file: &'static str) -> Group {
    Group { title, prefix, file }
}

/// The kernel's reasons that are no refusal: code, class, meaning.
pub(super) const NETWORK: [(&str, &str, &str); 71] = [
    (
        "egress.auth.unavailable",
        "NET_AUTH",
        "The secret is missing, not granted for this origin, place or rule, or has a value that cannot stand there; the owner's log says which.",
    ),
    ("egress.auth.streamed", "NET_AUTH", "A secret goes into the body, and the body is a stream: give it whole."),
    ("egress.hook.failed", "NET_BLOCKED", "A middleware failed; its words are in the log."),
    ("egress.hook.panicked", "NET_BLOCKED", "A middleware panicked."),
    ("egress.hook.no_response", "NET_BLOCKED", "A middleware neither handed the request on nor answered it."),
    ("egress.hook.unknown", "NET_BLOCKED", "A rule names middleware that the server does not know."),
    (
        "egress.hook.not_run",
        "NET_BLOCKED",
        "Something is done with every request of the rule, and this one came past it: a WebSocket, or one that was under way when the rules changed.",
    ),
    ("egress.timeout.dns", "NET_TIMEOUT", "The name was not resolved in 3 s."),
    ("egress.timeout.connect", "NET_TIMEOUT", "No address accepted a connection in 3 s."),
    ("egress.timeout.tls", "NET_TIMEOUT", "The TLS handshake took over 3 s."),
    ("egress.timeout.first_byte", "NET_TIMEOUT", "No response came within 60 s of the request's last byte."),
    (
        "egress.timeout.between_bytes",
        "NET_TIMEOUT",
        "The response's body paused for 30 s, or the peer took nothing of the request's for so long.",
    ),
    ("egress.timeout.total", "NET_TIMEOUT", "The time of the invocation, of the rule or of the call was up."),
    (
        "egress.limit.in_flight",
        "NET_LIMIT",
        "12,000 calls of all apps are under way, and none ended within 250 ms, or the line of those who wait is full.",
    ),
    ("egress.limit.in_flight_app", "NET_LIMIT", "2,000 calls of the app are under way, and none ended within 250 ms, or 2,000 wait."),
    ("egress.limit.calls", "NET_LIMIT", "The invocation has made all of its calls; each hop of a redirect is one."),
    ("egress.limit.open", "NET_LIMIT", "The invocation has as many calls open as it may; one ends with its response's body."),
    ("egress.limit.bytes", "NET_LIMIT", "The bodies of the invocation's calls, both ways, are over what it may carry."),
    ("egress.limit.calls_today", "NET_LIMIT", "The app has made all of its calls of the day, which ends at midnight UTC."),
    ("egress.limit.bytes_today", "NET_LIMIT", "The bodies of the app's calls, both ways, are over what it may carry in a day."),
    ("egress.rate.global", "NET_RATE", "Calls of all apps come more often than the server allows."),
    ("egress.rate.app", "NET_RATE", "Calls of the app come more often than it may make them."),
    ("egress.rate.domain", "NET_RATE", "Calls of the app to names below one registrable domain, or to one address, come too often."),
    ("egress.rate.rule", "NET_RATE", "Calls of the app under one rule come more often than its `rate` says."),
    ("egress.rate.refusals", "NET_RATE", "The app was refused over 100 times a second; why this call was refused is not told."),
    ("egress.breaker.open", "NET_RATE", "The origin failed too often in a row and is left alone for a while; nothing was sent."),
    ("egress.dns.no_such_name", "NET_DNS", "The name does not exist, or has no address."),
    ("egress.dns.failed", "NET_DNS", "The resolver failed, or answered with more than 64 addresses or 8 aliases."),
    ("egress.connect.failed", "NET_CONNECT", "Every admitted address refused or was unreachable."),
    ("egress.tls.expired", "NET_TLS", "The certificate has ended."),
    ("egress.tls.not_yet_valid", "NET_TLS", "The certificate begins in the future."),
    ("egress.tls.wrong_name", "NET_TLS", "The certificate is for other names, which the words list."),
    ("egress.tls.unknown_issuer", "NET_TLS", "No trusted authority stands behind the certificate, or the chain to one is not whole."),
    ("egress.tls.self_signed", "NET_TLS", "The certificate is signed by itself."),
    ("egress.tls.bad_signature", "NET_TLS", "A signature in the chain is wrong."),
    ("egress.tls.weak_signature", "NET_TLS", "A signature in the chain is of a kind that is not believed, such as SHA-1."),
    ("egress.tls.weak_key", "NET_TLS", "An RSA key in the chain has fewer than 2,048 bits."),
    ("egress.tls.purpose", "NET_TLS", "The certificate is not for servers."),
    ("egress.tls.name_constraint", "NET_TLS", "An authority in the chain may not sign for this name."),
    ("egress.tls.authority_as_leaf", "NET_TLS", "The server shows an authority's own certificate as its own."),
    ("egress.tls.chain", "NET_TLS", "A certificate that is no authority has signed another, or the chain is too long."),
    ("egress.tls.pin", "NET_TLS", "No key of the verified chain is among the rule's `tls.pins`."),
    ("egress.tls.certificate", "NET_TLS", "The certificate cannot be used for another reason."),
    (
        "egress.tls.client_certificate",
        "NET_TLS",
        "The server wants a client certificate, or another one; the rule's `tls.identity` names it.",
    ),
    ("egress.tls.version", "NET_TLS", "The server speaks no allowed version: 1.2 and newer, or what the rule's `tls.min` says."),
    ("egress.tls.no_common_suite", "NET_TLS", "The server offers no cipher suite or key exchange that is believed."),
    ("egress.tls.protocol", "NET_TLS", "The server does not speak the version of HTTP that was offered."),
    ("egress.tls.not_tls", "NET_TLS", "What answers does not speak TLS."),
    ("egress.tls.oversized", "NET_TLS", "The server sent a record or a chain larger than TLS allows."),
    ("egress.tls.alert", "NET_TLS", "The server gave up with an alert, which the words name."),
    ("egress.tls.closed_early", "NET_TLS", "The connection was closed in the middle of the handshake."),
    (
        "egress.tls.settings",
        "NET_TLS",
        "What the rule demands of TLS cannot be done: no such identity, or an authority that cannot be used.",
    ),
    ("egress.tls.handshake", "NET_TLS", "The handshake failed otherwise."),
    ("egress.size.request_body", "NET_SIZE", "The request's body is over 10 MiB."),
    ("egress.body.broken", "NET_BODY", "The request's body is a stream that failed, ended too early or too late, or was sent before."),
    ("egress.size.response_head", "NET_SIZE", "The response's head is over 64 KiB or 100 fields."),
    ("egress.size.response_body", "NET_SIZE", "The response's body is over its cap."),
    ("egress.size.pieces", "NET_SIZE", "The response's body comes in over 65,536 pieces that have less than 32 bytes on average."),
    ("egress.size.decoded", "NET_SIZE", "The response's body is over its cap when its content coding is taken off."),
    ("egress.size.ratio", "NET_SIZE", "The response's body decodes to over 1 MiB and over 100 times what came."),
    ("egress.protocol.closed_early", "NET_PROTOCOL", "The connection was closed before the response was whole."),
    ("egress.protocol.malformed", "NET_PROTOCOL", "What came is no HTTP/1.1 response, or can be read in more than one way."),
    ("egress.protocol.informational", "NET_PROTOCOL", "Over 8 informational responses (1xx) came before the final one."),
    (
        "egress.protocol.coding",
        "NET_PROTOCOL",
        "The body is not what `Content-Encoding` says: another format, short, or with something behind its end.",
    ),
    ("egress.protocol.coding_layers", "NET_PROTOCOL", "The body has more than one content coding."),
    (
        "egress.protocol.coding_unknown",
        "NET_PROTOCOL",
        "The body had to be decoded, and its content coding is not known or the body is a part.",
    ),
    ("egress.size.websocket_message", "NET_SIZE", "A WebSocket message, or an incoming frame of one, is over 1 MiB."),
    ("egress.websocket.handshake", "NET_PROTOCOL", "The other side did not agree to the WebSocket, or to another one than was asked for."),
    ("egress.websocket.protocol", "NET_PROTOCOL", "The other side broke the WebSocket protocol (RFC 6455)."),
    ("egress.websocket.closed", "NET_PROTOCOL", "A message was to be sent on a WebSocket that is closed."),
    ("egress.websocket.close_code", "NET_PROTOCOL", "A WebSocket is closed with 1000 or 3000 to 4999, and a reason of up to 123 bytes."),
];

/// The gateway's refusals: code, status, meaning.
pub(super) const GATEWAY: [(&str, u16, &str); 12] = [
    ("gateway.framing", 400, "The request can be read in more than one way; the connection is closed."),
    ("gateway.head_too_large", 431, "The request's head is over 64 KiB or 100 fields."),
    ("gateway.bad_host", 400, "The request does not name one valid host."),
    ("gateway.wrong_host", 421, "The server does not answer for that host; `egret dev` answers to names of this machine only."),
    ("gateway.bad_path", 400, "The request's path can be read in more than one way."),
    ("gateway.not_found", 404, "No function has this path."),
    ("gateway.method_not_allowed", 405, "The path has other methods only; `Allow` lists them."),
    ("gateway.body_too_large", 413, "The request's body is over 10 MiB."),
    ("gateway.body_timeout", 408, "The request's body did not arrive in 60 s, or came at less than 1 KiB/s after 10 s."),
    ("gateway.body_broken", 400, "The request's body is not what its head says."),
    (
        "gateway.overloaded",
        503,
        "Too many requests are in work, or their bodies hold 512 MiB together; `Retry-After` says when to come back.",
    ),
    ("gateway.paused", 503, "The owner has paused the app: `egret app pause` and `resume`."),
];

/// Invocations without an answer: code, status, meaning.
pub(super) const FUNCTION: [(&str, u16, &str); 10] = [
    ("function.thrown", 500, "The function threw, and nothing caught it."),
    (
        "function.bad_answer",
        500,
        "What the function returned is no response that can be sent; one with over 100 header fields or 64 KiB of them is none either.",
    ),
    ("runtime.no_function", 500, "The function is not loaded."),
    ("runtime.engine", 500, "The engine itself failed."),
    ("limit.wall", 504, "The invocation took longer than `limits.timeout`."),
    ("limit.cpu", 500, "The invocation used more CPU time than `limits.cpu`."),
    ("limit.heap", 500, "The invocation needed more memory than `limits.heap`."),
    ("limit.stack", 500, "The engine's stack ran out below the language's own limit."),
    ("limit.answer_body", 500, "The answer's body is over 10 MiB."),
    ("limit.isolates", 503, "As many functions are running as may; `Retry-After` says when to come back."),
];

//! The JavaScript that every instance begins with: the files of `guest/prelude`, one function body.
//!
//! It is evaluated once, while the image is made; changing it needs no C compiler.

/// The files in the order in which they are read. A file uses at once only what stands before it.
const FILES: &[&str] = &[
    include_str!("../guest/prelude/boot.js"),
    include_str!("../guest/prelude/text.js"),
    include_str!("../guest/prelude/url.js"),
    include_str!("../guest/prelude/headers.js"),
    include_str!("../guest/prelude/events.js"),
    include_str!("../guest/prelude/abort.js"),
    include_str!("../guest/prelude/timers.js"),
    include_str!("../guest/prelude/body.js"),
    include_str!("../guest/prelude/response.js"),
    include_str!("../guest/prelude/request.js"),
    include_str!("../guest/prelude/secret.js"),
    include_str!("../guest/prelude/options.js"),
    include_str!("../guest/prelude/net.js"),
    include_str!("../guest/prelude/console.js"),
    include_str!("../guest/prelude/dispatch.js"),
];

/// The whole, as one expression whose value is a function of the bridge to the host.
pub(crate) fn source() -> String {
    format!("(function (host) {{ \"use strict\";\n{}\n}})", FILES.join("\n"))
}

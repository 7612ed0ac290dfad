//! A new app's folder: a manifest, a function that answers, one that calls out.

use crate::config::MANIFEST;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MANIFEST_TEXT: &str = include_str!("scaffold/egret.toml");

const HELLO: &str = r#"// GET /hello and GET /hello?name=you
export default {
  fetch(request, env) {
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    return new Response(`${env.GREETING}, ${name}!\n`);
  },
};
"#;

const ZEN: &str = r#"// GET /zen asks an API that egret.toml allows.
export default async function () {
  const response = await fetch("https://api.github.com/zen");
  return new Response(`GitHub says: ${await response.text()}\n`, { status: response.status });
}
"#;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be one.
    #[error("{0:?} is no name for an app; use 1 to 63 lower-case letters, digits and hyphens")]
    Name(String),
    /// Something is there already; nothing was written.
    #[error("{0} exists already; nothing was changed")]
    Exists(PathBuf),
    /// The folder cannot be written.
    #[error("{0}: {1}")]
    Write(PathBuf, #[source] io::Error),
}

/// Makes the folder `parent/name`.
///
/// # Errors
/// When the name is none or the folder exists; then nothing is written.
pub fn create(parent: &Path, name: &str) -> Result<PathBuf, Error> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name.is_empty() || name.len() > 63 || !plain || name.starts_with('-') {
        return Err(Error::Name(name.to_owned()));
    }
    let root = parent.join(name);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| if error.kind() == io::ErrorKind::AlreadyExists { Error::Exists(path) } else { Error::Write(path, error) }
    };
    fs::create_dir(&root).map_err(failed(&root))?;
    let functions = root.join("functions");
    fs::create_dir(&functions).map_err(failed(&functions))?;
    let manifest = MANIFEST_TEXT.replace("NAME", name);
    let files = [
        (root.join(MANIFEST), manifest.as_str()),
        (functions.join("hello.js"), HELLO),
        (functions.join("zen.js"), ZEN),
        (root.join(".gitignore"), ".env\n"),
    ];
    for (file, text) in files {
        fs::write(&file, text).map_err(failed(&file))?;
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Manifest;

    #[test]
    fn the_new_manifest_has_no_fault() {
        let manifest = Manifest::parse(Path::new(MANIFEST), &MANIFEST_TEXT.replace("NAME", "shop")).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.net.len()), ("shop", 1));
    }
}

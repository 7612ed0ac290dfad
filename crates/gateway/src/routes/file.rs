//! One file's name, read as a method and a path.

use super::RouteFault;
use http::Method;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A file that is routed.
#[derive(Debug)]
pub(super) struct RouteFile {
    /// The name, relative to the function folder.
    pub file: Arc<str>,
    /// The method that the name begins with.
    pub method: Option<Method>,
    /// The path; a rest only at its end.
    pub segments: Vec<Segment>,
}

/// One part of a route's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    Parameter(String),
    /// One or more segments; none too, where it is optional.
    Rest {
        name: String,
        optional: bool,
    },
}

/// Reads a name. `None`: the file is private or not code.
pub(super) fn read(path: &Path, extensions: &[&str]) -> Result<Option<RouteFile>, RouteFault> {
    let Some(name) = path.to_str() else {
        return Err(RouteFault::NotUtf8 { file: path.to_string_lossy().into_owned() });
    };
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
    let folders: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let stem = last.rsplit_once('.').filter(|(_, extension)| extensions.contains(extension)).map(|(stem, _)| stem);
    let Some(stem) = stem.filter(|stem| !is_private_file(stem)) else { return Ok(None) };
    if folders.iter().any(|folder| is_private_folder(folder)) {
        return Ok(None);
    }
    let mut tokens = tokens(stem);
    let method = tokens.first().filter(|_| tokens.len() > 1).and_then(|token| method(token));
    if method.is_some() {
        tokens.remove(0);
    }
    if tokens.last() == Some(&"index") {
        tokens.pop();
    }
    let segments = segments(name, &folders, &tokens)?;
    Ok(Some(RouteFile { file: name.into(), method, segments }))
}

fn is_private_folder(name: &str) -> bool {
    name.starts_with(['_', '.']) || name == "node_modules"
}

fn is_private_file(stem: &str) -> bool {
    stem.is_empty() || stem.starts_with(['_', '.']) || stem.ends_with(".test") || stem.ends_with(".spec")
}

/// Splits at dots outside brackets: `get.[...slug]` is two tokens.
fn tokens(stem: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    stem.split(|c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    })
    .collect()
}

fn method(token: &str) -> Option<Method> {
    super::METHODS.into_iter().find(|method| method.as_str().to_ascii_lowercase() == token)
}

fn segments(file: &str, folders: &[&str], tokens: &[&str]) -> Result<Vec<Segment>, RouteFault> {
    let fault = |segment: &str, why| RouteFault::Segment { file: file.to_owned(), segment: segment.to_owned(), why };
    let mut segments = Vec::new();
    let mut names = BTreeSet::new();
    let written: Vec<&str> = folders.iter().chain(tokens).copied().collect();
    for (at, text) in written.iter().enumerate() {
        let segment = segment(text).map_err(|why| fault(text, why))?;
        if matches!(segment, Segment::Rest { .. }) && at + 1 < written.len() {
            return Err(fault(text, "must be the last segment"));
        }
        if segment.name().is_some_and(|name| !names.insert(name.to_owned())) {
            return Err(fault(text, "is there twice"));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    if let Some(inner) = text.strip_prefix("[[...").and_then(|rest| rest.strip_suffix("]]")) {
        return Ok(Segment::Rest { name: name(inner)?, optional: true });
    }
    if let Some(inner) = text.strip_prefix("[...").and_then(|rest| rest.strip_suffix(']')) {
        return Ok(Segment::Rest { name: name(inner)?, optional: false });
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ok(Segment::Parameter(name(inner)?));
    }
    literal(text)
}

/// The unreserved characters of RFC 3986: what needs no encoding in a path and means nothing special in one.
fn literal(text: &str) -> Result<Segment, &'static str> {
    match text {
        "" => Err("is an empty segment"),
        text if text.contains(['[', ']']) => Err("must be a whole [parameter], [...rest] or [[...rest]]"),
        text if text.starts_with('_') => Err("begins like a private name"),
        text if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) => Ok(Segment::Literal(text.to_owned())),
        _ => Err("may hold only letters, digits, '-', '_', '.' and '~'"),
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Ok(text.to_owned());
    }
    Err("needs a name of letters, digits, '-' and '_' that begins with a letter")
}

impl Segment {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Parameter(name) | Self::Rest { name, .. } => Some(name),
        }
    }
}

/// The path as people read it.
impl fmt::Display for RouteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Parameter(name) => write!(f, "/:{name}")?,
                Segment::Rest { name, optional: false } => write!(f, "/:{name}+")?,
                Segment::Rest { name, optional: true } => write!(f, "/:{name}*")?,
            }
        }
        Ok(())
    }
}

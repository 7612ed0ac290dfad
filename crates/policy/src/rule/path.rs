//! Path patterns over canonical paths, segment by segment.
//!
//! `:name` one segment, `:name(a|b)` one of those, `*` one segment, `**` zero or more (it includes its prefix), `**:rest`
//! one or more; the last two only at the end, so that matching is linear. Allow rules match with regard to case, deny
//! rules without, on what the path means: no spelling of a denied path gets through.

use crate::target::{MAX_URL, Target, readings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// ASCII that is always escaped in a canonical path. In a pattern it comes from another language of patterns (`{id}`,
/// `[id]`, `<id>`, `(a|b)`, a regular expression) and would match nothing that its author means.
const BARE: &[char] = &['{', '}', '[', ']', '<', '>', '|', '^', '"', '`'];

/// A compiled path pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PathPattern {
    text: Arc<str>,
    segments: Vec<Segment>,
    tail: Tail,
    /// The names of its parameters with the segments they stand for; the tail's stands behind the last one.
    names: Vec<(usize, Box<str>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    Literal { canonical: String, folded: String },
    One,
    OneOf { canonical: Vec<String>, folded: Vec<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tail {
    End,
    ZeroOrMore,
    OneOrMore,
}

/// What patterns look like but for the text of their literals: for the search for ties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outline {
    /// For each segment, whether it is literal.
    literal: Vec<bool>,
    ends: bool,
}

impl Outline {
    /// How many segments.
    pub fn places(&self) -> usize {
        self.literal.len()
    }

    /// Whether a path may have the length of both.
    pub fn may_meet(&self, other: &Self) -> bool {
        !(self.ends && other.ends) || self.places() == other.places()
    }
}

impl PathPattern {
    /// Reads a pattern. What it could never match is refused: a deny rule that is written and matches nothing is worse than none.
    pub fn parse(text: &str, deny: bool) -> Result<Self, String> {
        if text.len() > MAX_URL {
            return Err(format!("the path is {} bytes long, and a whole URL may have {MAX_URL}", text.len()));
        }
        let relative = text.strip_prefix('/').ok_or_else(|| format!("a path begins with a slash; write \"/{text}\""))?;
        let mut pattern = Self { text: text.into(), segments: Vec::new(), tail: Tail::End, names: Vec::new() };
        let parts: Vec<&str> = relative.split('/').collect();
        for (index, part) in parts.iter().enumerate() {
            pattern.names.extend(name(part).map(|name| (index, name.into())));
            if part.starts_with("**") {
                if index + 1 < parts.len() {
                    return Err(format!("{text:?}: \"**\" may stand only at the end"));
                }
                pattern.tail = tail(part).ok_or_else(|| format!("{part:?} is no pattern; write \"**\" or \"**:rest\""))?;
            } else if part.is_empty() && index + 1 < parts.len() {
                return Err(format!("{text:?} holds two slashes in a row; no path does"));
            } else {
                pattern.segments.push(segment(part, deny)?);
            }
        }
        Ok(pattern)
    }

    /// Every path.
    pub fn everything() -> Self {
        Self { text: "/**".into(), segments: Vec::new(), tail: Tail::ZeroOrMore, names: Vec::new() }
    }

    /// The pattern as it was written: what audit events show in place of a path.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same, shared: permits and events keep it.
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// How many segments are literal: the more, the more specific.
    pub fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Literal { .. })).count()
    }

    /// Whether it ends, and how many segments it has: of two that are otherwise alike, the greater is the more specific.
    pub fn places(&self) -> (bool, usize) {
        (self.tail == Tail::End, self.segments.len())
    }

    /// Whether it matches no path without `%2F`.
    pub fn needs_encoded_slash(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Literal { canonical, .. } if canonical.contains("%2F")))
    }

    /// Where the pattern has literals, and whether it goes on behind its last segment.
    pub fn outline(&self) -> Outline {
        let literal = self.segments.iter().map(|segment| matches!(segment, Segment::Literal { .. })).collect();
        Outline { literal, ends: self.tail == Tail::End }
    }

    /// The literals at the places where two outlines both have some. Two patterns of these outlines may match one path where these are
    /// the same and [`Outline::may_meet`]; a parameter with values is taken for one without, which errs on the side of yes.
    pub fn literals_at(&self, one: &Outline, other: &Outline) -> Vec<&str> {
        let both = one.literal.iter().zip(&other.literal).map(|(a, b)| *a && *b);
        let texts = self.segments.iter().zip(both).map(|(segment, wanted)| match segment {
            Segment::Literal { canonical, .. } if wanted => Some(canonical.as_str()),
            Segment::Literal { .. } | Segment::One | Segment::OneOf { .. } => None,
        });
        texts.flatten().collect()
    }

    /// Whether it has a parameter of this name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.names.iter().any(|(_, known)| **known == *name)
    }

    /// The parameters of a path that it matches, each as it stands there; that of the tail may have several segments.
    pub fn parameters(&self, path: &str) -> BTreeMap<String, String> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let value = |place: usize| match parts.get(place..) {
            Some(rest) if place == self.segments.len() => rest.join("/"),
            _ => parts.get(place).copied().unwrap_or_default().to_owned(),
        };
        self.names.iter().map(|(place, name)| (name.to_string(), value(*place))).collect()
    }

    /// Whether an allow rule's pattern matches a canonical path.
    pub fn allows(&self, path: &str) -> bool {
        self.fits(path, |segment, part| match segment {
            Segment::Literal { canonical, .. } => canonical == part,
            Segment::One => !part.is_empty(),
            Segment::OneOf { canonical, .. } => canonical.iter().any(|value| value == part),
        })
    }

    /// Whether a deny rule's pattern matches one of the readings of a path.
    pub fn denies(&self, readings: &[Vec<String>]) -> bool {
        readings.iter().any(|reading| self.denies_reading(reading))
    }

    /// An empty last segment of the pattern is left out, as it is of the reading.
    fn denies_reading(&self, reading: &[String]) -> bool {
        let ends_empty = matches!(self.segments.last(), Some(Segment::Literal { folded, .. }) if folded.is_empty());
        let segments = if ends_empty { &self.segments[..self.segments.len() - 1] } else { &self.segments[..] };
        let fits = |(segment, part): (&Segment, &String)| match segment {
            Segment::Literal { folded, .. } => folded == part,
            Segment::One => true,
            Segment::OneOf { folded, .. } => folded.contains(part),
        };
        let rest = match self.tail {
            Tail::End => reading.len() == segments.len(),
            Tail::ZeroOrMore => reading.len() >= segments.len(),
            Tail::OneOrMore => reading.len() > segments.len(),
        };
        rest && segments.iter().zip(reading).all(fits)
    }

    fn fits(&self, path: &str, fits: impl Fn(&Segment, &str) -> bool) -> bool {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        for segment in &self.segments {
            match parts.next() {
                Some(part) if fits(segment, part) => {}
                _ => return false,
            }
        }
        match self.tail {
            Tail::End => parts.next().is_none(),
            Tail::ZeroOrMore => true,
            Tail::OneOrMore => parts.next().is_some_and(|part| !part.is_empty()),
        }
    }
}

/// The name of a parameter, if the part is one.
fn name(part: &str) -> Option<&str> {
    let named = part.strip_prefix("**:").or_else(|| part.strip_prefix(':'))?;
    Some(named.split_once('(').map_or(named, |(name, _)| name))
}

fn tail(part: &str) -> Option<Tail> {
    match part.strip_prefix("**")? {
        "" => Some(Tail::ZeroOrMore),
        named => named.strip_prefix(':').filter(|name| is_name(name)).map(|_| Tail::OneOrMore),
    }
}

fn segment(part: &str, deny: bool) -> Result<Segment, String> {
    if part == "*" {
        return Ok(Segment::One);
    }
    if let Some(parameter) = part.strip_prefix(':') {
        return parameter_segment(parameter).ok_or_else(|| format!("{part:?} is no parameter; write \":name\" or \":name(a|b)\""));
    }
    if part.contains('*') {
        return Err(format!("{part:?}: a star stands for a whole segment"));
    }
    if let Some(bare) = part.chars().find(|c| BARE.contains(c)) {
        let escape = u32::from(bare);
        return Err(format!("{part:?}: no path holds {bare:?} as it is; write \":name\" for a parameter, %{escape:02X} for the character"));
    }
    if deny && part.contains(':') {
        // An allow rule that means its very characters allows too little, which is soon seen; this would deny too little.
        return Err(format!("{part:?}: a parameter is a whole segment; write \":name\", or %3A where a deny rule means the colon itself"));
    }
    literal(part)
}

fn parameter_segment(parameter: &str) -> Option<Segment> {
    match parameter.split_once('(') {
        None => is_name(parameter).then_some(Segment::One),
        Some((name, values)) => {
            let values: Vec<String> = values.strip_suffix(')')?.split('|').map(str::to_owned).collect();
            let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            // No segment is made of dots alone, nor empty behind them.
            let plain = |value: &String| value.bytes().all(unreserved) && value.bytes().any(|b| b != b'.');
            let fits = is_name(name) && values.iter().all(plain);
            fits.then(|| Segment::OneOf { folded: values.iter().map(|value| folded(value)).collect(), canonical: values })
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A literal is held against the canonical path, so it is made canonical by the same code.
fn literal(part: &str) -> Result<Segment, String> {
    let probe = Target::parse(&format!("https://pattern.invalid/{part}")).map_err(|denial| format!("{part:?}: {}", denial.message()))?;
    let canonical = probe.path()[1..].to_owned();
    if canonical.contains('/') || part.contains(['?', '#']) || !part.is_empty() && canonical.is_empty() {
        return Err(format!("{part:?} is no path segment"));
    }
    Ok(Segment::Literal { folded: folded(&canonical), canonical })
}

/// One canonical segment as deny rules compare it.
fn folded(canonical: &str) -> String {
    readings(canonical).into_iter().next().and_then(|mut reading| reading.pop()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let compiled = PathPattern::parse(pattern, false).unwrap();
        for path in matching {
            assert!(compiled.allows(path), "{pattern} must match {path}");
        }
        for path in others {
            assert!(!compiled.allows(path), "{pattern} must not match {path}");
        }
    }

    #[test]
    fn segments_match_as_documented() {
        check("/", &["/"], &["/a"]);
        check("/v1/charges", &["/v1/charges"], &["/v1/charges/", "/V1/charges", "/v1", "/v1/charges/x"]);
        check("/v1/users/:id", &["/v1/users/42"], &["/v1/users/", "/v1/users", "/v1/users/42/x"]);
        check("/files/:kind(png|jpg)", &["/files/png", "/files/jpg"], &["/files/gif", "/files/PNG"]);
        check("/a/*/c", &["/a/b/c"], &["/a//c", "/a/c", "/a/b/b/c"]);
        check("/v1/**", &["/v1", "/v1/", "/v1/a/b"], &["/v2", "/v1x"]);
        check("/v1/**:rest", &["/v1/a", "/v1/a/b"], &["/v1", "/v1/"]);
        check("/caf%c3%a9/a%20b", &["/caf%C3%A9/a%20b"], &["/cafe/a%20b"]);
        check("/**", &["/", "/a/b"], &[]);
    }

    #[test]
    fn parameters_stand_as_they_do_in_the_path() {
        let pattern = PathPattern::parse("/v1/:id/:kind(png|jpg)/**:rest", false).unwrap();
        let found = pattern.parameters("/v1/4%202/png/a/b");
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("id", "4%202"), ("kind", "png"), ("rest", "a/b")]);
        assert!(PathPattern::parse("/v1/*/**", false).unwrap().parameters("/v1/a/b").is_empty());
    }

    #[track_caller]
    fn denies(pattern: &str, path: &str) -> bool {
        let path = Target::parse(&format!("https://a.test{path}")).unwrap().path().to_owned();
        PathPattern::parse(pattern, true).unwrap().denies(&readings(&path))
    }

    #[test]
    fn deny_patterns_match_every_spelling() {
        for path in ["/v1/Admin+x/Key", "/V1/aDMIN+X/key", "/v1/admin%2Bx/KEY", "/v1/admin+x/key/"] {
            assert!(denies("/v1/Admin+x/:kind(Key)", path), "{path}");
        }
        assert!(!denies("/v1/Admin+x/:kind(Key)", "/v1/admin+x/other"));
    }

    #[test]
    fn deny_pattern_with_a_trailing_slash_is_not_dead() {
        for path in ["/admin", "/admin/", "/ADMIN/"] {
            assert!(denies("/admin/", path) && denies("/admin", path), "{path}");
        }
    }

    #[test]
    fn deny_patterns_match_both_readings_of_an_encoded_slash() {
        assert!(denies("/g/a%2Fsecret", "/g/a%2fsecret") && denies("/g/a/secret", "/g/a%2Fsecret"));
        assert!(denies("/g/*/secret", "/g/x%2Fy/secret") && denies("/g/:id/secret", "/g/x%2Fy/secret"));
    }

    #[test]
    fn deny_patterns_match_what_servers_normalise_away() {
        for path in ["/internal;x=1/keys", "/internal%20/keys", "/internal%3Bx/keys", "/%EF%BD%89nternal/keys", "/internal./keys"] {
            assert!(denies("/internal/**", path), "{path}");
        }
        assert!(denies("/stra%C3%9Fe", "/STRASSE") && denies("/café", "/cafe%CC%81") && denies("/ΑΣ", "/ασ"));
        assert!(!denies("/internal/**", "/internals/keys"));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for bad in ["v1", "/a/**/b", "/a*", "/:", "/:a(b", "/:a()", "/**x", "/a?b", "/%2e%2e", "/..", "/a//b", "/**:", "/:a(..)"] {
            assert!(PathPattern::parse(bad, false).is_err() && PathPattern::parse(bad, true).is_err(), "{bad}");
        }
    }
}

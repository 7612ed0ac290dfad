//! Path templates found from paths. A segment that a machine made stands for any; where a place has three words or more before and
//! behind the same segments it stands for just those, and for any where there are ten.
//!
//! Every path matches one of the templates found from it, and a path whose segments are all constant is its own template.

use super::segment::is_identifier;
use std::collections::{BTreeMap, BTreeSet};

/// Words at one place from which on they are one list.
const FEW: usize = 3;
/// Words from which on they are taken for anything.
const MANY: usize = 10;

/// A place of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Just this.
    Literal(String),
    /// One of these, `:id(a|b|c)`.
    OneOf(BTreeSet<String>),
    /// Any that is not empty, `:id`.
    Any,
}

/// A path template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template {
    segments: Vec<Segment>,
    /// Whether it goes on with `/**`.
    open: bool,
}

/// The templates of paths that were asked for by one method.
#[must_use]
pub fn templates<'a>(paths: impl IntoIterator<Item = &'a str>) -> BTreeSet<Template> {
    let mut found: BTreeSet<Template> = paths.into_iter().map(Template::by_looks).collect();
    loop {
        let before = found.len();
        let places = found.iter().map(|template| template.segments.len()).max().unwrap_or(0);
        (0..places).for_each(|place| widen(&mut found, place));
        // Whatever was widened has put several templates into one.
        if found.len() == before {
            return found;
        }
    }
}

/// Puts templates that differ in one place only, and there in enough words, into one.
fn widen(found: &mut BTreeSet<Template>, place: usize) {
    let mut alike = BTreeMap::<Template, Vec<String>>::new();
    for template in found.iter() {
        if let Some(Segment::Literal(word)) = template.segments.get(place).filter(|segment| **segment != Segment::Literal(String::new())) {
            alike.entry(template.with(place, Segment::Any)).or_default().push(word.clone());
        }
    }
    for (template, words) in alike {
        let is_many = words.len() >= MANY;
        let words: BTreeSet<String> = words.into_iter().filter(|word| is_many || can_be_listed(word)).collect();
        if words.len() < FEW {
            continue;
        }
        for word in &words {
            found.remove(&template.with(place, Segment::Literal(word.clone())));
        }
        found.insert(if is_many { template } else { template.with(place, Segment::OneOf(words)) });
    }
}

/// What a list of a pattern may hold: unreserved characters, and not dots alone.
fn can_be_listed(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) && word.bytes().any(|byte| byte != b'.')
}

impl Template {
    /// A path with its identifiers made parameters; so is what a pattern cannot hold as it is.
    fn by_looks(path: &str) -> Self {
        let parts = path.strip_prefix('/').unwrap_or(path).split('/').enumerate();
        let segment = |(place, part): (usize, &str)| {
            let is_any = is_identifier(part, place) || part.starts_with(':') || part.contains('*');
            if is_any { Segment::Any } else { Segment::Literal(part.to_owned()) }
        };
        Self { segments: parts.map(segment).collect(), open: false }
    }

    /// Everything below what several templates have in common at their front.
    #[must_use]
    pub fn above<'a>(templates: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut templates = templates.into_iter();
        let mut common = templates.next().map(|first| first.segments.clone()).unwrap_or_default();
        for template in templates {
            let shared = common.iter().zip(&template.segments).take_while(|(one, other)| one == other).count();
            common.truncate(shared);
        }
        let constant = common.iter().take_while(|segment| matches!(segment, Segment::Literal(word) if !word.is_empty())).count();
        common.truncate(constant);
        Self { segments: common, open: true }
    }

    fn with(&self, place: usize, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        segments[place] = segment;
        Self { segments, open: self.open }
    }

    /// Whether it matches all that another one matches.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let wider = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Any, Segment::Literal(word)) => !word.is_empty(),
            (Segment::Any, Segment::OneOf(_) | Segment::Any) => true,
            (Segment::OneOf(words), Segment::Literal(word)) => words.contains(word),
            (Segment::OneOf(words), Segment::OneOf(others)) => others.is_subset(words),
            (Segment::Literal(_), _) | (Segment::OneOf(_), Segment::Any) => one == other,
        };
        let pairs = || self.segments.iter().zip(&other.segments).all(wider);
        match (self.open, other.open) {
            (false, true) => false,
            (true, _) => self.segments.len() <= other.segments.len() && pairs(),
            (false, false) => self.segments.len() == other.segments.len() && pairs(),
        }
    }

    /// Whether it matches a path.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let literal = |part: &str| Segment::Literal(part.to_owned());
        let segments = path.strip_prefix('/').unwrap_or(path).split('/').map(literal).collect();
        self.covers(&Self { segments, open: false })
    }

    /// As a route writes it; the parameters are `:id`, `:id2` and so on.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut parameters = 0;
        for segment in &self.segments {
            out.push('/');
            if let Segment::Literal(word) = segment {
                out.push_str(word);
                continue;
            }
            parameters += 1;
            out.push_str(&if parameters == 1 { ":id".to_owned() } else { format!(":id{parameters}") });
            if let Segment::OneOf(words) = segment {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                out.push_str(&format!("({})", words.join("|")));
            }
        }
        if self.open {
            out.push_str("/**");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(paths: &[&str], expected: &[&str]) {
        let texts: Vec<String> = templates(paths.iter().copied()).iter().map(Template::text).collect();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let mut found: Vec<&str> = texts.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        let mut reversed = paths.to_vec();
        reversed.reverse();
        assert_eq!(templates(reversed), templates(paths.iter().copied()), "the order does not matter");
        for path in paths {
            assert!(templates(paths.iter().copied()).iter().any(|template| template.fits(path)), "{path}");
        }
    }

    #[test]
    fn what_varies_becomes_a_parameter_and_what_is_constant_stays() {
        check(&["/"], &["/"]);
        check(&["/v1/charges", "/v1/charges/"], &["/v1/charges", "/v1/charges/"]);
        check(&["/v1/users/42", "/v1/users/7/orders/9", "/v1/users/8/orders/10"], &["/v1/users/:id", "/v1/users/:id/orders/:id2"]);
        check(&["/2/tweets/1795293351042"], &["/2/tweets/:id"]);
        check(&["/files/d41d8cd98f00b204e9800998ecf8427e.png"], &["/files/:id"]);
        check(&["/a/x*y/b", "/a/:z/b"], &["/a/:id/b"]);
    }

    #[test]
    fn a_few_words_at_one_place_are_listed_and_many_are_any() {
        check(&["/repos/ann/x", "/repos/bob/x"], &["/repos/ann/x", "/repos/bob/x"]);
        check(&["/repos/ann/x", "/repos/bob/x", "/repos/cyd/x"], &["/repos/:id(ann|bob|cyd)/x"]);
        check(&["/repos/ann/x", "/repos/bob/y", "/repos/cyd/z"], &["/repos/ann/x", "/repos/bob/y", "/repos/cyd/z"]);
        let many: Vec<String> = ('a'..='j').map(|name| format!("/repos/{name}/x")).collect();
        check(&many.iter().map(String::as_str).collect::<Vec<_>>(), &["/repos/:id/x"]);
        let product: Vec<String> = ["a", "b", "c"].iter().flat_map(|one| ["x", "y", "z"].map(|two| format!("/{one}/{two}"))).collect();
        check(&product.iter().map(String::as_str).collect::<Vec<_>>(), &["/:id(a|b|c)/:id2(x|y|z)"]);
        // A list cannot hold what has to be escaped, nor an empty segment.
        check(&["/r/a", "/r/b%20c", "/r/d", "/r/e", "/r/"], &["/r/", "/r/:id(a|d|e)", "/r/b%20c"]);
    }

    #[test]
    fn whatever_the_paths_each_matches_its_template_and_a_constant_one_is_its_own() {
        // A small generator of its own (xorshift): the same paths every time.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let words =
            ["v1", "users", "", "me", "a%20b", "x;y=1", "42", "3f2a9bc01", ":c", "s*r", "01KAK3XQ8T3ZJ5V9Y6W2M4R7NB", "e~f", "g", "h"];
        for _ in 0..100 {
            let mut path = || {
                let mut parts: Vec<&str> = (0..next(4)).map(|_| words[next(words.len())]).filter(|word| !word.is_empty()).collect();
                parts.push(words[next(words.len())]);
                format!("/{}", parts.join("/"))
            };
            let paths: Vec<String> = (0..40).map(|_| path()).collect();
            let found = templates(paths.iter().map(String::as_str));
            for path in &paths {
                assert!(found.iter().any(|template| template.fits(path)), "{path} of {paths:?}");
                let own = templates([path.as_str()]);
                let [template] = own.iter().collect::<Vec<_>>()[..] else { panic!("{path}") };
                assert!(template.text() == *path || template.segments.contains(&Segment::Any), "{path} became {}", template.text());
            }
        }
    }

    #[test]
    fn what_lies_above_several_templates_covers_them() {
        let found = templates(["/v1/a/x", "/v1/a/y/7", "/v1/b"]);
        let above = Template::above(&found);
        assert_eq!(above.text(), "/v1/**");
        assert!(found.iter().all(|template| above.covers(template)) && above.fits("/v1") && !above.fits("/v2"));
        assert_eq!(Template::above(&templates(["/a", "/b"])).text(), "/**");
    }
}

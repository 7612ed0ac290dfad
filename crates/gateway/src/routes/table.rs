//! The routes of one method.
//!
//! Paths with a rest are kept apart by the length of what stands before the rest: `matchit` takes no parameter and
//! rest in one place (`/:id` beside `/:slug+`), and so it never has to.

use super::RouteFault;
use super::file::{RouteFile, Segment};
use http::Method;
use matchit::Router;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The routes of one method.
#[derive(Debug, Default)]
pub(super) struct Table {
    fixed: Router<Leaf>,
    /// By the number of segments before the rest, the most first.
    open: BTreeMap<Reverse<usize>, Router<Leaf>>,
    files: BTreeSet<Arc<str>>,
}

/// Where a pattern leads, and what its parameters are called, in the order of the path.
#[derive(Debug)]
struct Leaf {
    function: Arc<str>,
    names: Vec<String>,
}

/// A function's file and the parameters that a path gave.
type Target = (Arc<str>, Vec<(String, String)>);

/// How near a file is to a method; the nearest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Own,
    GetForHead,
    Any,
}

/// A pattern in matchit's language, with parameters numbered, so that equal shapes are equal texts.
struct Shape {
    pattern: String,
    names: Vec<String>,
    /// Segments before the rest, where there is a rest.
    before_rest: Option<usize>,
}

/// Makes the table of `method`; files that answer the same requests are added to `faults`.
pub(super) fn build(method: &Method, files: &[RouteFile], faults: &mut BTreeSet<RouteFault>) -> Table {
    let mut winners: BTreeMap<String, (Rank, &RouteFile, Shape)> = BTreeMap::new();
    for file in files {
        let Some(rank) = rank(file, method) else { continue };
        for shape in shapes(&file.segments) {
            match winners.get(&shape.pattern) {
                Some((best, other, _)) if *best == rank => _ = faults.insert(conflict(other, file)),
                Some((best, _, _)) if *best < rank => {}
                _ => _ = winners.insert(shape.pattern.clone(), (rank, file, shape)),
            }
        }
    }
    let mut table = Table::default();
    for (_, file, shape) in winners.into_values() {
        table.insert(file, shape, faults);
    }
    table
}

fn conflict(one: &RouteFile, other: &RouteFile) -> RouteFault {
    RouteFault::Conflict { path: other.to_string(), first: one.file.to_string(), second: other.file.to_string() }
}

fn rank(file: &RouteFile, method: &Method) -> Option<Rank> {
    match &file.method {
        None => Some(Rank::Any),
        Some(own) if own == method => Some(Rank::Own),
        Some(own) if own == Method::GET && method == Method::HEAD => Some(Rank::GetForHead),
        Some(_) => None,
    }
}

/// One shape a file; two for an optional rest, which is the path without it and the path with it.
fn shapes(segments: &[Segment]) -> Vec<Shape> {
    match segments.split_last() {
        Some((Segment::Rest { optional: true, .. }, before)) => vec![shape(before), shape(segments)],
        _ => vec![shape(segments)],
    }
}

fn shape(segments: &[Segment]) -> Shape {
    let mut pattern = String::new();
    let mut before_rest = None;
    for (at, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Literal(text) => pattern.extend(["/", text]),
            Segment::Parameter(_) => pattern.push_str(&format!("/{{{at}}}")),
            Segment::Rest { .. } => {
                pattern.push_str("/{*rest}");
                before_rest = Some(at);
            }
        }
    }
    if pattern.is_empty() {
        pattern.push('/');
    }
    let names = segments.iter().filter_map(|segment| segment.name().map(str::to_owned)).collect();
    Shape { pattern, names, before_rest }
}

impl Table {
    fn insert(&mut self, file: &RouteFile, shape: Shape, faults: &mut BTreeSet<RouteFault>) {
        let router = match shape.before_rest {
            None => &mut self.fixed,
            Some(before) => self.open.entry(Reverse(before)).or_default(),
        };
        let leaf = Leaf { function: file.file.clone(), names: shape.names };
        match router.insert(shape.pattern, leaf) {
            Ok(()) => _ = self.files.insert(file.file.clone()),
            // Shapes differ and literals need no escape, so this is not reached; a fault is the safe answer if it is.
            Err(_) => _ = faults.insert(conflict(file, file)),
        }
    }

    /// The function and the parameters for a decoded path.
    pub(super) fn find(&self, path: &str) -> Option<Target> {
        let mut routers = std::iter::once(&self.fixed).chain(self.open.values());
        let found = routers.find_map(|router| router.at(path).ok())?;
        let values = found.params.iter().map(|(_, value)| value.to_owned());
        let params = found.value.names.iter().cloned().zip(values).collect();
        Some((found.value.function.clone(), params))
    }

    /// The files that answer this method on at least one path.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &**file)
    }
}

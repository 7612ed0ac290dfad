//! Routes for what was asked of one host: templates with the methods that were seen on them, as few as say no more than that.

use super::template::{Template, templates};
use crate::past::Tally;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

/// Templates from which on one for all of them is proposed.
const TEMPLATES: usize = 30;

/// One route of a proposal, with what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The template; nothing where no path is known, and the route is for all.
    pub template: Option<Template>,
    /// The methods that were seen.
    pub methods: BTreeSet<String>,
    /// Calls.
    pub calls: u64,
    /// How many paths they had.
    pub paths: usize,
    /// When the last of them began.
    pub last: SystemTime,
}

/// What was asked for: a path by a method, so many times.
pub(super) struct Asked<'a> {
    pub path: &'a str,
    pub method: &'a str,
    pub tally: &'a Tally,
}

impl Route {
    /// The route as a rule writes its path.
    #[must_use]
    pub fn path(&self) -> String {
        self.template.as_ref().map_or_else(|| "/**".to_owned(), Template::text)
    }

    /// The one for calls whose paths are not known; nothing where there are no calls.
    pub(super) fn everywhere<'a>(asked: impl Iterator<Item = Asked<'a>>) -> Option<Self> {
        Self::covering(None, BTreeSet::new(), asked.collect::<Vec<_>>().iter()).map(|route| Self { paths: 0, ..route })
    }

    fn covering<'a>(
        template: Option<Template>,
        mut methods: BTreeSet<String>,
        asked: impl Iterator<Item = &'a Asked<'a>> + Clone,
    ) -> Option<Self> {
        methods.extend(asked.clone().map(|asked| asked.method.to_owned()));
        Some(Self {
            template,
            methods,
            calls: asked.clone().map(|asked| asked.tally.calls).sum(),
            paths: asked.clone().map(|asked| asked.path).collect::<BTreeSet<_>>().len(),
            last: asked.map(|asked| asked.tally.last).max()?,
        })
    }
}

/// The routes, by their paths; and whether they were so many that one stands for all.
pub(super) fn of(asked: Vec<Asked<'_>>) -> (Vec<Route>, bool) {
    let mut by_method = BTreeMap::<&str, Vec<&str>>::new();
    asked.iter().for_each(|asked| by_method.entry(asked.method).or_default().push(asked.path));
    let mut found = BTreeMap::<Template, BTreeSet<String>>::new();
    for (method, paths) in by_method {
        for template in templates(paths) {
            found.entry(template).or_default().insert(method.to_owned());
        }
    }
    let found = without_covered(found);
    let many = found.len() > TEMPLATES;
    let found = if many { vec![(Template::above(found.iter().map(|(template, _)| template)), BTreeSet::new())] } else { found };
    (assigned(found, &asked), many)
}

/// Leaves out what another route allows already.
fn without_covered(found: BTreeMap<Template, BTreeSet<String>>) -> Vec<(Template, BTreeSet<String>)> {
    let is_covered = |template: &Template, methods: &BTreeSet<String>| {
        found.iter().any(|(other, others)| other != template && other.covers(template) && methods.is_subset(others))
    };
    found.iter().filter(|(template, methods)| !is_covered(template, methods)).map(|(one, methods)| (one.clone(), methods.clone())).collect()
}

/// Counts every call for the first route that allows it.
fn assigned(found: Vec<(Template, BTreeSet<String>)>, asked: &[Asked<'_>]) -> Vec<Route> {
    let mut left: Vec<&Asked<'_>> = asked.iter().collect();
    let mut routes = Vec::with_capacity(found.len());
    for (template, methods) in found {
        let allows = |asked: &&Asked<'_>| (methods.is_empty() || methods.contains(asked.method)) && template.fits(asked.path);
        let (own, others): (Vec<_>, Vec<_>) = left.into_iter().partition(allows);
        left = others;
        routes.extend(Route::covering(Some(template), methods, own.iter().copied()));
    }
    routes.sort_by_cached_key(Route::path);
    routes
}

//! Which function answers a request: a table made from the names of the files below `functions/`.
//!
//! Pure: it reads names, never files. Rules:
//! - Folders and dots separate path segments: `users/list.js` and `users.list.js` are both `/users/list`. The last
//!   segment `index` is the folder itself.
//! - A first dot token `get`, `head`, `post`, `put`, `patch`, `delete` or `options` is the method. A file without one
//!   answers all seven. A lone token is a segment: `get.js` is `/get`, `get.index.js` is `GET /`.
//! - `[id]` is one segment, `[...slug]` one or more, `[[...slug]]` none or more; the last two end a path.
//! - For one path and method, a file that names the method beats one that does not; `GET` files answer `HEAD` too,
//!   behind a file for `HEAD` itself and before one without method.
//! - Paths of fixed length beat those with a rest, longer beginnings beat shorter ones, then a literal segment beats a
//!   parameter, from left to right. Two files that would still be equal are a fault, never a guess.
//! - Not routed: names that begin with `_` or a dot, `node_modules`, `*.test.js`, `*.spec.js`, other extensions.
//! - A request's path is percent-decoded once, before it is matched; one slash at its end is ignored.

mod file;
mod path;
mod table;

use file::RouteFile;
use http::Method;
pub use path::PathFault;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use table::Table;

/// The methods that a function can answer, in the order in which they are listed and tried.
pub const METHODS: [Method; 7] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// All routes of one app. Immutable: a changed folder makes a new one.
#[derive(Debug)]
pub struct Routes {
    tables: Vec<(Method, Table)>,
    list: Vec<Route>,
}

/// One line of the table, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The methods that this file answers on this path.
    pub methods: Vec<Method>,
    /// The path with `:id`, `:slug+` (one or more segments) and `:slug*` (none or more).
    pub path: String,
    /// The file, relative to the function folder.
    pub file: Arc<str>,
}

/// What a method and a path lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One function.
    Function {
        /// Its file, relative to the function folder.
        function: Arc<str>,
        /// The parameters in the order of the path, decoded. A rest that matched no segment is absent.
        params: Vec<(String, String)>,
    },
    /// The path exists, but not with this method.
    MethodNotAllowed {
        /// The methods that it has; at least one.
        allow: Vec<Method>,
    },
    /// No function has this path.
    NotFound,
    /// The path can be read in more than one way, and is therefore not read at all.
    BadPath(PathFault),
}

/// Why a function folder makes no table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RouteFault {
    /// A file's name is no text.
    #[error("{file}: the name is not valid UTF-8")]
    NotUtf8 {
        /// The name, as far as it can be shown.
        file: String,
    },
    /// A segment cannot be routed.
    #[error("{file}: {segment:?} {why}")]
    Segment {
        /// The file.
        file: String,
        /// The segment as written.
        segment: String,
        /// What is wrong with it, to be read after it.
        why: &'static str,
    },
    /// Two files answer the same requests.
    #[error("{first} and {second} both answer {path}")]
    Conflict {
        /// The path in the form of [`Route::path`].
        path: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
}

impl Routes {
    /// Reads the names of all files of a function folder; `extensions` come without the dot, for example `["js", "mjs"]`.
    ///
    /// # Errors
    /// All faults at once, each naming its files.
    pub fn from_files<P: AsRef<Path>>(files: impl IntoIterator<Item = P>, extensions: &[&str]) -> Result<Self, Vec<RouteFault>> {
        let mut faults = BTreeSet::new();
        let mut routed = Vec::new();
        for name in files {
            match file::read(name.as_ref(), extensions) {
                Ok(Some(file)) => routed.push(file),
                Ok(None) => {}
                Err(fault) => _ = faults.insert(fault),
            }
        }
        // The order of a folder listing must not show anywhere.
        routed.sort_by(|a, b| a.file.cmp(&b.file));
        let tables = METHODS.map(|method| (table::build(&method, &routed, &mut faults), method));
        if !faults.is_empty() {
            return Err(faults.into_iter().collect());
        }
        let tables: Vec<_> = tables.into_iter().map(|(table, method)| (method, table)).collect();
        Ok(Self { list: list(&routed, &tables), tables })
    }

    /// Finds the function for a request. `path` is the raw path of the request target, without the query.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let path = match path::decode(path) {
            Ok(path) => path,
            Err(fault) => return Found::BadPath(fault),
        };
        let own = self.tables.iter().find(|(known, _)| known == method);
        if let Some((function, params)) = own.and_then(|(_, table)| table.find(&path)) {
            return Found::Function { function, params };
        }
        let others = self.tables.iter().filter(|(_, table)| table.find(&path).is_some());
        let allow: Vec<Method> = others.map(|(method, _)| method.clone()).collect();
        if allow.is_empty() { Found::NotFound } else { Found::MethodNotAllowed { allow } }
    }

    /// Every route, sorted by path and file.
    #[must_use]
    pub fn list(&self) -> &[Route] {
        &self.list
    }
}

fn list(files: &[RouteFile], tables: &[(Method, Table)]) -> Vec<Route> {
    let mut methods: BTreeMap<&str, Vec<Method>> = BTreeMap::new();
    for (method, table) in tables {
        for file in table.files() {
            methods.entry(file).or_default().push(method.clone());
        }
    }
    let line = |file: &RouteFile| Route {
        methods: methods.get(&*file.file).cloned().unwrap_or_default(),
        path: file.to_string(),
        file: file.file.clone(),
    };
    let mut list: Vec<Route> = files.iter().map(line).collect();
    list.sort_by(|a, b| (&a.path, &a.file).cmp(&(&b.path, &b.file)));
    list
}

#[cfg(test)]
mod tests;

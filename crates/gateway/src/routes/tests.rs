//! Golden cases: files, a request, and what it leads to.

use super::{Found, PathFault, RouteFault, Routes};
use http::Method;

const EXTENSIONS: &[&str] = &["js", "mjs"];

fn routes(files: &str) -> Routes {
    Routes::from_files(files.split_whitespace(), EXTENSIONS).unwrap()
}

/// `expected` is `file name=value ...`, `405 METHODS`, `404` or the fault of the path.
#[track_caller]
fn check(files: &str, request: &str, expected: &str) {
    let (method, path) = request.split_once(' ').unwrap();
    let found = match routes(files).find(&method.parse().unwrap(), path) {
        Found::Function { function, params } => {
            params.iter().fold(function.to_string(), |text, (name, value)| format!("{text} {name}={value}"))
        }
        Found::MethodNotAllowed { allow } => allow.iter().fold("405".to_owned(), |text, method| format!("{text} {method}")),
        Found::NotFound => "404".to_owned(),
        Found::BadPath(fault) => format!("{fault:?}"),
    };
    assert_eq!(found, expected, "{request} among {files}");
}

#[track_caller]
fn check_fault(files: &str, expected: &str) {
    let faults = Routes::from_files(files.split_whitespace(), EXTENSIONS).unwrap_err();
    let texts: Vec<String> = faults.iter().map(RouteFault::to_string).collect();
    assert_eq!(texts.join("\n"), expected, "{files}");
}

#[test]
fn names_become_paths() {
    check("hello.js", "GET /hello", "hello.js");
    check("hello.mjs", "GET /hello", "hello.mjs");
    check("hello.js", "GET /hello/", "hello.js");
    check("hello.js", "GET /Hello", "404");
    check("hello.js", "GET /hello.js", "404");
    check("index.js", "GET /", "index.js");
    check("users/index.js", "GET /users", "users/index.js");
    check("users.index.js", "GET /users", "users.index.js");
    check("users/list.js", "GET /users/list", "users/list.js");
    check("users.list.js", "GET /users/list", "users.list.js");
    check("v1.2/users.js", "GET /v1.2/users", "v1.2/users.js");
    check("index/list.js", "GET /index/list", "index/list.js");
    check("get.js", "POST /get", "get.js");
}

#[test]
fn parameters_are_decoded_once() {
    check("users/[id].js", "GET /users/7", "users/[id].js id=7");
    check("users/[id].js", "GET /users/a%20b", "users/[id].js id=a b");
    check("users/[id].js", "GET /users/%2561", "users/[id].js id=%61");
    check("users/[id].js", "GET /users/%C3%A9", "users/[id].js id=é");
    check("users/[id].js", "GET /users", "404");
    check("users/[id].js", "GET /users/7/x", "404");
    check("[a]/[b].js", "GET /1/2", "[a]/[b].js a=1 b=2");
    check("get.users.[id].js", "GET /users/7", "get.users.[id].js id=7");
    check("users/get.[id].js", "GET /users/7", "users/get.[id].js id=7");
    check("users/[id].js", "GET /users/{*rest}", "users/[id].js id={*rest}");
    check("hello.js", "GET /h%65llo", "hello.js");
}

#[test]
fn rests_take_many_segments() {
    check("docs/[...slug].js", "GET /docs/a", "docs/[...slug].js slug=a");
    check("docs/[...slug].js", "GET /docs/a/b/c", "docs/[...slug].js slug=a/b/c");
    check("docs/[...slug].js", "GET /docs/a/", "docs/[...slug].js slug=a");
    check("docs/[...slug].js", "GET /docs", "404");
    check("docs/[...slug].js", "GET /docs/", "404");
    check("docs/[[...slug]].js", "GET /docs", "docs/[[...slug]].js");
    check("docs/[[...slug]].js", "GET /docs/a/b", "docs/[[...slug]].js slug=a/b");
    check("[[...all]].js", "GET /", "[[...all]].js");
    check("get.[...slug].js", "GET /a/b", "get.[...slug].js slug=a/b");
    check("[user]/files/[...path].js", "GET /x/files/a/b", "[user]/files/[...path].js user=x path=a/b");
}

#[test]
fn the_nearer_path_wins() {
    let users = "users/me.js users/[id].js users/[...rest].js [...rest].js";
    check(users, "GET /users/me", "users/me.js");
    check(users, "GET /users/7", "users/[id].js id=7");
    check(users, "GET /users/7/8", "users/[...rest].js rest=7/8");
    check(users, "GET /other/7", "[...rest].js rest=other/7");
    check("[a]/[...r].js [...r].js", "GET /1/2", "[a]/[...r].js a=1 r=2");
    check("[a]/[...r].js [...r].js", "GET /1", "[...r].js r=1");
    check("a/[x]/c.js [y]/b/d.js", "GET /a/b/d", "[y]/b/d.js y=a");
    check("a/[x].js [y]/b.js", "GET /a/b", "a/[x].js x=b");
}

#[test]
fn methods_are_told_apart() {
    check("get.hello.js", "GET /hello", "get.hello.js");
    check("get.hello.js", "HEAD /hello", "get.hello.js");
    check("get.hello.js", "POST /hello", "405 GET HEAD");
    check("get.hello.js", "PROPFIND /hello", "405 GET HEAD");
    check("get.hello.js head.hello.js", "HEAD /hello", "head.hello.js");
    check("hello.js", "OPTIONS /hello", "hello.js");
    check("hello.js", "TRACE /hello", "405 GET HEAD POST PUT PATCH DELETE OPTIONS");
    check("hello.js post.hello.js", "POST /hello", "post.hello.js");
    check("hello.js post.hello.js", "PUT /hello", "hello.js");
    check("hello.js get.hello.js", "HEAD /hello", "get.hello.js");
    check("get.users.[id].js post.users.[name].js", "POST /users/7", "post.users.[name].js name=7");
    check("get.index.js", "GET /", "get.index.js");
    check("get.[id].js [...rest].js", "POST /7", "[...rest].js rest=7");
    check("patch.x.js", "GET /nothing", "404");
}

#[test]
fn private_files_are_not_routed() {
    let private = "_lib.js _lib/x.js .hidden/x.js .x.js node_modules/x.js a.test.js get.a.spec.js x.ts x.json README .js";
    assert_eq!(routes(private).list(), []);
    check("test.js", "GET /test", "test.js");
}

#[test]
fn paths_with_two_readings_are_refused() {
    for (path, fault) in [
        ("/a%2Fb", PathFault::EncodedSlash),
        ("/a%2fb", PathFault::EncodedSlash),
        ("/a%5Cb", PathFault::Backslash),
        ("/a\\b", PathFault::Backslash),
        ("/a%00", PathFault::Control),
        ("/a%0a", PathFault::Control),
        ("/a%7f", PathFault::Control),
        ("/../a", PathFault::DotSegment),
        ("/a/.", PathFault::DotSegment),
        ("/%2e%2E/a", PathFault::DotSegment),
        ("/.%2e/", PathFault::DotSegment),
        ("//a", PathFault::EmptySegment),
        ("/a//b", PathFault::EmptySegment),
        ("/a//", PathFault::EmptySegment),
        ("//", PathFault::EmptySegment),
        ("/%ff", PathFault::NotUtf8),
        ("/%c0%af", PathFault::NotUtf8),
        ("/%", PathFault::BadEncoding),
        ("/%4", PathFault::BadEncoding),
        ("/%+1", PathFault::BadEncoding),
        ("/%u0041", PathFault::BadEncoding),
        ("*", PathFault::NotAbsolute),
        ("", PathFault::NotAbsolute),
    ] {
        check("[[...all]].js", &format!("GET {path}"), &format!("{fault:?}"));
    }
}

#[test]
fn two_files_for_one_request_are_a_fault_that_names_both() {
    check_fault("a/b.js a.b.js", "a.b.js and a/b.js both answer /a/b");
    check_fault("hello.js hello.mjs", "hello.js and hello.mjs both answer /hello");
    check_fault("get.[a].js get.[b].js", "get.[a].js and get.[b].js both answer /:b");
    check_fault("index.js [[...all]].js", "[[...all]].js and index.js both answer /");
    check_fault("x/[...a].js x/[[...b]].js", "x/[...a].js and x/[[...b]].js both answer /x/:b*");
    check_fault("head.x.js head.x.mjs", "head.x.js and head.x.mjs both answer /x");
}

#[test]
fn segments_that_cannot_be_routed_are_faults() {
    check_fault("[...a]/b.js", "[...a]/b.js: \"[...a]\" must be the last segment");
    check_fault("[a]/[a].js", "[a]/[a].js: \"[a]\" is there twice");
    check_fault("a-[b].js", "a-[b].js: \"a-[b]\" must be a whole [parameter], [...rest] or [[...rest]]");
    check_fault("[].js", "[].js: \"[]\" needs a name of letters, digits, '-' and '_' that begins with a letter");
    check_fault("get._x.js", "get._x.js: \"_x\" begins like a private name");
    check_fault("a..b.js", "a..b.js: \"\" is an empty segment");
    check_fault("é.js", "é.js: \"é\" may hold only letters, digits, '-', '_', '.' and '~'");
    check_fault("a..b.js é.js", "a..b.js: \"\" is an empty segment\né.js: \"é\" may hold only letters, digits, '-', '_', '.' and '~'");
}

#[test]
fn the_list_shows_what_each_file_answers() {
    let routes = routes("hello.js post.hello.js users/get.[id].js docs/[[...slug]].js");
    let lines: Vec<String> = routes
        .list()
        .iter()
        .map(|route| {
            let methods: Vec<&str> = route.methods.iter().map(Method::as_str).collect();
            format!("{} {} {}", methods.join(","), route.path, route.file)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS /docs/:slug* docs/[[...slug]].js",
            "GET,HEAD,PUT,PATCH,DELETE,OPTIONS /hello hello.js",
            "POST /hello post.hello.js",
            "GET,HEAD /users/:id users/get.[id].js",
        ]
    );
}

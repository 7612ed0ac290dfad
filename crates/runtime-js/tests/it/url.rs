//! URL and URLSearchParams: our own cases, and the web platform's own test data where it is at hand.

use crate::harness::{Bench, eval, text};
use std::path::{Path, PathBuf};

#[test]
fn urls_behave_as_the_standard_says() {
    let cases = [
        (
            "const u = new URL('../b?x=1#h', 'http://user:pw@Ex\u{e4}mple.test:8080/a/c'); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash].join('|')",
            "http://user:pw@xn--exmple-cua.test:8080/b?x=1#h|http://xn--exmple-cua.test:8080|http:|user|pw|xn--exmple-cua.test:8080|xn--exmple-cua.test|8080|/b|?x=1|#h",
        ),
        (
            "const u = new URL('http://a.test/'); u.searchParams.append('q', 'a b'); u.pathname = '/x y'; u.hash = 'z'; u.port = '81'; return u.href",
            "http://a.test:81/x%20y?q=a+b#z",
        ),
        (
            "const u = new URL('http://a.test/?a=1'); const p = u.searchParams; u.search = '?b=2'; return [p.get('a'), p.get('b'), p === u.searchParams]",
            ",2,true",
        ),
        ("const u = new URL('http://a.test/?a=1'); u.searchParams.delete('a'); return u.href", "http://a.test/"),
        ("const u = new URL('http://a.test/?a=1'); u.href = 'http://b.test/?c=3'; return [u.searchParams.get('c'), u.host]", "3,b.test"),
        (
            "const u = new URL('http://a.test/'); u.protocol = 'https'; u.host = 'b.test:1'; u.hostname = 'c.test'; u.username = 'n'; u.password = 'p'; return JSON.stringify({ u })",
            "{\"u\":\"https://n:p@c.test:1/\"}",
        ),
        (
            "return [URL.canParse('x:'), URL.canParse('x'), URL.canParse('x', 'http://a/'), URL.parse('x'), URL.parse('x', 'http://a/').href]",
            "true,false,true,,http://a/x",
        ),
        ("try { new URL('nowhere') } catch (e) { return e.name }", "TypeError"),
        ("const u = new URL('http://a.test/'); try { u.href = 'no' } catch (e) { return [e.name, u.href] }", "TypeError,http://a.test/"),
        ("const u = new URL('http://a.test/'); u.host = 'bad host'; u.port = 'x'; return u.href", "http://a.test/"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

#[test]
fn query_strings_behave_as_the_standard_says() {
    let cases = [
        ("return new URLSearchParams('?a=1&b=%20+&a=3&c').toString()", "a=1&b=++&a=3&c="),
        ("return new URLSearchParams({ a: '1', b: 'x&y' }).toString()", "a=1&b=x%26y"),
        ("return new URLSearchParams([['a', '1'], ['a', '2']]).getAll('a')", "1,2"),
        ("return new URLSearchParams(new URLSearchParams('x=y')).toString()", "x=y"),
        (
            "const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', '9'); p.append('c', '4'); p.delete('b'); return [p.toString(), p.size]",
            "a=9&c=4,2",
        ),
        (
            "const p = new URLSearchParams('a=1&a=2'); p.delete('a', '1'); return [p.toString(), p.has('a', '2'), p.has('a', '1')]",
            "a=2,true,false",
        ),
        ("const p = new URLSearchParams('z=1&a=2&z=0'); p.sort(); return p.toString()", "a=2&z=1&z=0"),
        (
            "const p = new URLSearchParams('a=1&b=2'); const out = []; p.forEach((v, k) => out.push(k + v)); return [out, [...p.keys()], [...p.values()], [...p].length]",
            "a1,b2,a,b,1,2,2",
        ),
        ("return new URLSearchParams('\\uD800=\\u{1F600}').toString()", "%EF%BF%BD=%F0%9F%98%80"),
        ("try { new URLSearchParams('a&'.repeat(2e6)) } catch (e) { return e.name }", "RangeError"),
        ("try { new URLSearchParams([['a']]) } catch (e) { return e.name }", "TypeError"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

fn suite(name: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/url").join(name);
    let found = std::fs::read_to_string(&path).ok();
    if found.is_none() {
        println!("NOTICE: skipped, {} is not at hand", path.display());
    }
    found
}

/// Runs a script over a suite; it answers with the differences, one a line.
fn differences(data: &str, script: &str) -> Vec<String> {
    let source =
        format!("const data = {data};\nexport default () => {{ const wrong = []; {script}; return new Response(wrong.join('\\n')) }}");
    let limits = egret_runtime::Limits { cpu: std::time::Duration::from_secs(30), ..egret_runtime::Limits::default() };
    let told = text(&Bench::new(limits).run(&source));
    told.lines().map(str::to_owned).collect()
}

/// The `url` crate is behind the standard in corners of `file:` and of opaque paths; none of them is a scheme that the
/// kernel lets out. For http and https it only refuses more than the standard does.
#[track_caller]
fn check(wrong: &[String], most: usize) {
    let web = wrong.iter().filter(|line| line.starts_with("[\"http") || line.contains("\",\"http:"));
    let unexpected: Vec<_> =
        web.filter(|line| !line.contains("\"refused\"") && !line.contains("\"xn--\"") && !line.contains("\\n\\n")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert!(wrong.len() <= most, "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_web_platforms_parsing_cases_hold() {
    let Some(data) = suite("urltestdata.json") else { return };
    let wrong = differences(
        &data,
        "for (const t of data) { if (typeof t === 'string') continue;
           let u = null; try { u = new URL(t.input, t.base ?? undefined) } catch {}
           if (t.failure) { if (u) wrong.push(JSON.stringify([t.input, t.base, 'parsed as', u.href])); continue }
           if (!u) { wrong.push(JSON.stringify([t.input, t.base, 'refused'])); continue }
           for (const k of ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'])
             if (k in t && u[k] !== t[k]) wrong.push(JSON.stringify([t.input, t.base, k, u[k], t[k]])) }",
    );
    check(&wrong, 84);
}

#[test]
fn the_web_platforms_setter_cases_hold() {
    let Some(data) = suite("setters_tests.json") else { return };
    let wrong = differences(
        &data,
        "for (const [property, tests] of Object.entries(data)) { if (property === 'comment') continue;
           for (const t of tests) { const u = new URL(t.href); u[property] = t.new_value;
             for (const [k, v] of Object.entries(t.expected)) if (u[k] !== v) wrong.push(JSON.stringify([t.href, property, t.new_value, k, u[k], v])) } }",
    );
    check(&wrong, 25);
}

#[test]
fn urls_over_64_kib_are_none() {
    let told = eval(
        "const url = (n) => 'http://a/' + 'x'.repeat(n - 9); const u = new URL('http://a/');
         u.pathname = 'y'.repeat(70000);
         return [URL.canParse(url(65536)), URL.canParse(url(65537)), u.pathname]",
    );
    assert_eq!(told, "true,false,/");
}

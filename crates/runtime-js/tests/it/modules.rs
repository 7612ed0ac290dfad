//! Modules: what may be imported, and where faults are said to be.

use crate::harness::{Bench, app, data_dir, invoke, text};
use egret_runtime_js::{CodeFault, JsApp, Source};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// A folder of an app, made anew.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = data_dir().join("apps").join(name);
    let _ = fs::remove_dir_all(&root);
    for (file, source) in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, source).unwrap();
    }
    root
}

fn load(root: &std::path::Path) -> Result<Arc<JsApp>, Vec<CodeFault>> {
    Bench::shared().js.load(app(root, Source::File("main.js".into())))
}

fn fault(name: &str, files: &[(&str, &str)]) -> String {
    match load(&folder(name, files)) {
        Err(faults) => faults[0].to_string(),
        Ok(_) => panic!("{name} was loaded"),
    }
}

#[test]
fn relative_imports_work_also_in_circles() {
    let root = folder(
        "imports",
        &[
            ("main.js", "import { a } from './lib/a.js'; import b from './lib/../b.js'; export default () => new Response(a() + b)"),
            ("lib/a.js", "import { c } from './c.js'; export const one = 1; export const a = () => 'a' + c()"),
            ("lib/c.js", "import { one } from './a.js'; import b from '../b.js'; export const c = () => b + one"),
            ("b.js", "export default 'b'"),
        ],
    );
    assert_eq!(text(&invoke(&*load(&root).unwrap())), "ab1b");
}

#[test]
fn a_dynamic_import_finds_what_was_loaded_and_nothing_else() {
    let root = folder(
        "dynamic",
        &[
            (
                "main.js",
                "import './a.js'; export default async () => { const { x } = await import('./a.js'); const e = await import('./b.js').catch((e) => e); return new Response(x + e.name) }",
            ),
            ("a.js", "export const x = 1"),
            ("b.js", "export const x = 2"),
        ],
    );
    assert_eq!(text(&invoke(&*load(&root).unwrap())), "1TypeError");
}

#[test]
fn what_is_outside_the_folder_cannot_be_imported() {
    let escape = fault("escape", &[("main.js", "\n\nimport x from '../secret.js'; export default x")]);
    assert!(escape.starts_with("main.js:3: cannot import '../secret.js'") && escape.contains("leaves the app's folder"), "{escape}");
    let deep = fault("deep", &[("main.js", "import './a/b.js'; export default 1"), ("a/b.js", "import '../../x.js'")]);
    assert!(deep.starts_with("a/b.js:1: ") && deep.contains("leaves the app's folder"), "{deep}");

    let root = folder("link", &[("main.js", "import x from './link.js'; export default x")]);
    fs::write(root.parent().unwrap().join("secret.js"), "export default 1").unwrap();
    std::os::unix::fs::symlink(root.parent().unwrap().join("secret.js"), root.join("link.js")).unwrap();
    let link = load(&root).map(|_| ()).unwrap_err()[0].to_string();
    assert!(link.contains("leads out of the app's folder"), "{link}");
}

#[test]
fn a_named_pipe_is_refused_and_not_waited_for() {
    let root = folder("pipe", &[("main.js", "import x from './pipe.js'; export default x")]);
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe.js"), rustix::fs::Mode::RUSR).unwrap();
    let fault = load(&root).map(|_| ()).unwrap_err()[0].to_string();
    assert!(fault.contains("it is no file"), "{fault}");
}

#[test]
fn links_inside_the_folder_are_followed() {
    let root =
        folder("inside", &[("main.js", "import x from './link.js'; export default () => new Response(x)"), ("a.js", "export default 'a'")]);
    std::os::unix::fs::symlink("a.js", root.join("link.js")).unwrap();
    assert_eq!(text(&invoke(&*load(&root).unwrap())), "a");
}

#[test]
fn modules_have_a_limit_together_whatever_their_names() {
    let mib = format!("export default 1; //{}", "x".repeat(3 << 20));
    let imports: String = (0..6).map(|n| format!("import './{n}.js';")).collect();
    let root = folder("sum", &[("main.js", &format!("{imports} export default 1")), ("0.js", &mib)]);
    for n in 1..6 {
        std::os::unix::fs::symlink("0.js", root.join(format!("{n}.js"))).unwrap();
    }
    let fault = load(&root).map(|_| ()).unwrap_err()[0].to_string();
    assert!(fault.contains("16 MiB together"), "{fault}");
}

#[test]
fn bare_and_absolute_names_are_refused_with_words_that_help() {
    for specifier in ["react", "/etc/passwd", "https://evil.test/x.js", "node:fs", "data:text/javascript,1"] {
        let words = fault("bare", &[("main.js", &format!("import x from '{specifier}'; export default x"))]);
        assert!(words.starts_with("main.js:1: ") && words.contains("./ or ../"), "{words}");
    }
}

#[test]
fn faults_have_their_place() {
    assert!(fault("syntax", &[("main.js", "export default {\n  fetch() { return }}\n}")]).starts_with("main.js:3:"));
    let inner = fault("inner", &[("main.js", "import './lib/x.js'; export default 1"), ("lib/x.js", "\nlet = ;")]);
    assert!(inner.starts_with("lib/x.js:2:"), "{inner}");
    assert!(fault("missing", &[("main.js", "import './nothing.js'; export default 1")]).contains("there is no file nothing.js"));
    assert!(fault("export", &[("main.js", "import { no } from './a.js'; export default no"), ("a.js", "")]).contains("no"));
    assert!(fault("default", &[("main.js", "export const x = 1")]).contains("no default export"));
    assert!(fault("absent", &[]).contains("does not exist"));
}

#[test]
fn all_faults_of_an_app_are_reported_at_once() {
    let root = folder("faults", &[("a.js", "("), ("b.js", ")")]);
    let mut code = app(&root, Source::File("a.js".into()));
    code.functions.push(egret_runtime_js::FunctionCode { name: "b".into(), source: Source::File("b.js".into()) });
    assert_eq!(Bench::shared().js.load(code).map(|_| ()).unwrap_err().len(), 2);
}

#[test]
fn uncaught_errors_name_the_guests_own_places() {
    let root = folder(
        "stack",
        &[
            ("main.js", "import { f } from './lib/f.js';\nexport default () => f()"),
            ("lib/f.js", "export function f() {\n  throw new TypeError('wrong')\n}"),
        ],
    );
    match invoke(&*load(&root).unwrap()) {
        Err(egret_runtime::Failure::Thrown(thrown)) => {
            assert_eq!((thrown.name.as_str(), thrown.message.as_str()), ("TypeError", "wrong"));
            assert!(thrown.stack.contains("lib/f.js:2") && thrown.stack.contains("main.js:2"), "{}", thrown.stack);
            assert!(!thrown.stack.contains("egret:"), "{}", thrown.stack);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reload_leaves_running_code_alone() {
    let root = folder("reload", &[("main.js", "export default () => new Response('old')")]);
    let old = load(&root).unwrap();
    fs::write(root.join("main.js"), "export default () => new Response('new')").unwrap();
    let new = load(&root).unwrap();
    assert_eq!([text(&invoke(&*old)), text(&invoke(&*new))], ["old", "new"]);
}

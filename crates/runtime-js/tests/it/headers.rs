//! Headers.

use crate::harness::eval;

#[test]
fn headers_behave_as_the_standard_says() {
    let cases = [
        ("const h = new Headers({ B: '2', a: ' 1 ' }); h.append('b', '3'); return [...h].join(';')", "a,1;b,2, 3"),
        (
            "const h = new Headers([['Set-Cookie', 'a=1'], ['set-cookie', 'b=2']]); return [h.getSetCookie().length, [...h].length, h.get('set-cookie')]",
            "2,2,a=1, b=2",
        ),
        (
            "const h = new Headers({ a: '1' }); h.set('A', '2'); h.delete('none'); return [h.get('a'), h.has('A'), h.get('b'), h.has('b')]",
            "2,true,,false",
        ),
        (
            "const h = new Headers({ z: '1', a: '2' }); const seen = []; h.forEach((v, k, all) => seen.push(k + v + (all === h))); return seen",
            "a2true,z1true",
        ),
        ("return [...new Headers({ b: '1', a: '2' }).keys()].join() + [...new Headers({ b: '1', a: '2' }).values()].join()", "a,b2,1"),
        ("return new Headers(new Headers({ a: '1' })).get('a')", "1"),
        ("return new Headers(new Map([['a', '1']])).get('a')", "1"),
        ("const h = new Headers({ a: '1' }); h.delete('A'); return [...h].length", "0"),
        ("return Object.prototype.toString.call(new Headers())", "[object Headers]"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

#[test]
fn bad_names_and_values_are_type_errors() {
    for code in [
        "new Headers({ 'a b': '' })",
        "new Headers({ '': '' })",
        "new Headers({ a: '\\0' })",
        "new Headers({ a: 'x\\r\\ny' })",
        "new Headers({ a: '\\u0100' })",
        "new Headers([['a']])",
        "new Headers(null)",
        "new Headers(1)",
        "new Headers().get('\\u00e9')",
        "new Headers().append('a\\n', '')",
        "request.headers.set('a', '1')",
    ] {
        assert_eq!(eval(&format!("try {{ {code} }} catch (e) {{ return e.name }}")), "TypeError", "{code}");
    }
}

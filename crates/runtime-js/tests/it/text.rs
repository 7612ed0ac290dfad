//! TextEncoder, TextDecoder, atob, btoa, DOMException.

use crate::harness::eval;

#[test]
fn text_is_encoded_and_decoded_as_the_standard_says() {
    let cases = [
        (
            "return new TextEncoder().encode('a\\u00e9\\u20ac\\u{1F600}\\uD800').join()",
            "97,195,169,226,130,172,240,159,152,128,239,191,189",
        ),
        (
            "const b = new Uint8Array(4); const r = new TextEncoder().encodeInto('a\\u20ac\\u20ac', b); return [r.read, r.written, b.join()]",
            "2,4,97,226,130,172",
        ),
        ("return new TextDecoder().decode(new Uint8Array([0xEF, 0xBB, 0xBF, 65]))", "A"),
        ("return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xEF, 0xBB, 0xBF, 65])).length", "2"),
        (
            "return new TextDecoder().decode(new Uint8Array([0xF0, 0x9F, 0x41, 0xE2, 0x82, 0xC0, 0xAF, 0xED, 0xA0, 0x80]))",
            "\u{fffd}A\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
        ),
        ("try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xFF])) } catch (e) { return e.name }", "TypeError"),
        ("try { new TextDecoder('latin1') } catch (e) { return e.name }", "RangeError"),
        ("const d = new TextDecoder(' UTF8 '); return [d.encoding, d.fatal, d.ignoreBOM]", "utf-8,false,false"),
        (
            "const d = new TextDecoder(); let s = ''; for (const b of [0xEF, 0xBB, 0xBF, 0xE2, 0x82, 0xAC, 0xF0, 0x9F]) s += d.decode(new Uint8Array([b]), { stream: true }); return [s, d.decode()]",
            "\u{20ac},\u{fffd}",
        ),
        ("return new TextDecoder().decode(new Uint8Array([1, 65, 2]).subarray(1, 2))", "A"),
        ("return new TextDecoder().decode()", ""),
        ("return [btoa('hi'), atob('aGk=')]", "aGk=,hi"),
        (
            "try { atob('*') } catch (e) { return [e.name, e.code, e instanceof DOMException, e instanceof Error] }",
            "InvalidCharacterError,5,true,true",
        ),
        ("const e = new DOMException('m', 'AbortError'); return [e.name, e.message, e.code]", "AbortError,m,20"),
    ];
    for (code, expected) in cases {
        assert_eq!(eval(code), expected, "{code}");
    }
}

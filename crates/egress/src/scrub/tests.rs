//! What is found, what is not, and that the pieces in which a text comes do not matter.

use super::*;

const KEY: &str = "sk_live_51H/8+vUq=REAL";

fn scrubber(values: &[&str]) -> Arc<Scrubber> {
    let named = values
        .iter()
        .enumerate()
        .map(|(number, value)| (format!("S{number}").parse().unwrap(), vec![SecretValue::new(value.as_bytes().to_vec())]));
    Arc::new(Scrubber::new(&named.collect::<Vec<_>>()))
}

fn scrubbed(scrubber: &Arc<Scrubber>, text: &[u8], cuts: &[usize]) -> (Vec<u8>, Echoed) {
    let mut scrub = Scrub::new(Arc::clone(scrubber));
    let mut out = Vec::new();
    let ends = cuts.iter().copied().chain([text.len()]);
    let mut from = 0;
    for end in ends {
        out.extend_from_slice(&scrub.push(Bytes::copy_from_slice(&text[from..end])));
        from = end;
    }
    out.extend_from_slice(&scrub.finish());
    (out, scrub.echoed().clone())
}

/// The text with what is in brackets masked, in one piece, in every two, and byte by byte.
#[track_caller]
fn check(values: &[&str], text: &str) {
    let scrubber = scrubber(values);
    let plain: String = text.chars().filter(|letter| !"⟦⟧".contains(*letter)).collect();
    let mut inside = false;
    let mut expected = Vec::new();
    for letter in text.chars() {
        match letter {
            '⟦' => inside = true,
            '⟧' => inside = false,
            letter => expected.extend(letter.to_string().bytes().map(|byte| if inside { b'*' } else { byte })),
        }
    }
    let expected = String::from_utf8(expected).unwrap();
    let (whole, echoed) = scrubbed(&scrubber, plain.as_bytes(), &[]);
    assert_eq!(String::from_utf8_lossy(&whole), expected, "{text}");
    assert_eq!(echoed.names.is_empty(), !text.contains('⟦'), "{text}");
    for cut in 0..plain.len() {
        assert_eq!(scrubbed(&scrubber, plain.as_bytes(), &[cut]), (whole.clone(), echoed.clone()), "{text} cut at {cut}");
    }
    let single: Vec<usize> = (0..plain.len()).collect();
    assert_eq!(scrubbed(&scrubber, plain.as_bytes(), &single), (whole, echoed), "{text} byte by byte");
}

#[test]
fn every_form_is_masked_whatever_the_pieces() {
    let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    check(&[KEY], &format!("{{\"authorization\":\"Bearer ⟦{KEY}⟧\"}}"));
    check(&[KEY], &format!("⟦{KEY}⟧⟦{KEY}⟧ and ⟦{KEY}⟧"));
    check(&["sk_live_REAL"], "x ⟦c2tfbGl2ZV9SRUFM⟧");
    assert_eq!(encode("user:sk_live_REAL"), "dXNlcjpza19saXZlX1JFQUw=");
    check(&["sk_live_REAL"], "basic dXNlcjp⟦za19saXZlX1JFQU⟧w=");
    check(&["sk_live_REAL"], "x⟦NrX2xpdmVfUkVBT⟧");
    check(&["sk_live_REAL"], "⟦736b5f6c6976655f5245414c⟧ ⟦736B5F6C6976655F5245414C⟧ ⟦736B5f6c6976655F5245414c⟧");
    check(&["sk_live_REAL"], "⟦sk%5Flive%5FREAL⟧ ⟦sk%5flive%5fREAL⟧ ⟦%73%6B%5F%6c%69%76%65%5F%52%45%41%4C⟧");
    check(&["sk_live_REAL"], "⟦&#115;k_live_REAL⟧ ⟦&#x73;k&#X5f;live&#0095;REAL⟧ ⟦sk&lowbar;live_REAL⟧");
    check(
        &["sk_live_REAL"],
        r"⟦\u0073k_live_RE\u0041L⟧ ⟦\x73k_live\u005fREAL⟧ ⟦\u0073\u006B\u005f\u006C\u0069\u0076\u0065\u005F\u0052\u0045\u0041\u004c⟧",
    );
    check(&["a/b\"c\\d&e<f'g"], "⟦a\\/b\\\"c\\\\d\\u0026e<f'g⟧ ⟦a/b&quot;c\\d&amp;e&lt;f&apos;g⟧ ⟦a%2Fb%22c%5Cd%26e%3Cf%27g⟧");
}

#[test]
fn escapes_over_encoded_forms_and_escapes_mixed_are_read() {
    let value = "~~~???>>>~~~/+";
    let base64 = data_encoding::BASE64.encode(value.as_bytes());
    let whole = &base64[..18];
    for escaped in [
        whole.replace('+', "%2B").replace('/', "%2F"),
        whole.replace('/', "\\/"),
        whole.replace('+', "&#43;"),
        whole.replace('/', "\\/").replace('+', "%2b"),
    ] {
        check(&[value], &format!("a=⟦{escaped}⟧&b"));
    }
}

#[test]
fn a_value_that_looks_like_an_escape_is_found_however_it_is_written() {
    check(&["p%41q\\nr&lt;s-end"], "⟦p%41q\\nr&lt;s-end⟧ ⟦p%2541q\\nr&lt;s-end⟧ ⟦p%41q\\\\nr&lt;s-end⟧ ⟦p%41q\\nr&amp;lt;s-end⟧");
}

#[test]
fn what_is_no_echo_stays_as_it_is() {
    for text in [
        "sk_live_REA",
        "k_live_REAL",
        "SK_LIVE_REAL",
        "LAER_evil_ks",
        "sk_live_ REAL",
        "%",
        "100%, \\ & more",
        "{{secret:sk}}",
        "sk%5Flive%5",
        "&#115;k_live_REA&#",
    ] {
        check(&["sk_live_REAL"], text);
    }
    check(&["", "abc"], "abc and all else");
}

#[test]
fn overlapping_and_nested_echoes_are_masked_together() {
    check(&["abcdefghijkl", "ghijklmnopqr"], "x⟦abcdefghijklmnopqr⟧y");
    check(&["aaaaaaaaaaaa"], "b⟦aaaaaaaaaaaaaaaa⟧b");
    check(&["0123456789abcdefghij", "456789ab"], "⟦0123456789abcdefghij⟧ 0123⟦456789ab⟧cd 0123⟦456789ab⟧");
}

#[test]
fn a_long_value_is_masked_whole_and_in_part() {
    let value: String = (0..200_u32).map(|number| char::from_digit(number * number % 36, 36).unwrap()).collect();
    check(&[&value], &format!("a ⟦{value}⟧ b"));
    check(&[&value], &format!("a ⟦{}⟧ b", &value[45..93]));
    let (out, _) = scrubbed(&scrubber(&[&value]), data_encoding::BASE64.encode(value.as_bytes()).as_bytes(), &[]);
    assert!(out[..out.len() - 4].iter().all(|byte| *byte == b'*'), "{}", String::from_utf8_lossy(&out));
}

#[test]
fn names_and_counts_are_told() {
    let (_, echoed) = scrubbed(
        &scrubber(&["first-secret-value", "second-secret-value"]),
        b"second-secret-value, first-secret-value, second-secret-value",
        &[],
    );
    let names: Vec<&str> = echoed.names.iter().map(SecretName::as_str).collect();
    assert_eq!((names, echoed.count), (vec!["S1", "S0"], 3));
}

#[test]
fn ordinary_text_is_not_copied_and_not_held_back() {
    let mut scrub = Scrub::new(scrubber(&[KEY]));
    let text = Bytes::from_static(b"data: {\"ok\":true}\n\n");
    let out = scrub.push(text.clone());
    assert_eq!((out.as_ptr(), out.len()), (text.as_ptr(), text.len()));
    assert_eq!(scrub.push(Bytes::from_static(b"data: sk_live_")), &b"data: "[..], "what may become an echo waits");
    assert_eq!(scrub.push(Bytes::from_static(b"!\n\n")), &b"sk_live_!\n\n"[..], "and goes when it is none");
}

#[test]
fn what_is_held_back_is_bounded() {
    let mut scrub = Scrub::new(scrubber(&[&"long-secret".repeat(50)]));
    let escaped = |text: &str| text.bytes().map(|byte| format!("&#x00000000{byte:x};")).collect::<String>();
    let (mut put, mut got, mut most) = (0, 0, 0);
    for byte in escaped(&"long-secret".repeat(20)).into_bytes() {
        got += scrub.push(Bytes::copy_from_slice(&[byte])).len();
        put += 1;
        most = most.max(put - got);
    }
    assert!((100..=16 * 128 + 16).contains(&most), "{most}");
}

#[test]
fn an_echo_across_blocks_is_masked() {
    let scrubber = scrubber(&["sk_live_REAL"]);
    for shift in 0..40 {
        let mut text = vec![b'x'; BLOCK - shift];
        text.extend_from_slice(b"sk%5Flive_REAL tail");
        text.resize(3 * BLOCK, b'%');
        let (out, echoed) = scrubbed(&scrubber, &text, &[]);
        assert_eq!((out.len(), echoed.count), (text.len(), 1));
        assert_eq!(&out[BLOCK - shift..][..19], b"************** tail", "{shift}");
    }
}

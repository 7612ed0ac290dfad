//! A smoke run of the fuzz targets of what upstreams send: many inputs made of a few by a fixed generator.

#[path = "../../../../fuzz/dice.rs"]
mod dice;
#[path = "../../../../fuzz/streams.rs"]
mod streams;

#[path = "../../../../fuzz/scrub.rs"]
mod scrub;

use dice::Dice;
use egret_testkit::coded;

/// Mutations of each seed. The whole takes a few seconds; `cargo fuzz` takes as long as one lets it.
const ROUNDS: usize = 400;

/// Flips, cuts, doubles or joins pieces.
fn mutate(dice: &mut Dice, seed: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.throw(3) {
        let at = dice.throw(bytes.len() + 1);
        match dice.throw(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.throw(8),
            1 => drop(bytes.splice(at..at, other.iter().skip(dice.throw(other.len())).take(20).copied())),
            2 => drop(bytes.drain(at.saturating_sub(3)..at)),
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

fn smoke(body: fn(&[u8]), seeds: &[Vec<u8>], rounds: usize) {
    let mut dice = Dice::new();
    for seed in seeds {
        body(seed);
        for _ in 0..rounds {
            let other = &seeds[dice.throw(seeds.len())];
            body(&mutate(&mut dice, seed, other));
        }
    }
}

#[test]
fn any_body_decodes_to_the_same_in_any_pieces_or_is_refused() {
    let text = b"to be, or not to be, that is the question; to be or to be not";
    let seeds = [coded::gzip(text), coded::deflate(text), coded::raw_deflate(text), coded::brotli(text), coded::zstd(text)];
    smoke(streams::decode, &seeds, ROUNDS);
}

#[test]
fn any_head_has_one_framing_and_one_verdict() {
    let seeds = [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: b\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.0 404 Not\r\n\r\n",
        "HTTP/1.1 204 No\nx: y\r\n z\r\n\r\n",
    ];
    smoke(streams::response_head, &seeds.map(|seed| seed.as_bytes().to_vec()), ROUNDS);
}

#[test]
fn any_chunked_body_is_refused_or_read_as_the_standard_reads_it() {
    let seeds = [
        "5\r\nhello\r\n0\r\n\r\n",
        "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nx-a: b\r\n\r\n",
        "a\r\n0123456789\r\n00000A\r\n0123456789\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff0\r\nhello\r\n0\r\n\r\n",
    ];
    // Each makes three connections, if only in memory.
    smoke(streams::chunked, &seeds.map(|seed| seed.as_bytes().to_vec()), ROUNDS / 8);
}

#[test]
fn any_text_is_masked_as_a_slow_reader_masks_it_whatever_the_pieces() {
    let seeds = [
        &b"sk_live_REAL\x00{\"a\":\"Bearer sk_live_REAL\"} sk%5Flive%5fREAL \\u0073k_live_REA&#76;&#x4c;"[..],
        b"sk_live_REAL\x01user:another/secret+value\x00dXNlcjpza19saXZlX1JFQUw= 736b5F6c6976655f5245414C another\\/secret&plus;value",
        b"a%41b\\nc&lt;d%%&&\\\\e\x00a%41b\\nc&lt;d%%&&\\\\e a%2541b\\\\nc&amp;lt;d%25%25&amp;&amp;\\\\\\\\e",
        b"aaaaaaaaaaaa\x01aaaaaaaaaaaaaaab\x00aaaaaaaaaaaaaaaaaaaaab%61%61aaaaaaaaaaYWFhYWFhYWFhYWFh YWFhYWFhYWFhYWFhYWFh%59",
        "\u{1f600}\u{e9}\u{20ac}-key\x00\\ud83d\\ude00\\u00e9\\u20ac-key &#x1f600;&#233;\u{20ac}-key %F0%9F%98%80\u{e9}&#8364;-key"
            .as_bytes(),
        b"line-one-of-it\nline-two-of-it\n\x00line-two-of-it line-one-of-it\\nline-two-of-it line-one-of-it%0Aline-two-of-it",
    ];
    // The slow reader takes its time.
    smoke(scrub::scrub, &seeds.map(<[u8]>::to_vec), ROUNDS / 4);
}

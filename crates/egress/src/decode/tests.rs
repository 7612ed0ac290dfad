//! Every coding in pieces of every size: what is whole comes out as it was, what is not is an error.

use super::{Bounds, Coding, Decoder, Fault, PIECE};
use bytes::Bytes;
use egret_testkit::coded;

const CODINGS: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];
const WIDE: Bounds = Bounds { decoded: u64::MAX, ratio: u64::MAX };

fn encode(coding: Coding, plain: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => coded::gzip(plain),
        Coding::Deflate => coded::deflate(plain),
        Coding::Brotli => coded::brotli(plain),
        Coding::Zstd => coded::zstd(plain),
    }
}

/// All that comes out of `coded`, handed over in pieces of `piece` bytes.
fn decode(coding: Coding, coded: &[u8], piece: usize) -> Result<Vec<u8>, Fault> {
    let mut decoder = Decoder::new(coding, WIDE)?;
    let mut plain = Vec::new();
    for chunk in coded.chunks(piece) {
        let mut input = Bytes::copy_from_slice(chunk);
        while let Some(piece) = decoder.next(&mut input)? {
            assert!(!piece.is_empty() && piece.len() <= PIECE, "{}", piece.len());
            plain.extend(piece);
        }
    }
    decoder.end().map(|()| plain)
}

/// 100,000 bytes that compress a little.
fn text() -> Vec<u8> {
    let words = (0u32..).flat_map(|number| format!("{} ", number.wrapping_mul(2_654_435_761)).into_bytes());
    words.take(100_000).collect()
}

fn is_broken(outcome: &Result<Vec<u8>, Fault>) -> bool {
    matches!(outcome, Err(Fault::Broken(_)))
}

#[test]
fn what_was_encoded_comes_out_as_it_was_whatever_the_pieces() {
    for coding in CODINGS {
        for plain in [Vec::new(), b"x".to_vec(), text()] {
            let coded = encode(coding, &plain);
            for piece in [1, 2, 3, 1000, usize::MAX] {
                assert!(decode(coding, &coded, piece).as_ref() == Ok(&plain), "{coding:?}, {} bytes in pieces of {piece}", plain.len());
            }
        }
    }
    assert_eq!(decode(Coding::Deflate, &coded::raw_deflate(&text()), 7), Ok(text()), "some servers send it bare");
}

#[test]
fn streams_of_other_encoders_are_read() {
    let brotli = b"\x1b\x2c\x00\xf8\x9d\xc9\xe3\xde\x3b\x8d\x9a\xda\xa9\xa8\xd9\xde\x90\xd2\x26\x88\x82\x50\x95\xc9\x65\x08\x0b\x5d\x29\xc2\x54\x08\xb0\x0f\xe5\xed\x08";
    assert_eq!(decode(Coding::Brotli, brotli, 5), Ok(b"Hello, Brotli! ".repeat(3)[..44].iter().copied().chain([b'\n']).collect()));
    // Every optional part of a gzip head: extra field, name, comment, and the check over them.
    let head = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff\x03\0abcname\0comment\0";
    let mut check = flate2::Crc::new();
    check.update(head);
    let mut coded = head.to_vec();
    coded.extend(&check.sum().to_le_bytes()[..2]);
    coded.extend(&coded::gzip(b"hello")[12..]);
    assert_eq!(decode(Coding::Gzip, &coded, 1), Ok(b"hello".to_vec()));
    coded[30] ^= 1;
    assert!(is_broken(&decode(Coding::Gzip, &coded, 1)));
}

#[test]
fn a_body_cut_short_anywhere_is_an_error() {
    for coding in CODINGS {
        let coded = encode(coding, &text()[..1000]);
        for end in 1..coded.len() {
            assert!(is_broken(&decode(coding, &coded[..end], 64)), "{coding:?} cut at {end} of {}", coded.len());
        }
        assert_eq!(decode(coding, b"", 1), Ok(Vec::new()), "no byte at all is an empty body");
    }
}

#[test]
fn something_behind_the_end_is_an_error() {
    for coding in CODINGS {
        for tail in [&b"\0"[..], b"x", b"HTTP/1.1 200 OK\r\n\r\n"] {
            let coded = [encode(coding, b"hello"), tail.to_vec()].concat();
            for piece in [1, 1000] {
                assert!(is_broken(&decode(coding, &coded, piece)), "{coding:?} with {tail:?} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_never_changes_the_body_where_the_coding_has_a_check() {
    for coding in [Coding::Gzip, Coding::Deflate] {
        let (plain, coded) = (&text()[..1000], encode(coding, &text()[..1000]));
        let from = if coding == Coding::Gzip { 12 } else { 2 };
        for at in from..coded.len() {
            let mut bad = coded.clone();
            bad[at] ^= 4;
            // The bits that fill the last byte of deflated data mean nothing.
            let outcome = decode(coding, &bad, 64);
            assert!(is_broken(&outcome) || outcome.as_deref() == Ok(plain), "{coding:?} at {at}");
        }
    }
}

#[test]
fn members_and_frames_follow_each_other_up_to_a_number() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let one = encode(coding, b"ab");
        assert_eq!(decode(coding, &one.repeat(3), 4), Ok(b"ababab".to_vec()), "{coding:?}");
        assert_eq!(decode(coding, &one.repeat(4096), 1000).map(|plain| plain.len()), Ok(8192), "{coding:?}");
        assert!(is_broken(&decode(coding, &one.repeat(4097), 1000)), "{coding:?}");
    }
}

#[test]
fn windows_over_what_the_codings_allow_are_refused() {
    assert!(is_broken(&decode(Coding::Zstd, &coded::zstd_with_a_huge_window(), 100)));
    // "Large window" brotli, which is no part of the standard: the bits 0x11, then a window of 30.
    assert!(is_broken(&decode(Coding::Brotli, b"\x11\x1e\x03\x03", 100)));
}

#[test]
fn one_coding_is_not_taken_for_another() {
    for coding in CODINGS {
        for other in CODINGS.into_iter().filter(|other| *other != coding) {
            assert!(is_broken(&decode(coding, &encode(other, &text()), 1000)), "{other:?} as {coding:?}");
        }
        assert!(is_broken(&decode(coding, b"plain text, nothing else", 1000)), "{coding:?}");
    }
}

#[test]
fn decoded_bytes_and_their_ratio_are_bounded() {
    let most = |coding, bounds, coded: Vec<u8>| {
        let (mut decoder, mut input, mut plain) = (Decoder::new(coding, bounds).unwrap(), Bytes::from(coded), 0);
        loop {
            match decoder.next(&mut input) {
                Ok(Some(piece)) => plain += piece.len(),
                Ok(None) => return (plain, None),
                Err(fault) => return (plain, Some(fault)),
            }
        }
    };
    let bombs = [(Coding::Gzip, coded::gzip_bomb()), (Coding::Brotli, coded::brotli_bomb()), (Coding::Zstd, coded::zstd_bomb())];
    for (coding, bomb) in bombs {
        let coded = [bomb.start, bomb.more.repeat(8).into()].concat();
        let (plain, fault) = most(coding, Bounds { decoded: 100 << 20, ratio: 100 }, coded.clone());
        assert_eq!(fault, Some(Fault::Ratio(100)), "{coding:?}");
        assert!(plain <= 1 << 20, "{coding:?}: {plain}");
        let (plain, fault) = most(coding, Bounds { decoded: 50_000, ratio: 100 }, coded.clone());
        assert_eq!((fault, plain <= 50_000), (Some(Fault::Size(50_000)), true), "{coding:?}: {plain}");
        assert_eq!(most(coding, WIDE, coded), (if coding == Coding::Brotli { 9 << 20 } else { 8 << 20 }, None), "{coding:?}");
    }
    assert_eq!(most(Coding::Gzip, Bounds { decoded: 100 << 20, ratio: 100 }, coded::gzip(&vec![0; 1 << 20])), (1 << 20, None));
}

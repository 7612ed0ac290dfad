//! Bodies under a content coding, honest ones and bombs.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// Zeros that one [`Bomb::more`] comes to when it is decoded.
const ZEROS: usize = 1 << 20;

/// A body that is never whole: its beginning, and what may follow any number of times, a mebibyte of zeros each.
#[derive(Clone, Debug)]
pub struct Bomb {
    /// The first bytes; a mebibyte of zeros too, or nothing yet.
    pub start: Bytes,
    /// What goes on.
    pub more: Bytes,
}

/// One gzip member, with the name `a` in its head.
#[must_use]
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut check = Crc::new();
    check.update(plain);
    let mut coded = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffa\0".to_vec();
    coded.extend(raw_deflate(plain));
    coded.extend(check.sum().to_le_bytes());
    coded.extend(check.amount().to_le_bytes());
    coded
}

/// zlib, which is what `deflate` means.
#[must_use]
pub fn deflate(plain: &[u8]) -> Vec<u8> {
    compress(Compress::new(Compression::default(), true), plain, FlushCompress::Finish)
}

/// Deflated data without zlib around it, which some servers send as `deflate`.
#[must_use]
pub fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    compress(Compress::new(Compression::default(), false), plain, FlushCompress::Finish)
}

/// One zstd frame.
#[must_use]
pub fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    zstd_safe::compress(&mut coded, plain, 3).unwrap();
    coded
}

/// A brotli stream of blocks that are not compressed.
#[must_use]
pub fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    for (number, block) in plain.chunks(1 << 16).enumerate() {
        let head = u32::try_from(block.len() - 1).unwrap() << 3 | 1 << 19;
        // The size of the window stands before the first block, as one bit.
        let head = if number == 0 { head << 1 } else { head };
        coded.extend(&head.to_le_bytes()[..3]);
        coded.extend(block);
    }
    coded.push(if plain.is_empty() { 6 } else { 3 });
    coded
}

/// Endless zeros as gzip.
#[must_use]
pub fn gzip_bomb() -> Bomb {
    let more = compress(Compress::new(Compression::default(), false), &vec![0; ZEROS], FlushCompress::Full);
    Bomb { start: Bytes::from_static(b"\x1f\x8b\x08\0\0\0\0\0\0\xff"), more: more.into() }
}

/// Endless zeros as `deflate`, which is zlib.
#[must_use]
pub fn deflate_bomb() -> Bomb {
    Bomb { start: Bytes::from_static(b"\x78\x9c"), ..gzip_bomb() }
}

/// Endless zeros as zstd, frame after frame.
#[must_use]
pub fn zstd_bomb() -> Bomb {
    Bomb { start: Bytes::new(), more: zstd(&vec![0; ZEROS]).into() }
}

/// Endless zeros as brotli: 13 bytes for every mebibyte.
#[must_use]
pub fn brotli_bomb() -> Bomb {
    Bomb {
        start: Bytes::from_static(b"\xab\xff\xff\x07\x40\x02\x20\x1e\x0b\x24\xf7\xfe\xc1\x00"),
        more: Bytes::from_static(b"\xfa\xff\x7f\x00\x24\x00\xe2\xb0\x00\x74\xef\x1f\x0c"),
    }
}

/// A zstd frame of nothing whose head asks for a window of 2 GiB.
#[must_use]
pub fn zstd_with_a_huge_window() -> Vec<u8> {
    // The magic number, a descriptor of no flags, the window as 10 + 21 binary digits, one last raw block of no bytes.
    b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00".to_vec()
}

fn compress(mut compress: Compress, plain: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut coded = Vec::with_capacity(plain.len() + plain.len() / 100 + 1000);
    compress.compress_vec(plain, &mut coded, flush).unwrap();
    assert_eq!(compress.total_in(), plain.len() as u64, "the room for the output was too small");
    coded
}

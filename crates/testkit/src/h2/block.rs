//! Header blocks (RFC 7541): literals as they are given, and references into the tables. No Huffman, no table of our own.

use bytes::Bytes;

/// A header block, field by field. Names and values may be anything at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block(Vec<u8>);

impl Block {
    /// A block without a field.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A response's block, begun with `:status`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new().field(":status", status.to_string())
    }

    /// Adds a field that the receiver does not remember.
    #[must_use]
    pub fn field(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0.push(0x00);
        self.text(name.as_ref());
        self.text(value.as_ref());
        self
    }

    /// Adds a field that the receiver remembers: the last one is [`Block::reference`] 62, the one before it 63.
    #[must_use]
    pub fn remembered(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0.push(0x40);
        self.text(name.as_ref());
        self.text(value.as_ref());
        self
    }

    /// Adds a field by its place: 1 to 61 in the static table, from 62 on what was remembered.
    #[must_use]
    pub fn reference(mut self, index: usize) -> Self {
        self.integer(0x80, 7, index);
        self
    }

    /// Announces another size of the dynamic table, in bytes.
    #[must_use]
    pub fn table_size(mut self, bytes: usize) -> Self {
        self.integer(0x20, 5, bytes);
        self
    }

    fn text(&mut self, text: &[u8]) {
        self.integer(0x00, 7, text.len());
        self.0.extend_from_slice(text);
    }

    /// An integer in the low `bits` of a byte whose high bits are `mark`, and in as many bytes as it needs (section 5.1).
    fn integer(&mut self, mark: u8, bits: u32, value: usize) {
        let most = (1_usize << bits) - 1;
        if value < most {
            self.0.push(mark | value.to_le_bytes()[0]);
            return;
        }
        self.0.push(mark | most.to_le_bytes()[0]);
        let mut rest = value - most;
        while rest >= 0x80 {
            self.0.push(0x80 | rest.to_le_bytes()[0]);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
    }
}

impl From<Block> for Bytes {
    fn from(block: Block) -> Self {
        block.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7541, C.1.
    #[test]
    fn integers_are_written_as_the_standard_shows() {
        let written = |bits, value| {
            let mut block = Block::new();
            block.integer(0, bits, value);
            block.0
        };
        assert_eq!(written(5, 10), [10]);
        assert_eq!(written(5, 1337), [31, 154, 10]);
        assert_eq!(written(8, 42), [42]);
    }
}

//! Netascii (RFC 764 as TFTP uses it): LF travels as CR LF, CR as CR NUL, and either pair may fall on a block's edge.

/// Where in a file the next block begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Bytes of the file that have been sent, or begun.
    pub(super) offset: usize,
    /// The second half of a pair whose first half ended the block before.
    half: Option<u8>,
}

impl Position {
    pub(super) fn at(offset: usize) -> Self {
        Self { offset, half: None }
    }

    /// Hands up to `limit` bytes of the text to `put`, and says how many there were and where the next begin.
    pub(super) fn encode(mut self, file: &[u8], limit: usize, mut put: impl FnMut(u8)) -> (usize, Self) {
        let mut written = 0;
        while written < limit {
            let byte = match self.half.take() {
                Some(half) => half,
                None => match file.get(self.offset) {
                    Some(byte) => {
                        self.offset += 1;
                        self.half = match byte {
                            b'\n' => Some(b'\n'),
                            b'\r' => Some(0),
                            _ => None,
                        };
                        if self.half.is_some() { b'\r' } else { *byte }
                    }
                    None => break,
                },
            };
            put(byte);
            written += 1;
        }
        (written, self)
    }
}

/// The way back, block by block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoder {
    carriage_return: bool,
}

impl Decoder {
    /// Appends the file's bytes that `block` completes. A CR before anything but LF and NUL is kept as it is.
    pub(super) fn decode(&mut self, block: &[u8], file: &mut Vec<u8>) {
        for byte in block {
            match (std::mem::take(&mut self.carriage_return), byte) {
                (true, b'\n') => file.push(b'\n'),
                (true, 0) => file.push(b'\r'),
                (held, byte) => {
                    if held {
                        file.push(b'\r');
                    }
                    match byte {
                        b'\r' => self.carriage_return = true,
                        byte => file.push(*byte),
                    }
                }
            }
        }
    }

    /// No block follows: a CR that waited for its second half stands alone.
    pub(super) fn finish(&mut self, file: &mut Vec<u8>) {
        if std::mem::take(&mut self.carriage_return) {
            file.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(file: &[u8], limit: usize) -> Vec<Vec<u8>> {
        let mut blocks = Vec::new();
        let mut position = Position::default();
        loop {
            let mut block = Vec::new();
            let (written, next) = position.encode(file, limit, |byte| block.push(byte));
            assert_eq!(written, block.len());
            blocks.push(block);
            position = next;
            if written < limit {
                return blocks;
            }
        }
    }

    #[test]
    fn pairs_are_cut_at_the_edge_and_joined_again() {
        assert_eq!(blocks(b"1234567\n9", 8), [b"1234567\r".to_vec(), b"\n9".to_vec()]);
        assert_eq!(blocks(b"123456\n", 8), [b"123456\r\n".to_vec(), b"".to_vec()]);
        assert_eq!(blocks(b"\r\n", 3), [b"\r\0\r".to_vec(), b"\n".to_vec()]);
        assert_eq!(blocks(b"", 8), [b"".to_vec()]);
    }

    #[test]
    fn what_no_encoder_writes_is_kept() {
        let mut file = Vec::new();
        let mut decoder = Decoder::default();
        decoder.decode(b"a\rb\r\r\nc\r", &mut file);
        decoder.finish(&mut file);
        assert_eq!(file, b"a\rb\r\nc\r");
    }

    proptest::proptest! {
        #[test]
        fn every_text_survives_every_block_size(
            file in proptest::collection::vec(proptest::sample::select(b"a\r\n\0".to_vec()), 0..80),
            limit in 1..20_usize,
        ) {
            let mut back = Vec::new();
            let mut decoder = Decoder::default();
            for block in blocks(&file, limit) {
                decoder.decode(&block, &mut back);
            }
            decoder.finish(&mut back);
            assert_eq!(back, file);
        }
    }
}

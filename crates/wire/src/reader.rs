//! The one way bytes are taken apart: a reader that cannot step past its end and knows where in the file it stands.

/// Fewer bytes are left than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    /// Where the missing bytes should have started, counted from the start of the whole input.
    pub(crate) offset: usize,
    /// How many bytes were asked for.
    pub(crate) wanted: usize,
    /// How many are there.
    pub(crate) left: usize,
}

/// Bytes are left over where the input should have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extra {
    /// Where the bytes nobody asked for start.
    pub(crate) offset: usize,
    /// How many they are.
    pub(crate) len: usize,
}

/// A cursor over bytes somebody sent us.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, offset: 0 }
    }

    /// Where the next byte stands in the whole input, also inside a [`Reader::sub`].
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The next byte, without taking it.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.left.first().copied()
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Short> {
        let Some((taken, left)) = self.left.split_at_checked(len) else {
            return Err(Short { offset: self.offset, wanted: len, left: self.left.len() });
        };
        self.left = left;
        self.offset += len;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_be_bytes)
    }

    /// A reader over the next `len` bytes only; this one goes on behind them.
    pub(crate) fn sub(&mut self, len: usize) -> Result<Self, Short> {
        let offset = self.offset;
        Ok(Self { left: self.take(len)?, offset })
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let (taken, left) = self.left.split_at(self.left.len());
        self.left = left;
        self.offset += taken.len();
        taken
    }

    /// The end of the input, or what stands there instead.
    pub(crate) fn finish(&self) -> Result<(), Extra> {
        if self.left.is_empty() { Ok(()) } else { Err(Extra { offset: self.offset, len: self.left.len() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_big_endian_and_counted() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(reader.peek(), Some(1));
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(0x0203));
        assert_eq!(reader.u32(), Ok(0x0405_0607));
        assert_eq!((reader.offset(), reader.is_empty(), reader.peek()), (7, true, None));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_step_past_the_end_is_refused_and_takes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.take(3), Err(Short { offset: 1, wanted: 3, left: 2 }));
        assert_eq!(reader.take(usize::MAX), Err(Short { offset: 1, wanted: usize::MAX, left: 2 }));
        assert_eq!(reader.array::<4>(), Err(Short { offset: 1, wanted: 4, left: 2 }));
        assert_eq!(reader.finish(), Err(Extra { offset: 1, len: 2 }));
        assert_eq!(reader.rest(), [2, 3]);
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_sub_reader_ends_early_and_keeps_the_offset() {
        let mut reader = Reader::new(&[1, 2, 3, 4]);
        reader.u8().expect("a byte is there");
        let mut sub = reader.sub(2).expect("two bytes are there");
        assert_eq!((sub.offset(), sub.u16()), (1, Ok(0x0203)));
        assert_eq!(sub.u8(), Err(Short { offset: 3, wanted: 1, left: 0 }));
        assert_eq!((reader.offset(), reader.u8()), (3, Ok(4)));
        assert!(reader.sub(1).is_err());
    }
}

//! Putting tag-length-value elements together; what does not fit is an error, never cut.

use crate::signature::{Element, EncodeError};

/// A file, or a piece of one, as it grows.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes without tag and length.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.reserve_exact(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn repeat(&mut self, byte: u8, times: usize) {
        self.bytes.resize(self.bytes.len() + times, byte);
    }

    pub(crate) fn element(&mut self, element: impl Into<Element>, value: &[u8]) -> Result<(), EncodeError> {
        self.container(element, |writer| {
            writer.bytes.extend_from_slice(value);
            Ok(())
        })
    }

    pub(crate) fn text(&mut self, element: impl Into<Element>, text: &str) -> Result<(), EncodeError> {
        let element = element.into();
        if text.contains('\0') {
            return Err(EncodeError::InnerNul { element });
        }
        self.container(element, |writer| {
            writer.bytes.extend_from_slice(text.as_bytes());
            writer.bytes.push(0);
            Ok(())
        })
    }

    pub(crate) fn serial(&mut self, element: impl Into<Element>, serial: &[u8]) -> Result<(), EncodeError> {
        let element = element.into();
        if serial.first() == Some(&0) {
            return Err(EncodeError::LeadingZero { element });
        }
        self.element(element, serial)
    }

    /// An element whose value is what `fill` writes.
    pub(crate) fn container(
        &mut self,
        element: impl Into<Element>,
        fill: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let element = element.into();
        self.bytes.extend_from_slice(&[element.tag(), 0, 0]);
        let start = self.len();
        fill(self)?;
        let len = self.len() - start;
        let announced = u16::try_from(len).map_err(|_| EncodeError::TooLong { element, len })?;
        self.overwrite_u16(start - 2, announced);
        Ok(())
    }

    /// Writes a number over the two bytes kept for it at `at`.
    pub(crate) fn overwrite_u16(&mut self, at: usize, value: u16) {
        for (byte, new) in self.bytes.iter_mut().skip(at).zip(value.to_be_bytes()) {
            *byte = new;
        }
    }
}

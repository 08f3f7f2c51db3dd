//! Taking tag-length-value elements apart: in a fixed order, or in any order but each once.

use crate::{
    reader::{Reader, Short},
    signature::{Element, Fault, ParseError, Tag},
};

/// The elements of a file's header, of a record, or of a container among them.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    reader: Reader<'a>,
    known: fn(u8) -> Option<Element>,
    inside: Element,
    /// One bit for each tag that has come already; no table has a tag above 31.
    seen: u32,
}

impl<'a> Elements<'a> {
    pub(crate) fn of_header(file: &'a [u8]) -> Self {
        Self { reader: Reader::new(file), known: Element::of_header, inside: Element::WholeHeader, seen: 0 }
    }

    pub(crate) fn of_record(reader: Reader<'a>) -> Self {
        Self { reader, known: Element::of_record, inside: Element::WholeRecord, seen: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.reader.offset()
    }

    /// The same elements, ending after `len` more bytes.
    pub(crate) fn ending_after(mut self, len: usize) -> Result<Self, ParseError> {
        self.reader = self.reader.sub(len).map_err(|short| short.within(self.inside))?;
        Ok(self)
    }

    /// The next element, whichever it is; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Value<'a>>, ParseError> {
        let offset = self.reader.offset();
        let Ok(tag) = self.reader.u8() else { return Ok(None) };
        let Some(element) = (self.known)(tag) else {
            return Err(Fault::UnknownTag { tag }.at(offset, self.inside));
        };
        let bit = 1 << tag;
        if self.seen & bit != 0 {
            return Err(Fault::Repeated.at(offset, element));
        }
        self.seen |= bit;
        let reader = match element {
            // Padding is a single byte: no length follows it.
            Element::Header(Tag::Padding) => self.reader.sub(0),
            _ => self.reader.u16().and_then(|len| self.reader.sub(usize::from(len))),
        };
        let reader = reader.map_err(|short| short.within(element))?;
        Ok(Some(Value { offset, element, reader }))
    }

    /// The next element, which must be this one.
    pub(crate) fn expect(&mut self, element: impl Into<Element>) -> Result<Value<'a>, ParseError> {
        let (offset, element) = (self.offset(), element.into());
        match self.next()? {
            Some(value) if value.element == element => Ok(value),
            Some(value) => Err(Fault::Misplaced { found: value.element }.at(offset, element)),
            None => Err(Fault::Missing.at(offset, element)),
        }
    }

    /// An element that may come in any order has not come by the end.
    pub(crate) fn missing(&self, element: impl Into<Element>) -> ParseError {
        Fault::Missing.at(self.offset(), element)
    }

    /// There must be no element left.
    pub(crate) fn finish(mut self) -> Result<(), ParseError> {
        match self.next()? {
            Some(value) => Err(value.foreign_to(self.inside)),
            None => Ok(()),
        }
    }

    /// There must be nothing left but the padding that brings the header to a multiple of four.
    pub(crate) fn finish_with_padding(mut self) -> Result<(), ParseError> {
        if self.reader.peek().is_some_and(|byte| byte != PADDING) {
            return self.finish();
        }
        let offset = self.offset();
        let padding = self.reader.rest();
        let exact = padding.len() == padding_after(offset) && padding.iter().all(|byte| *byte == PADDING);
        if exact { Ok(()) } else { Err(Fault::Padding.at(offset, Tag::Padding)) }
    }
}

/// The padding byte of headers and plaintexts: the tag of the padding element, which is also a carriage return.
pub(crate) const PADDING: u8 = Tag::Padding as u8;

/// How many padding bytes bring a header of `len` bytes to a multiple of four.
pub(crate) fn padding_after(len: usize) -> usize {
    len.next_multiple_of(4) - len
}

/// What an element holds. Each way of taking it takes all of it.
#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    offset: usize,
    element: Element,
    reader: Reader<'a>,
}

impl<'a> Value<'a> {
    pub(crate) fn element(&self) -> Element {
        self.element
    }

    pub(crate) fn fault(&self, fault: Fault) -> ParseError {
        fault.at(self.offset, self.element)
    }

    pub(crate) fn foreign_to(&self, container: impl Into<Element>) -> ParseError {
        Fault::Foreign { found: self.element }.at(self.offset, container)
    }

    /// All of the value, as `read` takes it.
    fn whole<T>(mut self, read: impl FnOnce(&mut Reader<'a>) -> Result<T, Short>) -> Result<T, ParseError> {
        let value = read(&mut self.reader).map_err(|short| short.within(self.element))?;
        self.reader.finish().map_err(|extra| extra.within(self.element))?;
        Ok(value)
    }

    pub(crate) fn array<const N: usize>(self) -> Result<[u8; N], ParseError> {
        self.whole(Reader::array)
    }

    pub(crate) fn u8(self) -> Result<u8, ParseError> {
        self.whole(Reader::u8)
    }

    pub(crate) fn u16(self) -> Result<u16, ParseError> {
        self.whole(Reader::u16)
    }

    pub(crate) fn u32(self) -> Result<u32, ParseError> {
        self.whole(Reader::u32)
    }

    /// A byte that has one value only.
    pub(crate) fn only(self, value: u8) -> Result<(), ParseError> {
        self.one_of(|found| (found == value).then_some(()))
    }

    /// A byte that stands for one of a few things.
    pub(crate) fn one_of<T>(self, meaning: impl FnOnce(u8) -> Option<T>) -> Result<T, ParseError> {
        let found = self.clone().u8()?;
        meaning(found).ok_or_else(|| self.fault(Fault::Value { found: u16::from(found) }))
    }

    pub(crate) fn bytes(mut self) -> &'a [u8] {
        self.reader.rest()
    }

    pub(crate) fn some_bytes(self) -> Result<&'a [u8], ParseError> {
        match self.clone().bytes() {
            [] => Err(self.fault(Fault::Empty)),
            bytes => Ok(bytes),
        }
    }

    /// Text that ends with its only NUL; the NUL is not part of it.
    pub(crate) fn text(self) -> Result<&'a str, ParseError> {
        let Some((0, text)) = self.clone().bytes().split_last() else {
            return Err(self.fault(Fault::NoNul));
        };
        if text.contains(&0) {
            return Err(self.fault(Fault::InnerNul));
        }
        str::from_utf8(text).map_err(|_| self.fault(Fault::NotUtf8))
    }

    pub(crate) fn some_text(self) -> Result<&'a str, ParseError> {
        match self.clone().text()? {
            "" => Err(self.fault(Fault::Empty)),
            text => Ok(text),
        }
    }

    /// A header's container: its elements.
    pub(crate) fn elements(self) -> Elements<'a> {
        Elements { reader: self.reader, known: Element::of_header, inside: self.element, seen: 0 }
    }
}

//! The public key in a record, as far as a trust list must know it: its kind and its size.

use crate::reader::{Reader, Short};

/// A certificate's public key as a record holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// An RSA key: the DER of a PKCS#1 `RSAPublicKey`.
    Rsa(Vec<u8>),
    /// A point on P-256, P-384 or P-521, uncompressed.
    Ec(Vec<u8>),
}

/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;

impl PublicKey {
    /// The key in these bytes, if they are one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if rsa_modulus(bytes).is_some() {
            return Some(Self::Rsa(bytes.to_vec()));
        }
        is_point(bytes).then(|| Self::Ec(bytes.to_vec()))
    }

    /// The bytes that a record holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Rsa(bytes) | Self::Ec(bytes) => bytes,
        }
    }

    /// The size of an RSA key's modulus; nothing if it is no RSA key, or none that can be read.
    #[must_use]
    pub fn modulus_bits(&self) -> Option<usize> {
        let Self::Rsa(der) = self else { return None };
        let modulus = rsa_modulus(der)?;
        let first = modulus.first()?;
        Some(modulus.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
    }

    /// Whether the bytes are what the variant says.
    pub(super) fn is_well_formed(&self) -> bool {
        match self {
            Self::Rsa(der) => rsa_modulus(der).is_some(),
            Self::Ec(point) => is_point(point),
        }
    }
}

fn is_point(bytes: &[u8]) -> bool {
    bytes.first() == Some(&UNCOMPRESSED) && matches!(bytes.len(), 65 | 97 | 133)
}

/// The magnitude of the modulus, if these bytes are exactly a sequence of two positive integers.
fn rsa_modulus(der: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    let mut outer = Reader::new(der);
    let mut key = Reader::new(der_value(&mut outer, SEQUENCE)?);
    let modulus = der_magnitude(&mut key)?;
    der_magnitude(&mut key)?;
    (key.is_empty() && outer.is_empty()).then_some(modulus)
}

/// A positive DER integer without the zero byte that keeps its sign.
fn der_magnitude<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    const INTEGER: u8 = 0x02;
    match der_value(reader, INTEGER)? {
        [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Some(rest),
        value @ [1..=0x7f, ..] => Some(value),
        _ => None,
    }
}

fn der_value<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    (reader.u8().ok()? == tag).then_some(())?;
    let len = der_len(reader).ok()??;
    reader.take(len).ok()
}

/// A DER length in its shortest form; no key that a phone takes needs more than two bytes of it.
fn der_len(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    Ok(match reader.u8()? {
        len @ ..=0x7f => Some(usize::from(len)),
        0x81 => Some(usize::from(reader.u8()?)).filter(|len| *len >= 0x80),
        0x82 => Some(usize::from(reader.u16()?)).filter(|len| *len >= 0x100),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_bytes() {
        let rsa = [0x30, 0x07, 0x02, 0x02, 0x03, 0x01, 0x02, 0x01, 0x03];
        assert_eq!(PublicKey::from_bytes(&rsa), Some(PublicKey::Rsa(rsa.to_vec())));
        assert_eq!(PublicKey::Rsa(rsa.to_vec()).modulus_bits(), Some(10));
        for len in [65, 97, 133] {
            let mut point = vec![0x55; len];
            point[0] = 4;
            assert_eq!(PublicKey::from_bytes(&point), Some(PublicKey::Ec(point.clone())));
            assert_eq!(PublicKey::Ec(point).modulus_bits(), None);
        }
    }

    #[test]
    fn a_high_bit_costs_a_zero_byte_that_is_not_counted() {
        let mut der = vec![0x30, 0x81, 0x87, 0x02, 0x81, 0x81, 0x00];
        der.extend([0x80; 128]);
        der.extend([0x02, 0x01, 0x03]);
        assert_eq!(PublicKey::Rsa(der).modulus_bits(), Some(1024));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (why, bytes) in [
            ("nothing", &[][..]),
            ("a compressed point", &[3; 65]),
            ("a point of another length", &[4; 66]),
            ("one integer", &[0x30, 3, 2, 1, 3]),
            ("three integers", &[0x30, 9, 2, 1, 3, 2, 1, 3, 2, 1, 3]),
            ("bytes behind it", &[0x30, 6, 2, 1, 3, 2, 1, 3, 0]),
            ("a negative integer", &[0x30, 6, 2, 1, 0x83, 2, 1, 3]),
            ("a zero too many", &[0x30, 7, 2, 2, 0, 3, 2, 1, 3]),
            ("zero", &[0x30, 6, 2, 1, 0, 2, 1, 3]),
            ("an empty integer", &[0x30, 5, 2, 0, 2, 1, 3]),
            ("a long form for a short length", &[0x30, 0x81, 6, 2, 1, 3, 2, 1, 3]),
            ("a length past the end", &[0x30, 0x82, 1, 0, 2, 1, 3, 2, 1, 3]),
            ("a length without an end", &[0x30, 0x80, 2, 1, 3, 2, 1, 3, 0, 0]),
        ] {
            assert_eq!(PublicKey::from_bytes(bytes), None, "{why}");
            assert!(!PublicKey::Rsa(bytes.to_vec()).is_well_formed(), "{why}");
            assert!(!PublicKey::Ec(bytes.to_vec()).is_well_formed(), "{why}");
        }
    }
}

//! Mu-law, as in ITU-T G.711: sixteen bits squeezed into eight, quiet sounds kept finer than loud ones.

const BIAS: u16 = 0x84;
const CLIP: u16 = 32_635;

pub(super) fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(CLIP) + BIAS;
    // The bias makes the highest set bit one of 7 to 14: the segment.
    let segment = 8 - magnitude.leading_zeros() as u16;
    let step = magnitude >> (segment + 3) & 0x0F;
    !(sign | (segment << 4 | step) as u8)
}

#[cfg(test)]
pub(super) fn decode(byte: u8) -> i16 {
    let bits = !byte;
    let (segment, step) = (bits >> 4 & 7, i16::from(bits & 0x0F));
    let magnitude = (step << 3 | 0x84) << segment;
    let value = magnitude - 0x84;
    if bits & 0x80 == 0 { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (sample, byte) in [
            (0, 0xFF),
            (-1, 0x7F),
            (8, 0xFE),
            (-8, 0x7E),
            (1000, 0xCE),
            (-1000, 0x4E),
            (32_767, 0x80),
            (-32_768, 0x00),
        ] {
            assert_eq!(encode(sample), byte, "{sample}");
        }
    }

    #[test]
    fn every_code_is_its_own_and_no_sample_strays_far() {
        for byte in 0..=255 {
            // Two codes mean zero; the positive one is used.
            assert_eq!(encode(decode(byte)), if byte == 0x7F { 0xFF } else { byte });
        }
        for sample in i16::MIN..=i16::MAX {
            let error = (i32::from(sample) - i32::from(decode(encode(sample)))).abs();
            assert!(error <= (i32::from(sample.unsigned_abs()) + 132) / 32, "{sample}: {error}");
        }
    }
}

//! MD5, of which FeatBit's buckets are the first word (RFC 1321).

/// Returns the bucket of a text that consists of `parts`: the first word of its hash as a signed number, without the sign, as a double from 0
/// to 1.
#[inline]
pub(crate) fn unit_bucket<const N: usize>(parts: [&str; N]) -> f64 {
    let mut hash = Md5::new();
    for part in parts {
        hash.write(part.as_bytes());
    }
    let word = hash.finish_first_word().cast_signed();
    f64::from(word.unsigned_abs()) / 2_147_483_648.0
}

/// An MD5 hasher, which accepts its input in parts.
struct Md5 {
    state: [u32; 4],
    block: [u8; 64],
    filled: usize,
    length: u64,
}

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

impl Md5 {
    /// Creates a hasher without input.
    #[inline]
    const fn new() -> Self {
        Self {
            state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
            block: [0; 64],
            filled: 0,
            length: 0,
        }
    }

    /// Appends bytes to the input that is hashed.
    #[inline]
    fn write(&mut self, mut bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        loop {
            let space = self.block.get_mut(self.filled..).unwrap_or_default();
            let Some((now, later)) = bytes.split_at_checked(space.len()) else { break };
            space.copy_from_slice(now);
            self.mix();
            bytes = later;
        }
        if let Some(space) = self.block.get_mut(self.filled..self.filled + bytes.len()) {
            space.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
    }

    /// Returns the first four bytes of the hash as a little-endian number.
    fn finish_first_word(mut self) -> u32 {
        let bits = self.length.wrapping_mul(8).to_le_bytes();
        self.pad(&[0x80]);
        if self.filled > 56 {
            self.pad(&[0; 64]);
            self.mix();
        }
        self.pad(&[0; 56]);
        if let Some(end) = self.block.last_chunk_mut() {
            *end = bits;
        }
        self.mix();
        let [first, ..] = self.state;
        first
    }

    /// Fills the block with these bytes as far as they fit.
    fn pad(&mut self, bytes: &[u8]) {
        let end = match bytes.len() {
            1 => self.filled + 1,
            length => length,
        };
        for (space, byte) in self.block.iter_mut().take(end).skip(self.filled).zip(bytes) {
            *space = *byte;
        }
        self.filled = self.filled.max(end);
    }

    /// Mixes the block, which is full, into the state.
    fn mix(&mut self) {
        self.filled = 0;
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(self.block.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [mut a, mut b, mut c, mut d] = self.state;
        for (step, sine) in SINES.iter().enumerate() {
            let (mixed, word) = match step / 16 {
                0 => (d ^ (b & (c ^ d)), step),
                1 => (c ^ (d & (b ^ c)), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let word = words.get(word % 16).copied().unwrap_or_default();
            let shift = SHIFTS.get(step / 16).and_then(|shifts| shifts.get(step % 4));
            let sum = a.wrapping_add(mixed).wrapping_add(*sine).wrapping_add(word);
            let turned = sum.rotate_left(shift.copied().unwrap_or_default());
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (state, mixed) in self.state.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(mixed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_word(parts: &[&str]) -> u32 {
        let mut hash = Md5::new();
        for part in parts {
            hash.write(part.as_bytes());
        }
        hash.finish_first_word()
    }

    #[test]
    fn known_answers() {
        assert_eq!(first_word(&[]), u32::from_be_bytes(*b"\xd4\x1d\x8c\xd9").swap_bytes());
        for (parts, digest) in [
            (["abc", ""], 0x9001_5098_u32),
            (["message ", "digest"], 0xf96b_697d),
            (["checkout-v2", "user-123"], 0x2ef0_b9a7),
            (
                [
                    "1234567890123456789012345678901234567890",
                    "1234567890123456789012345678901234567890",
                ],
                0x57ed_f4a2,
            ),
        ] {
            assert_eq!(first_word(&parts), digest.swap_bytes(), "{parts:?}");
        }
    }

    #[test]
    fn inputs_of_all_lengths_are_padded() {
        // The first words of the hashes of 55, 56, 57, 63, 64, 65 and 120 letters a.
        for (length, digest) in [
            (55, 0xef1772b6_u32),
            (56, 0x3b0c8ac7),
            (57, 0x652b906d),
            (63, 0xb06521f3),
            (64, 0x014842d4),
            (65, 0xc743a45e),
            (120, 0x5f61c0cc),
        ] {
            assert_eq!(first_word(&[&"a".repeat(length)]), digest.swap_bytes(), "{length}");
        }
    }
}

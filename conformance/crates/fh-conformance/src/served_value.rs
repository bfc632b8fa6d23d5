//! Values of the feature `STATE` that tell if, and in which order, an Edge served them.

/// Returns value number `n`. Its second half is a hash of the number, so that no other text passes for a served value.
#[must_use]
pub fn value(n: u64) -> String {
    format!("{n}:{:016x}", mixed(n))
}

/// Returns the number of a value; `None` if the text is no served value.
#[must_use]
pub fn number(value: &str) -> Option<u64> {
    let n = value.split_once(':')?.0.parse().ok()?;
    (value == self::value(n)).then_some(n)
}

fn mixed(n: u64) -> u64 {
    let mut mixed = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_served_values_have_a_number() {
        assert_eq!(number(&value(17)), Some(17));
        for wrong in ["17", "17:", &value(17)[1..], &format!("{}0", value(17)), "during"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}

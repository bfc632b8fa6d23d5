//! Values that tell whether they were really served, and in which order.

/// The value number `n`. Its second half depends on the first, so that nothing else passes for one.
#[must_use]
pub fn value(n: u64) -> String {
    format!("{n}:{:016x}", mixed(n))
}

/// Which value it is; `None` if it is none.
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
    fn nothing_else_passes() {
        assert_eq!(number(&value(17)), Some(17));
        for wrong in ["17", "17:", &value(17)[1..], &format!("{}0", value(17)), "during"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}

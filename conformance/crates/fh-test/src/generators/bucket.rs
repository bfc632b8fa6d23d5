//! Buckets of percentage keys, so that percentages at the boundary of a bucket can be drawn.

use std::io::Cursor;

/// Returns the bucket, 0 to 999,999, of a percentage key and a feature id. It is computed from MurmurHash3 with seed 0 over the UTF-8 of
/// key and id.
#[must_use]
pub fn bucket(key: &str, feature_id: &str) -> i64 {
    let text = format!("{key}{feature_id}");
    // Reading from memory cannot fail.
    let hash = murmur3::murmur3_32(&mut Cursor::new(text), 0).unwrap_or_default();
    (i64::from(hash) * 1_000_000) >> 32
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_answers() {
        assert_eq!(super::bucket("fred", "abcde"), 212_628);
        assert_eq!(super::bucket("zappo-food", "172765e02-2-1-1-2-2-1"), 931_882);
    }
}

//! Versions: any two texts compare, both ways alike, packed or not.

use fh_eval::internal::text::version::{Version, pack};

pub fn run(texts: (&str, &str)) {
    let (left, right) = (Version::parse(texts.0), Version::parse(texts.1));
    let order = left.compare(&right);
    assert_eq!(order, right.compare(&left).reverse());
    assert!(left.compare(&left).is_eq());
    if let (Some(a), Some(b)) = (pack(texts.0), pack(texts.1)) {
        assert_eq!(order, a.cmp(&b));
    }
}

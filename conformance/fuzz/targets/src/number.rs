//! Texts of numbers: the order is total, and agrees with the order of doubles.

use fh_eval::internal::text::number::{Decimal, OwnedDecimal};

pub fn run(texts: (&str, &str)) {
    let (Some(left), Some(right)) = (Decimal::parse(texts.0), Decimal::parse(texts.1)) else {
        return;
    };
    let order = left.cmp(&right);
    assert_eq!(order, right.cmp(&left).reverse());
    assert_eq!(order, OwnedDecimal::from(left).as_decimal().cmp(&right));
    let (a, b): (f64, f64) = (texts.0.parse().unwrap(), texts.1.parse().unwrap());
    if a < b {
        assert!(order.is_lt());
    } else if a > b {
        assert!(order.is_gt());
    }
}

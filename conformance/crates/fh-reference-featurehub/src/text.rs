//! The order of texts and the text of doubles, as FeatureHub has them.

use std::cmp::Ordering;

/// Compares by UTF-16 code units. The result differs from the order of code points only if a character from U+E000 to U+FFFF is compared
/// with a supplementary character.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Returns a double as the JVM prints it: `5.0`, `1.0E21`, `4.9E-324`.
pub(crate) fn java_double(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number == 0.0 {
        return if number.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    // The fewest digits that read back as the same double. If one digit suffices, the two digits that come nearest.
    let mut scientific = format!("{:e}", number.abs());
    if !scientific.contains('.') {
        let two = format!("{:.1e}", number.abs());
        if two.parse() == Ok(number.abs()) {
            scientific = two;
        }
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let sign = if number < 0.0 { "-" } else { "" };
    if !(1e-3..1e7).contains(&number.abs()) {
        return format!("{sign}{whole}.{fraction}E{exponent}");
    }
    let plain = number.abs().to_string();
    if plain.contains('.') { format!("{sign}{plain}") } else { format!("{sign}{plain}.0") }
}

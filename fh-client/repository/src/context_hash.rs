//! The hash by which programs compare contexts without seeing them.

use std::fmt::Write;

use fh_eval::Attributes;

use crate::percent::{encode, is_unreserved};

/// Returns the SHA-256 of a context, in lower-case hexadecimal. Equal contexts have equal hashes, whatever the order of their attributes.
///
/// The input is `name=value,value&name=value`, sorted by name. Names and values are percent-encoded with the escapes of the header
/// `x-featurehub`. Values are encoded before they are joined with commas, so that the value `a,b` and the two values `a` and `b` differ.
/// The hash is no secret: anyone who can guess a context can compute its hash.
pub(crate) fn context_hash(attributes: &Attributes) -> String {
    let mut pairs: Vec<(&str, String)> = attributes
        .iter()
        .map(|(name, values)| {
            let values: Vec<String> = values.map(encoded).collect();
            (name, format!("{}={}", encoded(name), values.join(",")))
        })
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(_, pair)| pair).collect();
    let digest = hmac_sha256::Hash::hash(pairs.join("&").as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns `text` with all characters percent-encoded except ASCII letters, digits and `-_.~`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&mut out, text, is_unreserved);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_attributes_does_not_change_the_hash() {
        let hash = |attributes: fh_eval::AttributesBuilder| context_hash(&attributes.build());
        let fred = hash(Attributes::builder().user_key("fred").attribute("plan", ["gold"]));
        assert_eq!(fred, hash(Attributes::builder().attribute("plan", ["gold"]).user_key("fred")));
        assert_ne!(fred, hash(Attributes::builder().user_key("fred")));
    }
}

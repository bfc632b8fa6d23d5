//! The token that opens a socket.

use super::secret::Secret;

/// The letters that stand for the digits from 0 to 9.
const LETTERS: &[u8; 10] = b"QBWSPHDXZU";

/// Returns the token for a socket that is opened at the time `millis`, in milliseconds of Unix time. `share` is a random number of at least 0
/// and less than 1, which selects the position of the time within the secret.
///
/// The token holds the secret, so it is a secret too.
#[must_use]
pub fn token(secret: &Secret, millis: i64, share: f64) -> String {
    let secret = secret.expose().trim_end_matches('=');
    let time = millis.max(0).to_string();
    let position = ((share * secret.len() as f64) as usize).max(2).min(secret.len());
    let (before, after) = secret.split_at_checked(position).unwrap_or((secret, ""));
    let time = letters(&time, time.len());
    let position = letters(&position.to_string(), 3);
    let length = letters(&time.len().to_string(), 2);
    format!("{position}{length}{before}{time}{after}")
}

/// Writes the last `width` digits of a number in letters, with zeros in front of a shorter number.
fn letters(digits: &str, width: usize) -> String {
    let padded = format!("{digits:0>width$}");
    let digits = padded.bytes().skip(padded.len() - width);
    digits
        .filter_map(|digit| LETTERS.get(usize::from(digit.wrapping_sub(b'0'))))
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_tokens_of_the_published_sdk_are_the_same() {
        let text = include_str!("../../../../conformance/data/imported/featbit/token.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let vectors = vectors["encode"]["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 9);
        for vector in vectors {
            let secret = Secret::parse(vector["secret"].as_str().unwrap()).unwrap();
            let (millis, share) =
                (vector["unixMillis"].as_i64().unwrap(), vector["random"].as_f64().unwrap());
            assert_eq!(
                token(&secret, millis, share),
                vector["token"].as_str().unwrap(),
                "{vector}"
            );
        }
    }

    #[test]
    fn short_secrets_and_odd_times_do_no_harm() {
        for (secret, millis, share) in [("a", 5, 0.999), ("ab", -5, 0.0), ("=", 0, 0.5)] {
            assert!(!token(&Secret::parse(secret).unwrap(), millis, share).is_empty());
        }
    }
}

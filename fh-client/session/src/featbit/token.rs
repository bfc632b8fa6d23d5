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

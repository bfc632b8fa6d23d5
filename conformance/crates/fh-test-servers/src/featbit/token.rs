//! Connection tokens: a secret and a timestamp, mixed so that neither is shown as it is.

use std::fmt;

use crate::featbit::secret::{self, SecretKind};

/// The characters that stand for the digits 0 to 9.
const DIGITS: &str = "QBWSPHDXZU";
/// Largest difference between a token's time and the server's clock: 30 s.
pub const TOLERANCE_MS: i64 = 30_000;
/// Characters of the position and of the length of the timestamp.
const HEADER: usize = 5;

/// The reason why a token is refused. Every reason closes the socket with the same code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The token has fewer than five characters or is blank.
    TooShort,
    /// The position of the timestamp has a character that is no digit.
    Position,
    /// The position of the timestamp is over 255.
    PositionOverflow,
    /// The length of the timestamp has a character that is no digit.
    Length,
    /// The token is shorter than its position and length say.
    Truncated,
    /// The timestamp has a character that is no digit, or does not fit.
    Timestamp,
    /// The secret has this padded length instead of 44.
    SecretLength(usize),
    /// The secret contains no environment.
    Environment,
    /// The token's time differs too much from the server's clock.
    Expired,
    /// No environment has this secret.
    UnknownSecret,
    /// The secret has another type than the connection.
    WrongKind,
}

impl fmt::Display for TokenError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => to.write_str("shorter than 5"),
            Self::Position => to.write_str("position bad digit"),
            Self::PositionOverflow => to.write_str("position byte overflow"),
            Self::Length => to.write_str("length bad digit"),
            Self::Truncated => to.write_str("truncated"),
            Self::Timestamp => to.write_str("bad timestamp"),
            Self::SecretLength(length) => write!(to, "secret length {length}"),
            Self::Environment => to.write_str("no environment"),
            Self::Expired => to.write_str("expired"),
            Self::UnknownSecret => to.write_str("unknown secret"),
            Self::WrongKind => to.write_str("secret type mismatch"),
        }
    }
}

impl std::error::Error for TokenError {}

/// Returns a token as FeatBit's SDKs make it. `random` is a number from 0 to below 1.
#[must_use]
pub fn encode(secret: &str, now_ms: i64, random: f64) -> String {
    let secret = secret.trim_end_matches('=');
    let time = now_ms.to_string();
    let position = (random * secret.len() as f64).floor() as usize;
    let position = position.max(2).min(secret.len());
    let (before, after) = secret.split_at_checked(position).unwrap_or((secret, ""));
    let (position, length) = (letters(position, 3), letters(time.len(), 2));
    let time: String = time.chars().filter_map(letter).collect();
    format!("{position}{length}{before}{time}{after}")
}

fn letters(number: usize, width: usize) -> String {
    let padded = format!("{number:0width$}");
    let start = padded.len() - width;
    padded.get(start..).unwrap_or_default().chars().filter_map(letter).collect()
}

fn letter(digit: char) -> Option<char> {
    DIGITS.chars().nth(digit.to_digit(10)? as usize)
}

/// Returns the decimal digits that letters stand for.
fn digits(letters: &[char]) -> Option<String> {
    let digit = |letter: &char| {
        let index = DIGITS.chars().position(|known| known == *letter)?;
        char::from_digit(u32::try_from(index).ok()?, 10)
    };
    letters.iter().map(digit).collect()
}

/// Checks the form and the time of a token, and returns its secret. The secret need not be known.
///
/// # Errors
/// The first reason, in the order of FeatBit's server.
pub fn decode(token: &str, now_ms: i64) -> Result<String, TokenError> {
    let characters: Vec<char> = token.chars().collect();
    let Some((header, payload)) = characters.split_at_checked(HEADER) else {
        return Err(TokenError::TooShort);
    };
    if token.trim().is_empty() {
        return Err(TokenError::TooShort);
    }
    let (position, length) = header.split_at_checked(3).ok_or(TokenError::TooShort)?;
    let position = digits(position).ok_or(TokenError::Position)?;
    let position: u8 = position.parse().map_err(|_| TokenError::PositionOverflow)?;
    let length = digits(length).and_then(|digits| digits.parse::<usize>().ok());
    let length = length.ok_or(TokenError::Length)?;
    let (before, rest) =
        payload.split_at_checked(usize::from(position)).ok_or(TokenError::Truncated)?;
    let (time, after) = rest.split_at_checked(length).ok_or(TokenError::Truncated)?;
    let time = digits(time).and_then(|digits| digits.parse::<i64>().ok());
    let time = time.ok_or(TokenError::Timestamp)?;
    let secret: String = before.iter().chain(after).collect();
    let padded = secret.chars().count().next_multiple_of(4);
    if padded != secret::LENGTH {
        return Err(TokenError::SecretLength(padded));
    }
    if secret::environment(&secret).is_none() {
        return Err(TokenError::Environment);
    }
    if now_ms.abs_diff(time) > TOLERANCE_MS.unsigned_abs() {
        return Err(TokenError::Expired);
    }
    Ok(secret)
}

/// Checks a token completely, and returns its secret. `kind_of` returns the type of a known secret.
///
/// # Errors
/// The first reason, in the order of FeatBit's server.
pub fn check(
    token: &str,
    kind: SecretKind,
    now_ms: i64,
    kind_of: impl Fn(&str) -> Option<SecretKind>,
) -> Result<String, TokenError> {
    let secret = decode(token, now_ms)?;
    match kind_of(&secret) {
        None => Err(TokenError::UnknownSecret),
        Some(known) if known != kind => Err(TokenError::WrongKind),
        Some(_) => Ok(secret),
    }
}

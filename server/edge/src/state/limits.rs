//! The limits of a strategy's size. State files and changes through the admin API with a larger strategy are rejected. A relay leaves such
//! a strategy out of the features that it receives.

use std::fmt;

/// The maximum length of a strategy's JSON in bytes.
const MOST_BYTES: usize = 4 << 20;
/// The maximum number of levels of nested lists and objects in a strategy. FeatureHub's own strategies have four levels. A state file may
/// have 100 levels, of which six enclose a strategy.
const MOST_LEVELS: usize = 64;
/// The maximum length of a number in a strategy, in characters.
const MOST_DIGITS: usize = 400;

/// The limit that a strategy exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooLarge {
    Bytes,
    Levels,
    Digits,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes => write!(f, "the strategy is larger than {MOST_BYTES} bytes"),
            Self::Levels => {
                write!(
                    f,
                    "the strategy has more than {MOST_LEVELS} levels of nested lists and maps"
                )
            }
            Self::Digits => {
                write!(f, "a number in the strategy is longer than {MOST_DIGITS} characters")
            }
        }
    }
}

/// Checks that the JSON text of one strategy is within the limits of length, nesting and numbers, in one pass over its bytes.
///
/// # Errors
/// Returns the first limit that the strategy exceeds.
pub(crate) fn check_strategy(json: &str) -> Result<(), TooLarge> {
    if json.len() > MOST_BYTES {
        return Err(TooLarge::Bytes);
    }
    let (mut levels, mut digits) = (0_usize, 0_usize);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        if in_text {
            in_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        digits = match byte {
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' => digits + 1,
            _ => 0,
        };
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => levels += 1,
            b']' | b'}' => levels = levels.saturating_sub(1),
            _ => {}
        }
        if levels > MOST_LEVELS {
            return Err(TooLarge::Levels);
        }
        if digits > MOST_DIGITS {
            return Err(TooLarge::Digits);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_kept_to_the_last_step() {
        let levels = |count: usize| format!("{}1{}", "[".repeat(count), "]".repeat(count));
        assert_eq!(check_strategy(&levels(MOST_LEVELS)), Ok(()));
        assert_eq!(check_strategy(&levels(MOST_LEVELS + 1)), Err(TooLarge::Levels));
        let number = |count: usize| format!("{{\"percentage\":{},\"value\":1}}", "9".repeat(count));
        assert_eq!(check_strategy(&number(MOST_DIGITS)), Ok(()));
        assert_eq!(check_strategy(&number(MOST_DIGITS + 1)), Err(TooLarge::Digits));
        let text = |count: usize| format!("\"{}\"", "9".repeat(count));
        assert_eq!(check_strategy(&text(MOST_BYTES - 2)), Ok(()));
        assert_eq!(check_strategy(&text(MOST_BYTES - 1)), Err(TooLarge::Bytes));
        let in_a_text = format!(r#"{{"a":"\"{}\\"}}"#, "[".repeat(1_000));
        assert_eq!(check_strategy(&in_a_text), Ok(()));
    }
}

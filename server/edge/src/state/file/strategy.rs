//! Reads strategies, which are FeatureHub's JSON written in YAML.

use fh_eval::Kind;
use fh_eval::internal::wire::name;
use fh_files::{Content, quoted};

use super::part::{Part, Reading};
use super::typed::typed;
use crate::state::Json;

/// Reads a strategy of a feature with this type. A strategy that cannot be read becomes null, so that the strategies after it keep their
/// positions.
pub(super) fn read(reading: &mut Reading<'_>, part: &Part, kind: Kind) -> Json {
    let Some(members) = part.members() else {
        let what = format!(
            "a strategy is a map, not {}: write its members, such as `value: \u{2026}`",
            part.shown()
        );
        reading.error(part, what);
        return Json::null();
    };
    if let Some(disabled) = part.get("disabled")
        && !matches!(disabled.content(), Content::Bool(false))
    {
        reading.error(
            &disabled,
            "a state file cannot have a disabled strategy: remove the strategy from the file",
        );
    }
    let mut json = String::from("{");
    for (place, member) in members.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push_str(&quoted(&member.name));
        json.push(':');
        let part = part.of(member);
        match &*member.name {
            name::VALUE => match typed(kind, &part.node) {
                Ok(value) => json.push_str(value.as_ref().map_or("null", Json::as_str)),
                // A null is allowed here even for a BOOLEAN. A strategy with this value serves no value.
                Err(_) if part.is_null() => json.push_str("null"),
                Err(mismatch) => {
                    reading.error(&part, mismatch.what);
                    json.push_str("null");
                }
            },
            name::PERCENTAGE => json.push_str(&percentage(reading, &part)),
            _ => json.push_str(&part.node.to_json()),
        }
    }
    json.push('}');
    Json::parse(&json).unwrap_or_else(|why| {
        reading.error(part, why.to_string());
        Json::null()
    })
}

/// Returns a percentage in millionths, as JSON. The part may be a number of millionths, or a text that ends in `%`. For a number with
/// decimals, and for a text that ends in `%` and is not a valid percentage, an error is added and the result is null. A part of another
/// form is returned unchanged.
fn percentage(reading: &mut Reading<'_>, part: &Part) -> String {
    match part.content() {
        Content::Text(text) if text.ends_with('%') => match millionths(text) {
            Some(share) => share.to_string(),
            None => {
                let what = format!(
                    "{} is no percentage from 0% to 100% with at most four decimals, such as 12.5%",
                    part.shown()
                );
                reading.error(part, what);
                "null".to_owned()
            }
        },
        Content::Number(digits) if digits.contains('.') => {
            let what = format!(
                "{digits} is no percentage: write {}, or a whole number of millionths",
                in_percent(digits)
            );
            reading.error(part, what);
            "null".to_owned()
        }
        Content::Number(digits) => digits.to_string(),
        _ => part.node.to_json(),
    }
}

/// Returns the text in percent for a number with decimals. A number below 1 is a fraction of all users: 0.25 is `25%`. A larger number is
/// in percent already.
fn in_percent(digits: &str) -> String {
    match digits.parse::<f64>() {
        // Four decimals of a percentage are all that count. Rounding removes what a binary fraction adds.
        Ok(fraction) if (0.0..1.0).contains(&fraction) => {
            format!("{}%", (fraction * 1_000_000.0).round() / 10_000.0)
        }
        _ => format!("{digits}%"),
    }
}

/// Converts a text in percent to millionths: `12.5%` is 125,000. Returns `None` if the text is not a percentage from 0% to 100% with at
/// most four decimals.
fn millionths(text: &str) -> Option<u32> {
    let digits = text.strip_suffix('%')?.trim_end();
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) || decimals.len() > 4 {
        return None;
    }
    let share = whole.parse::<u32>().ok()?.checked_mul(10_000)?;
    let share = share.checked_add(format!("{decimals:0<4}").parse().ok()?)?;
    (share <= 1_000_000).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_decimals_are_shown_in_percent() {
        for (digits, expected) in [
            ("0.25", "25%"),
            ("0.07", "7%"),
            ("0.1234", "12.34%"),
            ("1.5", "1.5%"),
            ("25.0", "25.0%"),
        ] {
            assert_eq!(in_percent(digits), expected);
            assert!(millionths(expected).is_some());
        }
    }

    #[test]
    fn percentages_are_exact() {
        for (text, expected) in [
            ("25%", Some(250_000)),
            ("12.5%", Some(125_000)),
            ("0.0001%", Some(1)),
            ("100 %", Some(1_000_000)),
            ("100.0000%", Some(1_000_000)),
            ("0%", Some(0)),
            ("100.0001%", None),
            ("0.00001%", None),
            ("-1%", None),
            ("+1%", None),
            (".5%", None),
            ("5.%", Some(50_000)),
            ("1e1%", None),
            ("%", None),
            ("4294967296%", None),
        ] {
            assert_eq!(millionths(text), expected, "{text}");
        }
    }
}

//! The texts and numbers of Go: texts of attributes, JSON values, numbers in texts, and times.

use std::collections::BTreeMap;

use fh_test::json::Json;

/// Returns the text that operators compare: a list is `[a b]`, and an object `map[a:1 b:2]`.
#[must_use]
pub(super) fn attribute_text(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => with_exponent(text.parse().unwrap_or_default(), -4..6, 2),
        Json::Text(text) => text.clone(),
        Json::List(list) => {
            let texts: Vec<String> = list.iter().map(attribute_text).collect();
            format!("[{}]", texts.join(" "))
        }
        Json::Object(members) => {
            let sorted: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, attribute_text(value))).collect();
            let texts: Vec<String> =
                sorted.iter().map(|(name, text)| format!("{name}:{text}")).collect();
            format!("map[{}]", texts.join(" "))
        }
    }
}

/// Returns a value as the server writes it: numbers as doubles, and objects with sorted names. A value with a number beyond the doubles is
/// null.
#[must_use]
pub fn decoded(value: &Json) -> Json {
    decode(value).unwrap_or(Json::Null)
}

fn decode(value: &Json) -> Option<Json> {
    Some(match value {
        Json::Number(text) => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
            Json::Number(with_exponent(number, -6..21, 1))
        }
        Json::List(list) => Json::List(list.iter().map(decode).collect::<Option<_>>()?),
        Json::Object(members) => {
            let mut sorted = BTreeMap::new();
            for (name, value) in members {
                sorted.insert(name.clone(), decode(value)?);
            }
            Json::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    })
}

/// Returns the shortest digits of a number, in plain form if the decimal exponent is in the range.
fn with_exponent(number: f64, plain: std::ops::Range<i32>, digits: usize) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if plain.contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:0digits$}", exponent.abs())
}

/// Reads a number as Go's `ParseFloat` does. A number beyond the doubles is none.
pub(super) fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let lower = unsigned.to_ascii_lowercase();
    match lower.as_str() {
        "nan" => return (unsigned.len() == text.len()).then_some(f64::NAN),
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (lower.as_str(), 10),
    };
    let digits = without_underscores(digits, radix)?;
    let mark = if radix == 16 { 'p' } else { 'e' };
    let (mantissa, exponent) = match digits.split_once(mark) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits.as_str(), None),
    };
    let unsigned = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let is_integer = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = whole.len() + fraction.len() > 0
        && (whole.chars().chain(fraction.chars())).all(|digit| digit.is_digit(radix))
        && unsigned.is_none_or(is_integer);
    if !is_number {
        return None;
    }
    let value: f64 = if radix == 10 {
        digits.parse().ok()?
    } else {
        let mantissa = u128::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
        let exponent = exponent?.parse::<i32>().ok()? - 4 * fraction.len() as i32;
        let factor = if exponent < 0 { 0.5 } else { 2.0 };
        (0..exponent.abs().min(2_000)).fold(mantissa as f64, |value, _| value * factor)
    };
    value.is_finite().then_some(sign * value)
}

/// Removes the underscores between digits. `None` if one is elsewhere.
fn without_underscores(digits: &str, radix: u32) -> Option<String> {
    let is_digit = |found: Option<char>| found.is_some_and(|digit| digit.is_digit(radix));
    for (at, _) in digits.match_indices('_') {
        let before = digits.get(..at)?.chars().next_back();
        // The prefix 0x counts as a digit.
        let is_after = is_digit(before) || (before.is_none() && radix == 16);
        if !is_after || !is_digit(digits.get(at + 1..)?.chars().next()) {
            return None;
        }
    }
    Some(digits.replace('_', ""))
}

/// Reads a time of RFC 3339, in nanoseconds since 1970.
#[must_use]
pub fn timestamp(text: &str) -> Option<i128> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i128>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let zone = rest.find(['Z', '+', '-'])?;
    let fraction: String = rest.get(..zone)?.chars().skip(1).chain("000000000".chars()).collect();
    let offset = match rest.get(zone..)? {
        "Z" => 0,
        zone => {
            let part = |range: std::ops::Range<usize>| zone.get(range)?.parse::<i128>().ok();
            let minutes = part(1..3)? * 60 + part(4..6)?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    // Years begin in March, so that a leap day ends one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
    Some(seconds * 1_000_000_000 + fraction.get(..9)?.parse::<i128>().ok()?)
}

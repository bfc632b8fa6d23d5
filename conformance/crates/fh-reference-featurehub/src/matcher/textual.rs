//! STRING rules, and the conditionals that compare the supplied text itself for rules of other types.

use crate::answer::{Options, Raised};
use crate::feature::{Conditional, Kind, Scalar};
use crate::mutants::Bug;
use crate::pattern;
use crate::text::utf16_order;

use super::Verdict;

pub(super) fn text(
    kind: Kind,
    conditional: Conditional,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    // The Edge raises an error if the values of a STRING rule contain a null at any position.
    if options.edge() && kind == Kind::String && rule_values.contains(&Scalar::Null) {
        return Ok(Verdict::Ends);
    }
    let supplied = if options.has(Bug::StringTrimmed) { supplied.trim() } else { supplied };
    if conditional == Conditional::Regex {
        return regex(kind, rule_values, supplied, options);
    }
    let fold = |text: &str| {
        if options.has(Bug::StringCaseIgnored) { text.to_lowercase() } else { text.to_owned() }
    };
    let supplied = fold(supplied);
    let mut texts: Vec<String> = Vec::new();
    let mut stopped = false;
    for value in rule_values {
        let dropped =
            options.has(Bug::StringTypedValuesDropped) && !matches!(value, Scalar::Text(_));
        match value.text(options) {
            _ if dropped => {}
            Some(text) => texts.push(fold(&text)),
            // For other types, profile `edge` stops without a match when it gets to a null.
            None if options.edge() => {
                stopped = true;
                break;
            }
            None => {}
        }
    }
    if conditional.is_negative() && texts.is_empty() && options.has(Bug::EmptyValuesNotEqualsFalse)
    {
        return Ok(Verdict::No);
    }

    let order = |text: &str| {
        if options.has(Bug::StringCodePointOrder) {
            supplied.as_str().cmp(text)
        } else {
            utf16_order(&supplied, text)
        }
    };
    let equals = |text: &str| {
        if options.has(Bug::StringFirstEightBytes) {
            let start = |text: &str| text.bytes().take(8).collect::<Vec<_>>();
            supplied.len() == text.len() && start(&supplied) == start(text)
        } else {
            supplied == text
        }
    };
    let contains = |text: &str| {
        if options.has(Bug::StringIncludesIsEquality) {
            supplied == text
        } else {
            supplied.contains(text)
        }
    };
    let any = |test: &dyn Fn(&str) -> bool| {
        if conditional.is_ordering() && options.has(Bug::OrderingNeedsAll) {
            return !texts.is_empty() && texts.iter().all(|text| test(text));
        }
        texts.iter().any(|text| test(text))
    };
    let yes = match conditional {
        Conditional::Equals => any(&equals),
        // In profile `edge`, NOT_EQUALS holds if at least one value differs.
        Conditional::NotEquals if options.edge() || options.has(Bug::StringNotEqualsAnyDiffers) => {
            any(&|text| supplied != text)
        }
        Conditional::NotEquals => !any(&equals),
        Conditional::Includes => any(&contains),
        Conditional::Excludes => !any(&contains),
        Conditional::Greater => any(&|text| order(text).is_gt()),
        Conditional::GreaterEquals => any(&|text| order(text).is_ge()),
        Conditional::Less => any(&|text| order(text).is_lt()),
        Conditional::LessEquals => any(&|text| order(text).is_le()),
        Conditional::StartsWith => any(&|text| supplied.starts_with(text)),
        Conditional::EndsWith => any(&|text| supplied.ends_with(text)),
        Conditional::Regex => false,
    };
    let nothing_usable = texts.is_empty() && !rule_values.is_empty();
    Ok(if !yes && (stopped || nothing_usable) { Verdict::Unreadable } else { Verdict::from(yes) })
}

/// Evaluates REGEX. Profile `client` searches the text and skips patterns that are refused. Profile `edge` matches the whole text; a
/// refused pattern ends the rule (STRING) or makes it false for this supplied value (other types).
fn regex(
    kind: Kind,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    let whole = options.edge() || options.has(Bug::RegexFullMatch);
    let swapped = kind == Kind::Number && (options.edge() || options.has(Bug::NumberRegexSwapped));
    let mut usable = 0;
    for value in rule_values {
        let Some(text) = value.text(options) else {
            if options.edge() {
                return Ok(Verdict::Unreadable);
            }
            continue;
        };
        let pattern =
            if options.has(Bug::RegexCaseIgnored) { format!("(?i){text}") } else { text.clone() };
        let found = if swapped {
            pattern::matches(supplied, &text, true)
        } else {
            pattern::matches(&pattern, supplied, whole)
        };
        match found {
            Some(true) => return Ok(Verdict::Yes),
            Some(false) => usable += 1,
            None if options.has(Bug::BadRegexThrows)
                || options.has(Bug::OneBadStrategyEmptiesList) =>
            {
                return Err(Raised);
            }
            None if options.edge() => {
                return Ok(if kind == Kind::String { Verdict::Ends } else { Verdict::Unreadable });
            }
            None if options.has(Bug::OneBadValueEndsRule) => return Ok(Verdict::Unreadable),
            None => {}
        }
    }
    Ok(if usable == 0 && !rule_values.is_empty() { Verdict::Unreadable } else { Verdict::No })
}

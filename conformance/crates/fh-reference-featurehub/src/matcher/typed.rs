//! The types whose values are parsed before they are compared.

use std::cmp::Ordering;

use crate::address::{Address, Network};
use crate::answer::{Options, Raised};
use crate::date::Date;
use crate::datetime::DateTime;
use crate::decimal::Decimal;
use crate::feature::{Condition, Conditional, Kind, Scalar, is_whole};
use crate::mutants::Bug;
use crate::version::{Version, semver_org_order};

use super::{Candidate, Relation, Verdict, decide, textual};

fn by_order(order: Ordering) -> Relation {
    Relation { equal: order.is_eq(), order }
}

fn is_inclusion(conditional: Conditional) -> bool {
    matches!(conditional, Conditional::Includes | Conditional::Excludes)
}

/// Returns true for a mutant in which an unreadable supplied value differs from every value.
fn junk_differs<S>(
    bug: Bug,
    conditional: Conditional,
    supplied: Option<&S>,
    options: &Options,
) -> bool {
    options.has(bug) && conditional.is_negative() && supplied.is_none()
}

pub(super) fn number(
    conditional: Conditional,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    let as_text = (options.has(Bug::NumberIncludesSubstring) && is_inclusion(conditional))
        || options.has(Bug::NumberAsText);
    if as_text {
        return textual::text(Kind::Number, conditional, rule_values, supplied, options);
    }
    let text = if options.has(Bug::NumberBlanksTrimmed) { supplied.trim() } else { supplied };
    let supplied = match Decimal::parse(text) {
        None if options.has(Bug::NumberJunkPrefix) => {
            (1..text.len()).rev().find_map(|end| text.get(..end).and_then(Decimal::parse))
        }
        Some(_) if options.has(Bug::NumberNoExponent) && text.contains(['e', 'E']) => None,
        read => read,
    };
    if junk_differs(Bug::NumberJunkNotEquals, conditional, supplied.as_ref(), options) {
        return Ok(Verdict::Yes);
    }
    let candidates: Vec<_> =
        rule_values.iter().map(|value| number_candidate(value, options)).collect();
    let scaled = options.edge() || options.has(Bug::NumberScaleSensitive);
    let relate = |s: &Decimal, v: &Decimal| {
        let order = s.order(v);
        Relation { equal: order.is_eq() && (!scaled || s.scale() == v.scale()), order }
    };
    if options.has(Bug::NumberAsF64) {
        let as_f64 = |decimal: &str| decimal.parse::<f64>().ok();
        let candidates: Vec<_> = rule_values
            .iter()
            .map(|value| {
                value
                    .text(options)
                    .and_then(|text| as_f64(&text))
                    .map_or(Candidate::Dropped, Candidate::Usable)
            })
            .collect();
        let relate = |s: &f64, v: &f64| by_order(s.total_cmp(v));
        return Ok(decide(
            conditional,
            supplied.and_then(|_| as_f64(text)).as_ref(),
            &candidates,
            relate,
            options,
        ));
    }
    Ok(decide(conditional, supplied.as_ref(), &candidates, relate, options))
}

/// Reads a rule value of a NUMBER rule. Profile `client` reads numbers, and texts by the same grammar. Profile `edge` reads numbers only:
/// integers that fit 32 bits or need more than 64, and fractions as the doubles that a JVM makes of them.
fn number_candidate(value: &Scalar, options: &Options) -> Candidate<Decimal> {
    let read = match value {
        Scalar::Number(number) if options.edge() && is_whole(number) => {
            let fits = number.parse::<i32>().is_ok() || number.parse::<i64>().is_err();
            Decimal::parse(number).filter(|_| fits)
        }
        Scalar::Number(number) if options.edge() => {
            match number.parse().ok().and_then(Decimal::exact) {
                // The number is too large for a double. The server's conversion to a decimal raises an error inside its matcher.
                None => return Candidate::Stops,
                exact => exact,
            }
        }
        Scalar::Number(number) => Decimal::parse(number),
        Scalar::Text(text) if !options.edge() && !options.has(Bug::NumberTextValuesIgnored) => {
            Decimal::parse(text)
        }
        Scalar::Text(_) | Scalar::Boolean(_) | Scalar::Null => None,
    };
    read.map_or(Candidate::Dropped, Candidate::Usable)
}

/// Reads the rule values of a DATE or DATETIME rule. Profile `client` drops unreadable values; profile `edge` stops there without a match.
fn calendar_candidates<T>(
    rule_values: &[Scalar],
    parse: impl Fn(&str) -> Option<T>,
    options: &Options,
) -> Vec<Candidate<T>> {
    let bad = || {
        if options.edge() { Candidate::Stops } else { Candidate::Dropped }
    };
    let read = |value: &Scalar| value.text(options).and_then(|text| parse(&text));
    rule_values.iter().map(|value| read(value).map_or_else(bad, Candidate::Usable)).collect()
}

/// Returns true if an unreadable supplied value never matches. This holds in profile `client` if the rule lists any value (D-113).
fn needs_a_date(condition: &Condition, options: &Options) -> bool {
    condition.lists_a_value && !options.edge() && !options.has(Bug::DateJunkAmongJunk)
}

pub(super) fn date(
    condition: &Condition,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    let conditional = condition.conditional;
    let substring = options.has(Bug::DateIncludesSubstring) && is_inclusion(conditional);
    if substring || options.has(Bug::DateAsText) {
        return textual::text(Kind::Date, conditional, rule_values, supplied, options);
    }
    let parse = |text: &str| {
        Date::parse(text, options.edge())
            .filter(|_| !options.has(Bug::DateOffsetRefused) || text.len() == 10)
    };
    let supplied = parse(supplied);
    if junk_differs(Bug::DateJunkNotEquals, conditional, supplied.as_ref(), options) {
        return Ok(Verdict::Yes);
    }
    if supplied.is_none() && needs_a_date(condition, options) {
        return Ok(Verdict::Unreadable);
    }
    let candidates = calendar_candidates(rule_values, parse, options);
    Ok(decide(conditional, supplied.as_ref(), &candidates, |s, v| by_order(s.cmp(v)), options))
}

pub(super) fn datetime(
    condition: &Condition,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    let conditional = condition.conditional;
    if options.has(Bug::DatetimeNeverMatches) {
        return Ok(Verdict::No);
    }
    let substring = options.has(Bug::DateIncludesSubstring) && is_inclusion(conditional);
    if substring || options.has(Bug::DatetimeAsText) {
        return textual::text(Kind::DateTime, conditional, rule_values, supplied, options);
    }
    let supplied = DateTime::parse(supplied, options);
    if junk_differs(Bug::DateJunkNotEquals, conditional, supplied.as_ref(), options) {
        return Ok(Verdict::Yes);
    }
    if supplied.is_none() && needs_a_date(condition, options) {
        return Ok(Verdict::Unreadable);
    }
    let candidates =
        calendar_candidates(rule_values, |text| DateTime::parse(text, options), options);
    let relate = |s: &DateTime, v: &DateTime| Relation {
        equal: s.equals(*v, options),
        order: s.order(*v, options),
    };
    Ok(decide(conditional, supplied.as_ref(), &candidates, relate, options))
}

/// Compares versions. Every text is a version; only a null is not, and the Edge raises an error over it.
pub(super) fn version(
    conditional: Conditional,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Verdict {
    let candidates: Vec<_> = rule_values
        .iter()
        .map(|value| match value.text(options) {
            Some(text) => Candidate::Usable(text),
            None if options.edge() => Candidate::Raises,
            None => Candidate::Dropped,
        })
        .collect();
    let relate = |s: &String, v: &String| {
        let (left, right) = if options.has(Bug::VersionVStripped) {
            (s.trim_start_matches(['v', 'V']), v.trim_start_matches(['v', 'V']))
        } else {
            (s.as_str(), v.as_str())
        };
        relate_versions(left, right, options)
    };
    if options.has(Bug::VersionNotEqualsAnyDiffers) && conditional.is_negative() {
        let differs = |c: &Candidate<String>| matches!(c, Candidate::Usable(v) if !relate(&supplied.to_owned(), v).equal);
        return Verdict::from(candidates.iter().any(differs));
    }
    decide(conditional, Some(&supplied.to_owned()), &candidates, relate, options)
}

fn relate_versions(left: &str, right: &str, options: &Options) -> Relation {
    if options.has(Bug::VersionAsText) {
        return Relation { equal: left == right, order: left.cmp(right) };
    }
    if options.has(Bug::VersionSemverOrg) {
        return match semver_org_order(left, right) {
            Some(order) => by_order(order),
            None => Relation { equal: left == right, order: left.cmp(right) },
        };
    }
    if options.has(Bug::VersionTwoPartDiffers) {
        let order = Version::parse(left).order(&Version::parse(right));
        return Relation { equal: left == right, order };
    }
    let core = |text: &str| text.split_once('-').map(|(core, _)| format!("{core}-pre"));
    let (left, right) = match (core(left), core(right)) {
        (Some(l), Some(r)) if options.has(Bug::VersionPartsOnly) => {
            (Version::parse(&l), Version::parse(&r))
        }
        _ => (Version::parse(left), Version::parse(right)),
    };
    Relation { equal: left == right, order: left.order(&right) }
}

/// Compares booleans. A supplied value is `true` or counts as false. Only one of the rule's values counts: in profile `edge` the first, in
/// profile `client` the first that is not null.
pub(super) fn boolean(
    conditional: Conditional,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Verdict {
    let equals = match conditional {
        Conditional::Equals => true,
        Conditional::NotEquals => false,
        _ => return Verdict::No,
    };
    let supplied = if options.has(Bug::BooleanCaseIgnored) {
        supplied.eq_ignore_ascii_case("true")
    } else {
        supplied == "true"
    };
    let read = |value: &Scalar| match value {
        Scalar::Boolean(boolean) => Some(*boolean),
        Scalar::Null => None,
        Scalar::Text(_) | Scalar::Number(_)
            if options.edge() || options.has(Bug::BooleanTextRefused) =>
        {
            None
        }
        Scalar::Text(text) | Scalar::Number(text) => Some(text == "true"),
    };
    if options.has(Bug::BooleanAnyValue) {
        return Verdict::from(
            rule_values.iter().filter_map(read).any(|value| (supplied == value) == equals),
        );
    }
    // The Edge raises an error if the first value is not a boolean or if there are no values.
    let first = if options.edge() || options.has(Bug::BooleanTextRefused) {
        rule_values.first().and_then(read)
    } else {
        rule_values.iter().find_map(read)
    };
    match first {
        Some(value) => Verdict::from((supplied == value) == equals),
        None if options.has(Bug::BooleanEmptyIsFalse) => Verdict::from(supplied != equals),
        None if options.edge() => Verdict::Ends,
        None if rule_values.is_empty() => Verdict::No,
        None => Verdict::Unreadable,
    }
}

pub(super) fn address(
    conditional: Conditional,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    if options.has(Bug::IpExactText) {
        return textual::text(Kind::Address, conditional, rule_values, supplied, options);
    }
    // If the supplied value is no address, no conditional matches, NOT_EQUALS with an empty list of values included.
    let Some(supplied) = Address::parse(supplied, options) else {
        if options.has(Bug::IpJunkThrows) {
            return Err(Raised);
        }
        return Ok(if options.has(Bug::IpJunkNotEquals) && conditional.is_negative() {
            Verdict::Yes
        } else {
            Verdict::Unreadable
        });
    };
    let mut candidates = Vec::new();
    for value in rule_values {
        let network = match value.text(options) {
            Some(text) => Network::parse(&text, options),
            None if options.edge() => Network::Stops,
            None => Network::Unreadable,
        };
        if options.has(Bug::IpMixedFamilyThrows) && network.is_other_family(supplied) {
            return Err(Raised);
        }
        if options.has(Bug::IpJunkThrows) && network == Network::Unreadable {
            return Err(Raised);
        }
        candidates.push(match network {
            Network::Of(..) => Candidate::Usable(network),
            Network::Unreadable => Candidate::Dropped,
            Network::Stops => Candidate::Stops,
        });
    }
    let relate = |s: &Address, v: &Network| Relation {
        equal: v.contains(*s, options),
        order: Ordering::Equal,
    };
    Ok(decide(conditional, Some(&supplied), &candidates, relate, options))
}

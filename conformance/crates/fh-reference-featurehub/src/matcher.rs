//! The matching of one rule. First come the cases without rule values or without supplied values; then each supplied value is compared with
//! the rule's values, by one function per type.

mod textual;
mod typed;

use std::cmp::Ordering;

use crate::answer::{Options, Raised};
use crate::context::{Context, values};
use crate::datetime::{now_date, now_datetime};
use crate::feature::{Condition, Conditional, Kind, Rule, Scalar};
use crate::mutants::Bug;

/// The result of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    No,
    /// The rule does not match, because the rule or the supplied values could not be read.
    Unreadable,
}

/// The result of comparing one supplied value with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    /// No match, because there was nothing to compare: the supplied value or all of the rule's values cannot be read. In profile `edge` one
    /// unreadable rule value suffices if the comparison gets to it.
    Unreadable,
    /// The real server raises an error here: the rule does not match, whatever other values were supplied.
    Ends,
}

impl From<bool> for Verdict {
    fn from(yes: bool) -> Verdict {
        if yes { Verdict::Yes } else { Verdict::No }
    }
}

pub(crate) fn holds(rule: &Rule, context: &Context, options: &Options) -> Result<Held, Raised> {
    let Some(condition) = &rule.condition else {
        let raises = rule.unknown_word && options.has(Bug::UnknownTypeThrows);
        return if raises { Err(Raised) } else { Ok(Held::Unreadable) };
    };
    let supplied = supplied(condition, context, options);
    // The Edge's data model has an empty list if the payload has no `values`.
    let absent_is_empty = options.edge() || options.has(Bug::AbsentValuesEmpty);
    let rule_values = match &condition.values {
        None if condition.values_are_absent && absent_is_empty => Some(Vec::new()),
        values => values.clone(),
    };
    let (rule_values, supplied) = match (rule_values, supplied) {
        (None, None) => {
            let blank = condition.conditional == Conditional::Equals
                || options.has(Bug::BlankRuleAnyConditional);
            return Ok(if blank && !options.has(Bug::BlankRuleFails) {
                Held::Yes
            } else {
                Held::No
            });
        }
        (Some(_), None)
            if condition.conditional.is_negative()
                && options.has(Bug::MissingSatisfiesNotEquals) =>
        {
            return Ok(Held::Yes);
        }
        (None, _) | (_, None) => return Ok(Held::No),
        (Some(rule_values), Some(supplied)) => (rule_values, supplied),
    };
    if options.has(Bug::ValuesNullPoisons) && rule_values.contains(&Scalar::Null) {
        return Err(Raised);
    }

    let looked_at = if options.has(Bug::FirstSuppliedOnly) { 1 } else { supplied.len() };
    let mut all_unreadable = true;
    let mut all_hold = true;
    for value in supplied.iter().take(looked_at) {
        let discarded =
            options.has(Bug::FalsyNoMatch) && ["", "false", "0"].contains(&value.as_str());
        match one(condition, &rule_values, value, options)? {
            Verdict::Yes if options.has(Bug::AllSuppliedMustMatch) => all_unreadable = false,
            Verdict::Yes if !discarded => return Ok(Held::Yes),
            Verdict::Yes | Verdict::No => (all_unreadable, all_hold) = (false, false),
            Verdict::Unreadable => all_hold = false,
            Verdict::Ends => return Ok(Held::Unreadable),
        }
    }
    Ok(match (all_hold, all_unreadable) {
        (true, _) if options.has(Bug::AllSuppliedMustMatch) => Held::Yes,
        (_, true) => Held::Unreadable,
        (_, false) => Held::No,
    })
}

/// Returns the supplied values of the rule's attribute. If `now` is not supplied, it is the current date or time.
fn supplied(condition: &Condition, context: &Context, options: &Options) -> Option<Vec<String>> {
    let given = if options.has(Bug::FieldCaseIgnored) {
        let same = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(&condition.field));
        same.and_then(|(name, _)| values(context, name))
    } else {
        values(context, &condition.field)
    };
    let is_now = if options.has(Bug::NowCaseSensitive) {
        condition.field == "now"
    } else {
        condition.field.eq_ignore_ascii_case("now")
    };
    let is_now = (is_now && !options.has(Bug::NowAbsent)) || options.has(Bug::MissingDateIsNow);
    match given {
        Some(given) if !(is_now && options.has(Bug::NowBeatsSupplied)) => Some(given.to_vec()),
        _ if is_now && condition.kind == Kind::Date => Some(vec![now_date(options)]),
        _ if is_now && condition.kind == Kind::DateTime => Some(vec![now_datetime(options)]),
        given => given.map(<[String]>::to_vec),
    }
}

/// Compares one supplied value with the rule's values.
fn one(
    condition: &Condition,
    rule_values: &[Scalar],
    supplied: &str,
    options: &Options,
) -> Result<Verdict, Raised> {
    let conditional = condition.conditional;
    let text_rule = || textual::text(condition.kind, conditional, rule_values, supplied, options);
    match condition.kind {
        Kind::String => text_rule(),
        Kind::Number | Kind::Date | Kind::DateTime if conditional.is_textual() => text_rule(),
        Kind::Number => typed::number(conditional, rule_values, supplied, options),
        Kind::Date => typed::date(condition, rule_values, supplied, options),
        Kind::DateTime => typed::datetime(condition, rule_values, supplied, options),
        Kind::Version if conditional.is_textual() => Ok(Verdict::No),
        Kind::Version => Ok(typed::version(conditional, rule_values, supplied, options)),
        Kind::Boolean => Ok(typed::boolean(conditional, rule_values, supplied, options)),
        Kind::Address if conditional.is_textual() || conditional.is_ordering() => Ok(Verdict::No),
        Kind::Address => typed::address(conditional, rule_values, supplied, options),
    }
}

/// A rule value, read according to the rule's type.
enum Candidate<T> {
    Usable(T),
    /// Profile `client` skips this unreadable value.
    Dropped,
    /// Profile `edge` stops here; the supplied value does not match.
    Stops,
    /// Profile `edge` raises an error here.
    Raises,
}

/// The relation of two values to each other.
struct Relation {
    equal: bool,
    order: Ordering,
}

/// Compares a supplied value with the rule's values in order, until one decides. All types share this function. `supplied` is `None` if the
/// supplied value cannot be read.
fn decide<S, T>(
    conditional: Conditional,
    supplied: Option<&S>,
    candidates: &[Candidate<T>],
    relate: impl Fn(&S, &T) -> Relation,
    options: &Options,
) -> Verdict {
    let negative = conditional.is_negative();
    if negative && candidates.is_empty() && options.has(Bug::EmptyValuesNotEqualsFalse) {
        return Verdict::No;
    }
    if options.has(Bug::OneBadValueEndsRule)
        && candidates.iter().any(|c| matches!(c, Candidate::Dropped))
    {
        return Verdict::Unreadable;
    }
    let mut usable = 0;
    let mut hits = 0;
    for candidate in candidates {
        let candidate = match candidate {
            Candidate::Usable(candidate) => candidate,
            Candidate::Dropped => continue,
            Candidate::Stops => return Verdict::Unreadable,
            Candidate::Raises => return Verdict::Ends,
        };
        let Some(supplied) = supplied else {
            return Verdict::Unreadable;
        };
        let relation = relate(supplied, candidate);
        let hit = match conditional {
            Conditional::Greater => relation.order.is_gt(),
            Conditional::GreaterEquals => relation.order.is_ge(),
            Conditional::Less => relation.order.is_lt(),
            Conditional::LessEquals => relation.order.is_le(),
            // No type comes here with a textual conditional.
            _ => relation.equal,
        };
        usable += 1;
        hits += usize::from(hit);
        let needs_all = conditional.is_ordering() && options.has(Bug::OrderingNeedsAll);
        if hit && !needs_all {
            return Verdict::from(!negative);
        }
    }
    if negative {
        return Verdict::Yes;
    }
    if usable == 0 && !candidates.is_empty() {
        return Verdict::Unreadable;
    }
    Verdict::from(usable > 0 && hits == usable)
}

//! A plain evaluator of FeatureSignals, written from the rules of its server. It shares no code with the engine and prefers clarity to speed.
//!
//! Results that depend on one of the few patterns that `re2` does not translate are missing; recorded answers test these patterns. A chain of
//! prerequisites has no limit, and lists that the server does not accept are empty.

mod re2;
mod text;

use std::collections::BTreeSet;

use fh_test::json::Json;

use self::text::{attribute_text, number};

pub use self::re2::Untranslated;
pub use self::text::{decoded, timestamp};

/// Flags, states and segments by their keys, and the time at which they are evaluated.
#[derive(Debug, Clone, Copy)]
pub struct PlainFeatureSignals<'a> {
    ruleset: &'a Json,
    now: Option<i128>,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainResult {
    /// The value as the server writes it.
    pub value: Json,
    /// The server's word for the reason.
    pub reason: &'static str,
    /// The key of the variant.
    pub variant: Option<String>,
}

impl PlainResult {
    fn of(value: Option<&Json>, reason: &'static str) -> Self {
        Self { value: value.map_or(Json::Null, decoded), reason, variant: None }
    }
}

impl<'a> PlainFeatureSignals<'a> {
    /// Creates an evaluator. `now` is a time of RFC 3339; flags do not expire at a time that cannot be read.
    #[must_use]
    pub fn new(ruleset: &'a Json, now: &str) -> Self {
        Self { ruleset, now: timestamp(now) }
    }

    /// Creates an evaluator for a time in nanoseconds since 1970.
    #[must_use]
    pub fn at(ruleset: &'a Json, now: i128) -> Self {
        Self { ruleset, now: Some(now) }
    }

    /// Evaluates a flag for a context, an object with the members `key` and `attributes`.
    ///
    /// # Errors
    /// If the result depends on a pattern that is not translated.
    pub fn evaluate(&self, flag_key: &str, context: &Json) -> Result<PlainResult, Untranslated> {
        self.flag(flag_key, context, &mut BTreeSet::new())
    }

    fn flag(
        &self,
        flag_key: &str,
        context: &Json,
        visited: &mut BTreeSet<String>,
    ) -> Result<PlainResult, Untranslated> {
        let Some(flag) = self.find("flags", flag_key) else {
            return Ok(PlainResult::of(None, "NOT_FOUND"));
        };
        let own = flag.get("default_value");
        let expires = flag.get("expires_at").and_then(Json::text).and_then(timestamp);
        let is_set = expires.filter(|expires| Some(*expires) != timestamp("0001-01-01T00:00:00Z"));
        if is_set.is_some_and(|expires| self.now.is_some_and(|now| expires < now)) {
            return Ok(PlainResult::of(own, "DISABLED"));
        }
        let Some(state) = self.enabled_state(flag_key) else {
            return Ok(PlainResult::of(own, "DISABLED"));
        };
        let group = text_of(flag, "mutual_exclusion_group");
        if !group.is_empty() && self.winner(group, context) != Some(flag_key) {
            return Ok(PlainResult::of(own, "MUTUALLY_EXCLUDED"));
        }
        let prerequisites = list(flag, "prerequisites");
        if !prerequisites.is_empty() {
            visited.insert(flag_key.to_owned());
            for key in prerequisites.iter().map(|key| key.text().unwrap_or_default()) {
                if visited.contains(key) {
                    return Ok(PlainResult::of(own, "PREREQUISITE_FAILED"));
                }
                let result = self.flag(key, context, visited)?;
                let is_off = matches!(result.reason, "NOT_FOUND" | "DISABLED");
                if is_off || result.value == Json::Bool(false) {
                    return Ok(PlainResult::of(own, "PREREQUISITE_FAILED"));
                }
            }
        }
        let bucket = bucket(flag_key, text_of(context, "key"));
        let mut rules: Vec<&Json> = list(state, "rules").iter().collect();
        rules.sort_by_key(|rule| integer(rule, "priority"));
        for rule in rules {
            if self.rule_matches(rule, context)? {
                let percentage = integer(rule, "percentage");
                if percentage >= 10_000 {
                    return Ok(PlainResult::of(rule.get("value"), "TARGETED"));
                }
                if bucket < percentage {
                    return Ok(PlainResult::of(rule.get("value"), "ROLLOUT"));
                }
            }
        }
        let default = state.get("default_value").or(own);
        let rollout = integer(state, "percentage_rollout");
        if rollout > 0 {
            return Ok(match bucket < rollout {
                true => PlainResult::of(default, "ROLLOUT"),
                false => PlainResult::of(own, "FALLTHROUGH"),
            });
        }
        let variants = list(state, "variants");
        if text_of(flag, "flag_type") == "ab" && !variants.is_empty() {
            let mut sum = 0;
            let within = |variant: &&Json| {
                sum += integer(variant, "weight");
                bucket < sum
            };
            let variant = variants.iter().find(within).or(variants.last());
            let result = PlainResult::of(variant.and_then(|it| it.get("value")), "VARIANT");
            let key = variant.map(|it| text_of(it, "key")).filter(|key| !key.is_empty());
            return Ok(PlainResult { variant: key.map(ToOwned::to_owned), ..result });
        }
        Ok(PlainResult::of(default, "FALLTHROUGH"))
    }

    fn find(&self, kind: &str, key: &str) -> Option<&'a Json> {
        self.ruleset.get(kind)?.get(key)
    }

    fn enabled_state(&self, flag_key: &str) -> Option<&'a Json> {
        let state = self.find("states", flag_key)?;
        (state.get("enabled") == Some(&Json::Bool(true))).then_some(state)
    }

    /// Returns the flag of a group that is not excluded: the one with the lowest bucket.
    fn winner(&self, group: &str, context: &Json) -> Option<&'a str> {
        let flags = self.ruleset.get("flags").map_or(&[][..], Json::members);
        let members = flags.iter().filter(|(key, flag)| {
            text_of(flag, "mutual_exclusion_group") == group && self.enabled_state(key).is_some()
        });
        let keys = members.map(|(key, _)| key.as_str());
        keys.min_by_key(|key| (bucket(key, text_of(context, "key")), *key))
    }

    fn rule_matches(&self, rule: &Json, context: &Json) -> Result<bool, Untranslated> {
        let keys = list(rule, "segment_keys");
        let mut is_in_segment = keys.is_empty();
        for segment in keys.iter().filter_map(|key| self.find("segments", key.text()?)) {
            let conditions = list(segment, "rules");
            if conditions_match(conditions, text_of(segment, "match_type"), context)? {
                is_in_segment = true;
                break;
            }
        }
        let match_type = match text_of(rule, "match_type") {
            "" => "all",
            match_type => match_type,
        };
        Ok(is_in_segment && conditions_match(list(rule, "conditions"), match_type, context)?)
    }
}

/// Returns true if a list of conditions matches. An empty list always does, and one with an unknown match type never.
///
/// # Errors
/// If the result depends on a pattern that is not translated.
pub fn conditions_match(
    conditions: &[Json],
    match_type: &str,
    context: &Json,
) -> Result<bool, Untranslated> {
    if conditions.is_empty() {
        return Ok(true);
    }
    let decisive = match match_type {
        "all" => false,
        "any" => true,
        _ => return Ok(false),
    };
    for condition in conditions {
        if condition_matches(condition, context)? == decisive {
            return Ok(decisive);
        }
    }
    Ok(!decisive)
}

fn condition_matches(condition: &Json, context: &Json) -> Result<bool, Untranslated> {
    let values = list(condition, "values");
    let first = values.first().and_then(Json::text);
    let operator = text_of(condition, "operator");
    let attribute = match text_of(condition, "attribute") {
        "key" => Some(text_of(context, "key").to_owned()),
        name => context.get("attributes").and_then(|all| all.get(name)).map(attribute_text),
    };
    let Some(text) = attribute else {
        return Ok(operator == "exists" && first == Some("false"));
    };
    let is_listed = values.iter().any(|value| value.text() == Some(&text));
    let compared = |test: fn(&f64, &f64) -> bool| {
        let wanted = first.and_then(number);
        number(&text).zip(wanted).is_some_and(|(given, wanted)| test(&given, &wanted))
    };
    Ok(match operator {
        "eq" => first == Some(&text),
        "neq" => first.is_some_and(|first| first != text),
        "contains" => first.is_some_and(|first| text.contains(first)),
        "startsWith" => first.is_some_and(|first| text.starts_with(first)),
        "endsWith" => first.is_some_and(|first| text.ends_with(first)),
        "in" => is_listed,
        "notIn" => !is_listed,
        "gt" => compared(f64::gt),
        "gte" => compared(f64::ge),
        "lt" => compared(f64::lt),
        "lte" => compared(f64::le),
        "regex" => match first {
            Some(pattern) => re2::finds(pattern, &text)?,
            None => false,
        },
        "exists" => first != Some("false"),
        _ => false,
    })
}

/// Returns the bucket of a user for a flag, from 0 to 9,999.
#[must_use]
pub fn bucket(flag_key: &str, user_key: &str) -> i64 {
    i64::from(murmur3(format!("{flag_key}.{user_key}").as_bytes(), 0) % 10_000)
}

/// Returns the hash MurmurHash3 x86 32.
#[must_use]
pub fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    // Reading bytes in memory cannot fail.
    murmur3::murmur3_32(&mut std::io::Cursor::new(bytes), seed).unwrap_or_default()
}

/// Returns a text member; an empty text if it is absent.
fn text_of<'a>(object: &'a Json, name: &str) -> &'a str {
    object.get(name).and_then(Json::text).unwrap_or_default()
}

fn integer(object: &Json, name: &str) -> i64 {
    object.get(name).and_then(Json::integer).unwrap_or_default()
}

/// Returns a list member; an empty one if it is absent or null.
fn list<'a>(object: &'a Json, name: &str) -> &'a [Json] {
    object.get(name).map_or(&[], Json::elements)
}

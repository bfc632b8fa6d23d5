//! The unusual parts of a feature and a context. A shrunk case has few of them, and the cause of the difference is usually one.

use fh_eval::internal::RuleType;

use super::plain;
use crate::json::Json;

/// A feature and a context to evaluate it for.
struct Drawn<'a> {
    feature: &'a Json,
    context: &'a Json,
}

/// An unusual part: its name, and whether a feature and a context have it.
type Oddity = (&'static str, fn(&Drawn<'_>) -> bool);

const ODDITIES: &[Oddity] = &[
    ("odd id", |drawn| !drawn.text("id").is_some_and(is_uuid)),
    ("odd version", |drawn| !drawn.feature.get("version").is_some_and(is_whole)),
    ("version beyond a double", |drawn| drawn.feature.get("version").is_some_and(is_beyond_double)),
    ("no lock", |drawn| drawn.feature.get("l").is_none()),
    ("odd lock", |drawn| {
        drawn.feature.get("l").is_some_and(|locked| !matches!(locked, Json::Bool(_)))
    }),
    ("odd type", |drawn| {
        !matches!(drawn.text("type"), Some("BOOLEAN" | "STRING" | "NUMBER" | "JSON"))
    }),
    ("odd list of strategies", |drawn| is_no_list(drawn.feature, "strategies")),
    ("odd strategy", |drawn| drawn.strategies().iter().any(is_no_object)),
    ("odd strategy id", |drawn| {
        drawn.strategy_has(|strategy| {
            strategy.get("id").and_then(Json::text).is_none_or(str::is_empty)
        })
    }),
    ("null percentage", |drawn| {
        drawn.strategy_has(|strategy| strategy.get("percentage") == Some(&Json::Null))
    }),
    ("odd percentage", |drawn| {
        drawn.strategy_has(|strategy| {
            strategy.get("percentage").is_some_and(|share| *share != Json::Null && !is_whole(share))
        })
    }),
    ("a share", |drawn| {
        drawn.strategy_has(|strategy| {
            strategy.get("percentage").is_some_and(|share| *share != Json::Null)
        })
    }),
    ("rules without a share", |drawn| {
        drawn.strategy_has(|strategy| {
            strategy.get("percentage").is_none() && !list(strategy, "attributes").is_empty()
        })
    }),
    ("several shares", |drawn| {
        let shares = drawn.strategies().iter().filter(|each| each.get("percentage").is_some());
        shares.count() > 1
    }),
    ("share of other attributes", |drawn| {
        drawn.strategy_has(|strategy| !list(strategy, "percentageAttributes").is_empty())
    }),
    ("odd percentage attributes", |drawn| {
        drawn.strategy_has(|strategy| {
            is_no_list(strategy, "percentageAttributes")
                || list(strategy, "percentageAttributes").iter().any(|name| name.text().is_none())
        })
    }),
    ("odd list of rules", |drawn| {
        drawn.strategy_has(|strategy| is_no_list(strategy, "attributes"))
    }),
    ("odd rule", |drawn| drawn.rule_has(is_odd_rule)),
    ("no values in a rule", |drawn| drawn.rule_has(|rule| list(rule, "values").is_empty())),
    ("other JSON type in a rule", |drawn| drawn.rule_has(has_value_of_other_type)),
    ("empty text in a rule", |drawn| {
        drawn.rule_has(|rule| list(rule, "values").iter().any(is_empty))
    }),
    ("several values in a rule", |drawn| drawn.rule_has(|rule| list(rule, "values").len() > 1)),
    ("no plain text", |drawn| drawn.has_text_of("STRING", |text| !plain::is_text(text))),
    ("number with decimals", |drawn| drawn.has_text_of("NUMBER", |text| text.contains('.'))),
    ("no plain number", |drawn| drawn.has_text_of("NUMBER", |text| !plain::is_number(text))),
    ("no plain version", |drawn| {
        drawn.has_text_of("SEMANTIC_VERSION", |text| !plain::is_version(text))
    }),
    ("no plain date", |drawn| drawn.has_text_of("DATE", |text| !plain::is_date(text))),
    ("no plain date-time", |drawn| {
        drawn.has_text_of("DATETIME", |text| !plain::is_date_time(text))
    }),
    ("no plain address", |drawn| drawn.has_supplied("IP_ADDRESS", |text| !plain::is_address(text))),
    ("no plain network", |drawn| {
        drawn.has_rule_text("IP_ADDRESS", |text| !plain::is_network(text))
    }),
    ("network with host bits", |drawn| drawn.has_rule_text("IP_ADDRESS", plain::has_host_bits)),
    ("IPv6", |drawn| drawn.has_text_of("IP_ADDRESS", |text| text.contains(':'))),
    ("no plain boolean", |drawn| {
        drawn.has_supplied("BOOLEAN", |text| text != "true" && text != "false")
    }),
    ("no plain pattern", |drawn| {
        drawn.rule_has(|rule| {
            is_regex(rule) && texts_of(rule).iter().any(|text| !plain::is_pattern(text))
        })
    }),
    ("pattern on no plain text", |drawn| {
        drawn.rule_has(|rule| {
            is_regex(rule) && drawn.supplied_to(rule).iter().any(|text| !plain::is_text(text))
        })
    }),
    ("character above U+FFFF", |drawn| {
        drawn.texts().any(|text| text.chars().any(|character| character > '\u{ffff}'))
    }),
    ("attribute not supplied", |drawn| {
        drawn.rule_has(|rule| {
            rule.get("fieldName").and_then(Json::text).is_none_or(|name| {
                drawn.context.get(name).is_none_or(|values| values.elements().is_empty())
            })
        })
    }),
    ("session", |drawn| {
        drawn.context.get("session").is_some() || drawn.context.get("sessionkey").is_some()
    }),
    ("attribute without values", |drawn| drawn.supplies(<[Json]>::is_empty)),
    ("empty text supplied", |drawn| drawn.supplies(|values| values.iter().any(is_empty))),
    ("several values supplied", |drawn| drawn.supplies(|values| values.len() > 1)),
    ("value of another type", |drawn| {
        let kind = drawn.text("type");
        drawn.values().any(|value| is_of_other_type(kind, value))
    }),
    ("value beyond a double", |drawn| drawn.values().any(is_beyond_double)),
    ("null value", |drawn| drawn.values().any(|value| *value == Json::Null)),
    ("empty value", |drawn| drawn.values().any(is_empty)),
    ("no value", |drawn| {
        drawn.feature.get("value").is_none()
            || drawn.strategy_has(|strategy| strategy.get("value").is_none())
    }),
];

/// Returns true if an unusual part has this name.
pub(crate) fn is_oddity(name: &str) -> bool {
    ODDITIES.iter().any(|(known, _)| *known == name)
}

/// Returns the names of the unusual parts of a feature and a context.
pub(super) fn oddities(feature: &Json, context: &Json) -> Vec<&'static str> {
    let drawn = Drawn { feature, context };
    ODDITIES.iter().filter(|(_, is_so)| is_so(&drawn)).map(|(name, _)| *name).collect()
}

impl Drawn<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.feature.get(name)?.text()
    }

    fn strategies(&self) -> &[Json] {
        list(self.feature, "strategies")
    }

    fn strategy_has(&self, is_odd: impl Fn(&Json) -> bool) -> bool {
        self.strategies().iter().any(|strategy| !is_no_object(strategy) && is_odd(strategy))
    }

    fn rule_has(&self, is_odd: impl Fn(&Json) -> bool) -> bool {
        self.strategies().iter().flat_map(|strategy| list(strategy, "attributes")).any(is_odd)
    }

    fn supplies(&self, is_odd: impl Fn(&[Json]) -> bool) -> bool {
        self.context.members().iter().any(|(_, values)| is_odd(values.elements()))
    }

    /// Returns the texts that the context supplies to a rule.
    fn supplied_to(&self, rule: &Json) -> Vec<&str> {
        let name = rule.get("fieldName").and_then(Json::text).unwrap_or_default();
        let values = self.context.get(name).map_or(&[][..], Json::elements);
        values.iter().filter_map(Json::text).collect()
    }

    /// Returns true if the context supplies such a text to a rule of this type.
    fn has_supplied(&self, kind: &str, is_odd: impl Fn(&str) -> bool) -> bool {
        self.rule_has(|rule| {
            is_of_type(rule, kind) && self.supplied_to(rule).into_iter().any(&is_odd)
        })
    }

    /// Returns true if a rule of this type has such a value. Patterns do not count.
    fn has_rule_text(&self, kind: &str, is_odd: impl Fn(&str) -> bool) -> bool {
        self.rule_has(|rule| {
            is_of_type(rule, kind)
                && !is_regex(rule)
                && texts_of(rule).iter().any(|text| is_odd(text))
        })
    }

    /// Returns true if a rule of this type has such a value, or is supplied with one.
    fn has_text_of(&self, kind: &str, is_odd: impl Fn(&str) -> bool) -> bool {
        self.has_supplied(kind, &is_odd) || self.has_rule_text(kind, &is_odd)
    }

    /// Returns the texts that are supplied, those of the rules, and the feature's id.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let supplied = self.context.members().iter().flat_map(|(_, values)| values.elements());
        let rules =
            self.strategies().iter().flat_map(|strategy| list(strategy, "attributes").iter());
        let of_rules = rules.flat_map(|rule| list(rule, "values"));
        supplied.chain(of_rules).filter_map(Json::text).chain(self.text("id"))
    }

    /// Returns the values of the feature and its strategies.
    fn values(&self) -> impl Iterator<Item = &Json> {
        let of_strategies = self.strategies().iter().filter_map(|strategy| strategy.get("value"));
        of_strategies.chain(self.feature.get("value"))
    }
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).map_or(&[], Json::elements)
}

fn is_of_type(rule: &Json, kind: &str) -> bool {
    rule.get("type").and_then(Json::text) == Some(kind)
}

fn is_regex(rule: &Json) -> bool {
    rule.get("conditional").and_then(Json::text) == Some("REGEX")
}

/// Returns the values of a rule that are texts or numbers, as texts.
fn texts_of(rule: &Json) -> Vec<&str> {
    list(rule, "values").iter().filter_map(text_or_number).collect()
}

fn text_or_number(value: &Json) -> Option<&str> {
    match value {
        Json::Text(text) | Json::Number(text) => Some(text),
        _ => None,
    }
}

fn is_no_list(json: &Json, name: &str) -> bool {
    json.get(name).is_some_and(|value| !matches!(value, Json::List(_)))
}

fn is_no_object(json: &Json) -> bool {
    !matches!(json, Json::Object(_))
}

fn is_empty(value: &Json) -> bool {
    value.text() == Some("")
}

/// Returns true for a number that is written with digits only.
fn is_whole(value: &Json) -> bool {
    matches!(value, Json::Number(token) if token.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns true for an integer that a double does not hold.
fn is_beyond_double(value: &Json) -> bool {
    matches!(value, Json::Number(token) if token.trim_start_matches('-').len() > 15 && !token.contains('.'))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_odd_rule(rule: &Json) -> bool {
    let text = |name: &str| rule.get(name).and_then(Json::text);
    let has_type = text("type").and_then(RuleType::from_name).is_some();
    let has_condition = text("conditional").is_some_and(|name| name != "NEAR");
    let has_values = matches!(rule.get("values"), None | Some(Json::Null | Json::List(_)));
    is_no_object(rule) || !has_type || !has_condition || text("fieldName").is_none() || !has_values
}

/// Returns true if a value of a rule has another JSON type than those that FeatureHub writes for the rule's type.
fn has_value_of_other_type(rule: &Json) -> bool {
    let kind = rule.get("type").and_then(Json::text);
    let is_other = |value: &Json| match kind {
        Some("BOOLEAN") => !matches!(value, Json::Bool(_)),
        Some("NUMBER") => !matches!(value, Json::Number(_)),
        _ => !matches!(value, Json::Text(_)),
    };
    list(rule, "values").iter().any(is_other)
}

/// Returns true if a value has another JSON type than the features of this type.
fn is_of_other_type(kind: Option<&str>, value: &Json) -> bool {
    match kind {
        Some("BOOLEAN") => !matches!(value, Json::Bool(_) | Json::Null),
        Some("NUMBER") => !matches!(value, Json::Number(_) | Json::Null),
        Some("STRING" | "JSON") => !matches!(value, Json::Text(_) | Json::Null),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::oddities;
    use crate::json::Json;

    #[test]
    fn an_ordinary_case_has_no_unusual_part() {
        let feature = r#"{"id":"9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11","key":"F","version":3,"type":"STRING","value":"grey","strategies":[
            {"id":"s1","value":"a","percentage":20,"attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["a"]}]}]}"#;
        let found = |part: &str, instead: &str| {
            let changed = feature.replace(part, instead);
            assert!(part.is_empty() || changed != feature, "{part}");
            let context = Json::parse(r#"{"x":["a"]}"#).unwrap();
            let mut found = oddities(&Json::parse(&changed).unwrap(), &context);
            let usual = ["a share", "rules without a share", "no lock"];
            found.retain(|name| !usual.contains(name));
            found
        };
        assert_eq!(found("", ""), Vec::<&str>::new());
        for (part, instead, name) in [
            ("9cd3b1d4-", "", "odd id"),
            (r#""version":3"#, r#""version":3.5"#, "odd version"),
            (r#""version":3"#, r#""version":9007199254740993"#, "version beyond a double"),
            (r#""key":"F""#, r#""key":"F","l":1"#, "odd lock"),
            (r#""version":3,"type":"STRING""#, r#""version":3,"type":null"#, "odd type"),
            (r#""id":"s1","#, "", "odd strategy id"),
            (r#""percentage":20"#, r#""percentage":null"#, "null percentage"),
            (r#""percentage":20"#, r#""percentage":2e5"#, "odd percentage"),
            (r#""percentage":20"#, r#""percentageAttributes":["x"]"#, "share of other attributes"),
            (r#""percentage":20"#, r#""percentageAttributes":{}"#, "odd percentage attributes"),
            (r#""conditional":"EQUALS","#, "", "odd rule"),
            (r#""values":["a"]"#, r#""values":[]"#, "no values in a rule"),
            (r#""values":["a"]"#, r#""values":[5]"#, "other JSON type in a rule"),
            (r#""values":["a"]"#, r#""values":[""]"#, "empty text in a rule"),
            (r#""fieldName":"x""#, r#""fieldName":"y""#, "attribute not supplied"),
            (r#""values":["a"]"#, r#""values":["a","b"]"#, "several values in a rule"),
            (r#""values":["a"]"#, r#""values":["é"]"#, "no plain text"),
            (
                r#""conditional":"EQUALS","values":["a"]"#,
                r#""conditional":"REGEX","values":["\\d"]"#,
                "no plain pattern",
            ),
            (r#""value":"a""#, r#""value":5"#, "value of another type"),
            (r#""value":"a""#, r#""value":null"#, "null value"),
            (r#""value":"a""#, r#""value":"""#, "empty value"),
            (r#""value":"a","#, "", "no value"),
        ] {
            assert_eq!(found(part, instead), [name], "{part} became {instead:?}");
        }
    }
}

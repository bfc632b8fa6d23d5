//! Reads a `FeatureState`. A part that cannot be read never lets a strategy match more contexts: it is kept as unreadable, and every rule
//! or strategy that needs it does not match.

use crate::answer::{Options, Unreadable};
use crate::decimal::Decimal;
use crate::json::Token;
use crate::member::{OF_A_RULE, OF_A_STRATEGY, is_misspelt};
use crate::mutants::{Bug, Mutant};
use crate::text::java_double;

/// One feature as received.
#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) id: Option<String>,
    pub(crate) key: Option<String>,
    /// The type as written.
    pub(crate) kind: Option<String>,
    /// The JSON token of the value; `None` if absent or null.
    pub(crate) value: Option<String>,
    pub(crate) has_lock: bool,
    pub(crate) locked: bool,
    pub(crate) version: i64,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) strategies: Vec<Strategy>,
}

/// One rollout strategy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strategy {
    pub(crate) id: Option<String>,
    /// False if the strategy is not an object, has a misspelt member, or has an unreadable percentage, list of rules or list of percentage
    /// attributes.
    pub(crate) readable: bool,
    /// The percentage in millionths; `None` if absent or null.
    pub(crate) percentage: Option<i64>,
    pub(crate) percentage_is_null: bool,
    pub(crate) percentage_attributes: Vec<String>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) rules_are_null: bool,
    pub(crate) value: Option<String>,
}

/// One rule of a strategy. A rule without a condition could not be read and never matches.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) condition: Option<Condition>,
    pub(crate) unknown_word: bool,
}

/// The condition of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) kind: Kind,
    pub(crate) conditional: Conditional,
    /// The rule's values. `None` if null; also `None` if absent, which profile `edge` later reads as an empty list.
    pub(crate) values: Option<Vec<Scalar>>,
    pub(crate) values_are_absent: bool,
    /// True if the payload lists at least one value, scalar or not.
    pub(crate) lists_a_value: bool,
}

/// The type of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Number,
    Date,
    DateTime,
    Version,
    Boolean,
    Address,
}

/// The conditional of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conditional {
    Equals,
    NotEquals,
    Includes,
    Excludes,
    Greater,
    GreaterEquals,
    Less,
    LessEquals,
    StartsWith,
    EndsWith,
    Regex,
}

/// One rule value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Null,
    Boolean(bool),
    /// The number as written.
    Number(String),
    Text(String),
}

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "STRING" => Kind::String,
            "NUMBER" => Kind::Number,
            "DATE" => Kind::Date,
            "DATETIME" => Kind::DateTime,
            "SEMANTIC_VERSION" => Kind::Version,
            "BOOLEAN" => Kind::Boolean,
            "IP_ADDRESS" => Kind::Address,
            _ => return None,
        })
    }
}

impl Conditional {
    fn named(name: &str) -> Option<Conditional> {
        Some(match name {
            "EQUALS" => Conditional::Equals,
            "NOT_EQUALS" => Conditional::NotEquals,
            "INCLUDES" => Conditional::Includes,
            "EXCLUDES" => Conditional::Excludes,
            "GREATER" => Conditional::Greater,
            "GREATER_EQUALS" => Conditional::GreaterEquals,
            "LESS" => Conditional::Less,
            "LESS_EQUALS" => Conditional::LessEquals,
            "STARTS_WITH" => Conditional::StartsWith,
            "ENDS_WITH" => Conditional::EndsWith,
            "REGEX" => Conditional::Regex,
            _ => return None,
        })
    }

    pub(crate) fn is_negative(self) -> bool {
        matches!(self, Conditional::NotEquals | Conditional::Excludes)
    }

    /// Returns true if the conditional compares the supplied text itself, whatever the rule's type.
    pub(crate) fn is_textual(self) -> bool {
        matches!(self, Conditional::StartsWith | Conditional::EndsWith | Conditional::Regex)
    }

    pub(crate) fn is_ordering(self) -> bool {
        use Conditional::{Greater, GreaterEquals, Less, LessEquals};
        matches!(self, Greater | GreaterEquals | Less | LessEquals)
    }
}

impl Scalar {
    fn read(token: Token<'_>) -> Option<Scalar> {
        if token.is_null() {
            return Some(Scalar::Null);
        }
        if let Some(boolean) = token.boolean() {
            return Some(Scalar::Boolean(boolean));
        }
        if let Some(number) = token.number() {
            return Some(Scalar::Number(number.to_owned()));
        }
        token.string().map(Scalar::Text)
    }

    /// Returns the text of a value, or `None` for null. Profile `client` keeps numbers as written; profile `edge` prints them as a JVM
    /// does.
    pub(crate) fn text(&self, options: &Options) -> Option<String> {
        Some(match self {
            Scalar::Null => return None,
            Scalar::Boolean(boolean) => boolean.to_string(),
            Scalar::Text(text) => text.clone(),
            Scalar::Number(number) if options.has(Bug::StringNumberRewritten) => {
                number.parse::<f64>().map_or_else(|_| number.clone(), |n| n.to_string())
            }
            Scalar::Number(number) if !options.edge() => number.clone(),
            Scalar::Number(number) if number == "-0" => "0".to_owned(),
            Scalar::Number(number) if is_whole(number) => number.clone(),
            Scalar::Number(number) => java_double(number.parse().unwrap_or_default()),
        })
    }
}

/// Returns true if a JSON number is written as an integer.
pub(crate) fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

impl Feature {
    /// Reads the members of a feature.
    ///
    /// # Errors
    /// If the token is not an object. A mutant may refuse more.
    pub(crate) fn read(token: Token<'_>, mutant: Option<Mutant>) -> Result<Feature, Unreadable> {
        if !token.is_object() {
            return Err(Unreadable::new("a feature is an object"));
        }
        let has = |bug| mutant.is_some_and(|m| m.is(bug));
        let strategies: Vec<Strategy> = token
            .present("strategies")
            .and_then(Token::elements)
            .unwrap_or_default()
            .into_iter()
            .map(|strategy| Strategy::read(strategy, mutant))
            .collect();
        let unknown = |strategy: &Strategy| strategy.rules.iter().any(|rule| rule.unknown_word);
        if has(Bug::UnknownTypePoisonsList) && strategies.iter().any(unknown) {
            return Err(Unreadable::new("a rule of an unknown type"));
        }
        let version = token.present("version").and_then(Token::number);
        let version = if has(Bug::BigVersionAsF64) {
            version.and_then(|v| v.parse::<f64>().ok()).map(|v| v as i64)
        } else {
            version.and_then(exact_integer)
        };
        Ok(Feature {
            id: text_member(token, "id"),
            key: text_member(token, "key").filter(|key| !key.is_empty()),
            kind: text_member(token, "type"),
            value: token.present("value").map(|value| value.text().to_owned()),
            has_lock: token.present("l").and_then(Token::boolean).is_some(),
            locked: token.present("l").and_then(Token::boolean).unwrap_or(false),
            version: version.unwrap_or(0),
            properties: properties(token),
            strategies,
        })
    }
}

fn text_member(token: Token<'_>, name: &str) -> Option<String> {
    token.present(name).and_then(Token::string)
}

/// Returns the value of an integral number that fits into `i64`.
fn exact_integer(number: &str) -> Option<i64> {
    let decimal = Decimal::parse(number)?;
    let integer = decimal.integer()?;
    decimal.order(&Decimal::parse(&integer.to_string())?).is_eq().then_some(integer)
}

fn properties(token: Token<'_>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in token.present("fp").and_then(Token::members).unwrap_or_default() {
        found.retain(|(earlier, _)| *earlier != name);
        found.extend(value.string().map(|text| (name, text)));
    }
    found
}

impl Strategy {
    fn read(token: Token<'_>, mutant: Option<Mutant>) -> Strategy {
        let percentage = match token.present("percentage") {
            None => Ok(None),
            Some(given) => read_percentage(given, mutant).map(Some).ok_or(()),
        };
        let percentage_attributes = match token.present("percentageAttributes").map(Token::elements)
        {
            None => Ok(Vec::new()),
            Some(names) => names
                .and_then(|names| names.into_iter().map(Token::string).collect::<Option<_>>())
                .ok_or(()),
        };
        let rules = match token.present("attributes").map(Token::elements) {
            None => Ok(Vec::new()),
            Some(rules) => rules
                .map(|rules| rules.into_iter().map(|rule| Rule::read(rule, mutant)).collect())
                .ok_or(()),
        };
        Strategy {
            id: text_member(token, "id"),
            readable: token.is_object()
                && percentage.is_ok()
                && percentage_attributes.is_ok()
                && rules.is_ok()
                && !holds_misspelt(token, &OF_A_STRATEGY, mutant),
            percentage: percentage.unwrap_or_default(),
            percentage_is_null: token.member("percentage").is_some_and(Token::is_null),
            percentage_attributes: percentage_attributes.unwrap_or_default(),
            rules: rules.unwrap_or_default(),
            rules_are_null: token.member("attributes").is_some_and(Token::is_null),
            value: token.present("value").map(|value| value.text().to_owned()),
        }
    }
}

/// Returns true if the object has a member whose name is a misspelt form of a known name.
fn holds_misspelt(token: Token<'_>, known: &[&str], mutant: Option<Mutant>) -> bool {
    let members = token.members().unwrap_or_default();
    !mutant.is_some_and(|m| m.is(Bug::MisspeltMemberIgnored))
        && members.iter().any(|(name, _)| is_misspelt(name, known))
}

/// Reads an integral number, limited to the range of `i64`. Returns `None` if the number is too large for a double.
fn read_percentage(token: Token<'_>, mutant: Option<Mutant>) -> Option<i64> {
    let has = |bug| mutant.is_some_and(|m| m.is(bug));
    let text = match token.number() {
        Some(number) => number.to_owned(),
        None if has(Bug::PctTextRead) => token.string()?,
        None => return None,
    };
    if has(Bug::PctFractionCut) {
        return text.parse::<f64>().ok().map(|n| n as i64);
    }
    let has_double = text.parse().is_ok_and(f64::is_finite);
    Decimal::parse(&text).filter(|_| has_double)?.integer()
}

impl Rule {
    fn read(token: Token<'_>, mutant: Option<Mutant>) -> Rule {
        let kind = text_member(token, "type").as_deref().and_then(Kind::named);
        let mut conditional =
            text_member(token, "conditional").as_deref().and_then(Conditional::named);
        let unknown_word = kind.is_none() || conditional.is_none();
        if mutant.is_some_and(|m| m.is(Bug::UnknownConditionalIsEquals)) {
            conditional = conditional.or(Some(Conditional::Equals));
        }
        let values = match token.present("values") {
            None => Some(None),
            // Values that are not scalars are dropped.
            Some(list) => {
                list.elements().map(|all| Some(all.into_iter().filter_map(Scalar::read).collect()))
            }
        };
        let condition = match (text_member(token, "fieldName"), kind, conditional, values) {
            (Some(field), Some(kind), Some(conditional), Some(values)) => {
                let list = token.member("values");
                Some(Condition {
                    field,
                    kind,
                    conditional,
                    values,
                    values_are_absent: list.is_none(),
                    lists_a_value: list.and_then(Token::elements).is_some_and(|l| !l.is_empty()),
                })
            }
            _ => None,
        };
        let condition = condition.filter(|_| !holds_misspelt(token, &OF_A_RULE, mutant));
        Rule { condition, unknown_word }
    }
}

//! Typed getters.

use crate::answer::{Answer, Options};
use crate::decimal::Decimal;
use crate::feature::Feature;
use crate::json::Token;
use crate::mutants::Bug;

/// The results of the typed getters of one feature. A getter whose type is not the feature's returns nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Getters {
    /// The value of a BOOLEAN. A text counts as true if it is `true` in any case; everything else counts as false.
    pub boolean: Option<bool>,
    /// The value of a STRING. Numbers and booleans are returned as text.
    pub string: Option<String>,
    /// The value of a NUMBER as the decimal text that was received. `None` if the text is not a number.
    pub number: Option<String>,
    /// The text of a JSON value, not parsed.
    pub json: Option<String>,
    /// True if the feature has a value of any type.
    pub is_set: bool,
    /// True if the payload contains the feature.
    pub exists: bool,
    /// True for a BOOLEAN that is true.
    pub is_enabled: bool,
    /// True if the feature is locked.
    pub locked: bool,
    /// The version: 0 if unreadable, -1 if the feature does not exist.
    pub version: i64,
    /// The feature's properties, in the order of the payload.
    pub properties: Vec<(String, String)>,
}

impl Getters {
    pub(crate) fn missing() -> Getters {
        Getters {
            boolean: None,
            string: None,
            number: None,
            json: None,
            is_set: false,
            exists: false,
            is_enabled: false,
            locked: false,
            version: -1,
            properties: Vec::new(),
        }
    }

    pub(crate) fn read(feature: &Feature, answer: &Answer, options: &Options) -> Getters {
        let value =
            answer.value.as_deref().and_then(|text| Token::document(text, options.mutant).ok());
        let of_type = |name: &str| {
            value.filter(|_| feature.kind.as_deref() == Some(name) || options.has(Bug::GettersCast))
        };
        let boolean = of_type("BOOLEAN").map(|token| boolean(token, options));
        Getters {
            boolean,
            string: of_type("STRING").map(text),
            number: of_type("NUMBER").and_then(|token| number(token, options)),
            json: of_type("JSON").and_then(|token| json(text(token), options)),
            is_set: value.is_some_and(|token| {
                !(options.has(Bug::FalsyIsUnset) && ["false", "0", "\"\""].contains(&token.text()))
            }),
            exists: true,
            is_enabled: boolean == Some(true),
            locked: feature.locked && !options.has(Bug::LockLost),
            version: feature.version,
            properties: if options.has(Bug::PropertiesLost) {
                Vec::new()
            } else {
                feature.properties.clone()
            },
        }
    }
}

fn boolean(token: Token<'_>, options: &Options) -> bool {
    match token.string() {
        Some(_) if options.has(Bug::BooleanTextValueFalse) => false,
        Some(text) => text.eq_ignore_ascii_case("true"),
        None => token.boolean() == Some(true),
    }
}

/// Returns the decoded text of a string, and the JSON text of every other value.
fn text(token: Token<'_>) -> String {
    token.string().unwrap_or_else(|| token.text().to_owned())
}

fn number(token: Token<'_>, options: &Options) -> Option<String> {
    let text = match token.string() {
        Some(_) if options.has(Bug::NumberTextValueIgnored) => return None,
        Some(text) => text,
        None => token.number()?.to_owned(),
    };
    Decimal::parse(&text)?;
    if options.has(Bug::NumberValueAsF64) {
        return text.parse::<f64>().ok().map(|number| number.to_string());
    }
    Some(text)
}

fn json(text: String, options: &Options) -> Option<String> {
    if options.has(Bug::JsonMustParse) {
        Token::document(&text, None).ok()?;
    }
    if options.has(Bug::JsonReserialised) {
        return Some(text.split_whitespace().collect());
    }
    Some(text)
}

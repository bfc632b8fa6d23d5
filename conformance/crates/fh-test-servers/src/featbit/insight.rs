//! The rules by which FeatBit's server takes or refuses a batch of events. One bad item loses the batch.

use serde_json::value::RawValue;

use crate::featbit::json_text::{self, Members};

/// The server refuses bodies that are nested deeper.
const DEEPEST: usize = 32;

/// The reason why a batch is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchError {
    /// The batch does not have its form: status 400.
    Invalid,
    /// The server fails on it: status 500.
    Failure,
}

type Check = Result<(), BatchError>;

/// Checks a batch of events. Items without a valid user are accepted, and dropped silently.
pub(crate) fn check(body: &str) -> Check {
    let body = body.trim_start_matches('\u{feff}');
    let items = json_text::elements(body).ok_or(BatchError::Invalid)?;
    if json_text::depth(body) > DEEPEST {
        return Err(BatchError::Invalid);
    }
    // The form of all items is checked before the first one is used.
    let mut fails = false;
    for item in &items {
        match self::item(item) {
            Err(BatchError::Failure) => fails = true,
            other => other?,
        }
    }
    if fails { Err(BatchError::Failure) } else { Ok(()) }
}

fn item(item: &RawValue) -> Check {
    if item.get() == "null" {
        return Err(BatchError::Failure);
    }
    let members = object(item.get())?;
    if let Some(user) = members.get_ignoring_case("user").filter(|user| *user != "null") {
        self::user(user)?;
    }
    each(&members, "variations", variation)?;
    each(&members, "metrics", metric)
}

/// Checks the elements of a list. A missing list is empty, but null is invalid, and a null element fails.
fn each(members: &Members, name: &str, check: fn(&Members) -> Check) -> Check {
    let Some(list) = members.get_ignoring_case(name) else { return Ok(()) };
    let mut result = Ok(());
    for element in json_text::elements(list).ok_or(BatchError::Invalid)? {
        if element.get() == "null" {
            result = Err(BatchError::Failure);
        } else {
            match check(&object(element.get())?) {
                Err(BatchError::Failure) => result = Err(BatchError::Failure),
                other => other?,
            }
        }
    }
    result
}

fn user(user: &str) -> Check {
    let user = object(user)?;
    texts(&user, &["keyId", "name"])?;
    let Some(properties) = user.get_ignoring_case("customizedProperties") else { return Ok(()) };
    if properties == "null" {
        return Ok(());
    }
    for property in json_text::elements(properties).ok_or(BatchError::Invalid)? {
        if property.get() != "null" {
            texts(&object(property.get())?, &["name", "value"])?;
        }
    }
    Ok(())
}

fn variation(members: &Members) -> Check {
    texts(members, &["featureFlagKey"])?;
    timestamp(members)?;
    if let Some(bit) = members.get_ignoring_case("sendToExperiment") {
        valid(matches!(bit, "true" | "false"))?;
    }
    match members.get_ignoring_case("variation") {
        None | Some("null") => Ok(()),
        Some(variation) => {
            let variation = object(variation)?;
            let is_text = |name| variation.get_ignoring_case(name).is_some_and(is_string);
            valid(is_text("id") && is_text("value"))
        }
    }
}

fn metric(members: &Members) -> Check {
    texts(members, &["route", "type", "eventName", "appType"])?;
    timestamp(members)?;
    let Some(value) = members.get_ignoring_case("numericValue") else { return Ok(()) };
    let number: f32 = unquoted(value).parse().map_err(|_| BatchError::Invalid)?;
    if number.is_finite() { Ok(()) } else { Err(BatchError::Failure) }
}

/// Checks a timestamp, which is an integer or a string with one.
fn timestamp(members: &Members) -> Check {
    match members.get_ignoring_case("timestamp") {
        None => Ok(()),
        Some(value) => valid(unquoted(value).parse::<i64>().is_ok()),
    }
}

/// Checks members that are strings or null.
fn texts(members: &Members, names: &[&str]) -> Check {
    let is_text = |name: &&str| {
        members.get_ignoring_case(name).is_none_or(|value| value == "null" || is_string(value))
    };
    valid(names.iter().all(is_text))
}

fn is_string(value: &str) -> bool {
    serde_json::from_str::<String>(value).is_ok()
}

/// Returns the text of a number, which may be written as a string.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fn object(text: &str) -> Result<Members, BatchError> {
    Members::parse(text).map_err(|_| BatchError::Invalid)
}

fn valid(is_valid: bool) -> Check {
    if is_valid { Ok(()) } else { Err(BatchError::Invalid) }
}

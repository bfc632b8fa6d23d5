//! The condition of a deviation: properties of a request and of its recorded answer, so that it applies to any recording.

use serde::Deserialize;

use super::asked;
use crate::server::transcript::{Answered, Asked};

/// Properties of an exchange. All that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    /// Names of steps, for a recording whose steps are known. A `*` at the end matches any text. `STREAM/NAME` is a request during a
    /// stream.
    pub steps: Vec<String>,
    /// The method of the request.
    pub method: Option<String>,
    /// The path of the request, without its query.
    pub path: Option<String>,
    /// The name of a header that the request has.
    pub header: Option<String>,
    /// The route of the request.
    pub route: Option<Route>,
    /// The status of the recorded answer.
    pub status: Option<u16>,
    /// The form of the etag or id in the request.
    pub condition: Option<Condition>,
    /// The form of the context in the request.
    pub context: Option<ContextForm>,
    /// The form of the request's body.
    pub body: Option<BodyForm>,
    /// The number of API keys in the request.
    pub keys: Option<KeyCount>,
}

/// The route of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Route {
    /// `GET /features`.
    Poll,
    /// `GET /features/KEY`.
    Stream,
    /// `PUT /features/KEY/FEATURE`.
    Put,
}

/// The form of the etag in `If-None-Match`, or of the id in `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// The etag of the current content, with or without quotes or `W/`.
    Current,
    /// The etag of the current content after `W/`.
    WeakCurrent,
}

/// The form of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContextForm {
    /// It contains a `&` that is not percent-encoded.
    RawAmpersand,
}

/// The form of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BodyForm {
    /// The body is not a JSON object.
    NoObject,
}

/// The number of different API keys in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyCount {
    /// More than one.
    Several,
}

/// The properties of an exchange that conditions use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) step: &'a str,
    pub(super) asked: &'a Asked,
    pub(super) recorded: &'a Answered,
    /// The recorded etag of the current content for these keys and this context, without quotes, if it is known.
    pub(super) current: Option<&'a str>,
}

impl When {
    /// Returns true if the condition has no properties. It would apply to every exchange.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        let (asked, recorded) = (facts.asked, facts.recorded);
        let path = asked.path.split('?').next().unwrap_or_default();
        let is_step = || self.steps.iter().any(|pattern| fits(pattern, facts.step));
        (self.steps.is_empty() || is_step())
            && self.method.as_ref().is_none_or(|method| *method == asked.method)
            && self.path.as_ref().is_none_or(|wanted| wanted == path)
            && self.header.as_ref().is_none_or(|name| asked::header(asked, name).is_some())
            && self.route.is_none_or(|route| asked::route(asked, recorded) == Some(route))
            && self.status.is_none_or(|status| status == recorded.status)
            && self.condition.is_none_or(|condition| condition.holds(facts))
            && self.context.is_none_or(|ContextForm::RawAmpersand| {
                asked::context(asked).is_some_and(|context| context.contains('&'))
            })
            && self.body.is_none_or(|BodyForm::NoObject| {
                let body = asked.body.as_deref().unwrap_or_default();
                serde_json::from_str::<serde_json::Map<_, _>>(body).is_err()
            })
            && self.keys.is_none_or(|KeyCount::Several| asked::keys(asked).len() > 1)
    }
}

impl Condition {
    fn holds(self, facts: &Facts<'_>) -> bool {
        let named = ["if-none-match", "last-event-id"];
        let named = named.iter().find_map(|name| asked::header(facts.asked, name));
        let Some(text) = named else { return false };
        let (is_weak, strong) = match text.strip_prefix("W/") {
            Some(strong) => (true, strong),
            None => (false, text),
        };
        let quoted = strong.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        let is_current = facts.current == Some(quoted.unwrap_or(strong));
        match self {
            Self::Current => is_current,
            Self::WeakCurrent => is_weak && is_current,
        }
    }
}

fn fits(pattern: &str, step: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => step.starts_with(start),
        None => pattern == step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn when(value: serde_json::Value) -> When {
        serde_json::from_value(value).unwrap()
    }

    fn asked(method: &str, path: &str, headers: &[(&str, &str)]) -> Asked {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Asked { method: method.into(), path: path.into(), headers: headers.collect(), body: None }
    }

    fn holds(when: &When, asked: &Asked, status: u16, current: Option<&str>) -> bool {
        let recorded = Answered { status, ..Answered::default() };
        when.holds(&Facts { step: "a step", asked, recorded: &recorded, current })
    }

    #[test]
    fn requests_and_answers() {
        let poll = asked("GET", "/features?apiKey=e%2Fk&apiKey=e%2Fl", &[]);
        for (said, expected) in [
            (json!({"route": "poll"}), true),
            (json!({"route": "put"}), false),
            (json!({"method": "GET", "status": 200}), true),
            (json!({"method": "GET", "status": 404}), false),
            (json!({"path": "/features", "keys": "several"}), true),
            (json!({"path": "/"}), false),
            (json!({"steps": ["a *"]}), true),
            (json!({"steps": ["b", "a"]}), false),
            (json!({"context": "rawAmpersand"}), false),
        ] {
            assert_eq!(holds(&when(said.clone()), &poll, 200, None), expected, "{said}");
        }
        let from_a_page = when(json!({"header": "origin"}));
        let by_a_page = asked("GET", "/features", &[("Origin", "http://shop.example")]);
        assert!(
            holds(&from_a_page, &by_a_page, 200, None) && !holds(&from_a_page, &poll, 200, None)
        );
        let several = when(json!({"keys": "several"}));
        let twice = asked("GET", "/features?apiKey=e%2Fk&apiKey=e/k", &[]);
        assert!(!holds(&several, &twice, 200, None), "one key, twice");
        let raw = when(json!({"context": "rawAmpersand"}));
        for (context, expected) in [("a=b&c=d", true), ("a=b%26c=d", false)] {
            let poll = asked("GET", "/features?apiKey=e%2Fk", &[("x-featurehub", context)]);
            assert_eq!(holds(&raw, &poll, 200, None), expected, "{context}");
        }
        let no_object = when(json!({"route": "put", "body": "noObject"}));
        for (body, expected) in [("", true), ("[]", true), ("{", true), ("{}", false)] {
            let mut put = asked("PUT", "/features/e/k/F", &[]);
            put.body = Some(body.into());
            assert_eq!(holds(&no_object, &put, 500, None), expected, "{body}");
        }
    }

    #[test]
    fn conditions_name_the_present_content() {
        for (form, text, expected) in [
            ("current", "\"aa\"", true),
            ("current", "W/\"aa\"", true),
            ("current", "aa", true),
            ("current", "\"bb\"", false),
            ("weakCurrent", "W/\"aa\"", true),
            ("weakCurrent", "\"aa\"", false),
            ("weakCurrent", "W/\"bb\"", false),
        ] {
            let when = when(json!({"condition": form}));
            let poll = asked("GET", "/features?apiKey=e%2Fk", &[("If-None-Match", text)]);
            assert_eq!(holds(&when, &poll, 200, Some("aa")), expected, "{form} {text}");
            assert!(!holds(&when, &poll, 200, None), "{form} {text}");
        }
    }
}

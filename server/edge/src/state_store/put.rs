//! The body of a PUT, and the checks that accept or refuse it.

use std::fmt;

use fh_eval::Kind;

use super::refusal::Refusal;
use super::value::{convert, same};
use crate::state::{FeatureValue, Json, Permission, Permissions};
use crate::wire::read_object;

/// The change that the body of a PUT requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Update {
    /// The new value. `None` keeps the current value, and `Some(None)` sets the value to null.
    pub(crate) value: Option<Option<Json>>,
    /// The new lock: true locks the feature, and false unlocks it. `None` keeps the current lock.
    pub(crate) lock: Option<bool>,
}

/// The outcome of a PUT that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateOutcome {
    /// The value or lock was changed, and readers see it: status 200.
    Changed,
    /// The lock already had the requested state: status 200.
    AlreadySo,
    /// The feature already had the requested value: status 202.
    SameValue,
}

impl fmt::Display for UpdateOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "changed",
            Self::AlreadySo => "already so",
            Self::SameValue => "same value",
        })
    }
}

/// The decision on a PUT that no check has refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    Change(Box<FeatureValue>),
    AlreadySo,
    SameValue,
}

impl Update {
    /// Reads the body of a PUT. A body of another form is refused as [`Refusal::Unreadable`].
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            // A null is read as an absent member, which is right for all three members.
            #[serde(default)]
            value: Option<Json>,
            #[serde(default)]
            update_value: Option<bool>,
            #[serde(default)]
            lock: Option<Json>,
        }
        let body: Body = read_object(body).map_err(|_| Refusal::Unreadable)?;
        let value = body.value.filter(|value| !value.is_null());
        let updates = value.is_some() || body.update_value == Some(true);
        let lock = body.lock.as_ref().map(lock).transpose()?.flatten();
        Ok(Self { value: updates.then_some(value), lock })
    }

    /// Decides whether a PUT changes the feature's current value or lock. The first check that fails refuses the PUT.
    pub(crate) fn decide(
        &self,
        kind: Kind,
        current: &FeatureValue,
        permissions: Permissions,
    ) -> Result<Decision, Refusal> {
        if permissions.is_empty() || permissions.is_read_only() {
            return Err(Refusal::NoWriteRoles);
        }
        if self.lock == Some(true) && !permissions.has(Permission::Lock) {
            return Err(Refusal::MayNotLock);
        }
        if self.lock == Some(false) && !permissions.has(Permission::Unlock) {
            return Err(Refusal::MayNotUnlock);
        }
        let Some(value) = &self.value else {
            return match self.lock {
                None => Err(Refusal::NothingToDo),
                Some(lock) if lock == current.locked => Ok(Decision::AlreadySo),
                Some(lock) => {
                    Ok(Decision::Change(Box::new(FeatureValue { locked: lock, ..current.clone() })))
                }
            };
        };
        if !permissions.has(Permission::ChangeValue) {
            return Err(Refusal::MayNotChange);
        }
        if current.locked && self.lock != Some(false) {
            return Err(Refusal::Locked);
        }
        let value = convert(kind, value.as_ref())?;
        let locked = self.lock.unwrap_or(current.locked);
        if same(kind, value.as_ref(), current.value.as_ref()) {
            return Ok(match self.lock {
                // Setting a lock that the feature already has is no change either (edge-protocol 5.3, rule 9).
                None => Decision::SameValue,
                Some(_) if locked == current.locked => Decision::SameValue,
                Some(_) => Decision::Change(Box::new(FeatureValue { locked, ..current.clone() })),
            });
        }
        Ok(Decision::Change(Box::new(FeatureValue { value, locked, ..current.clone() })))
    }
}

/// Reads the member `lock` as a FeatureHub server does. JSON's `true`, the texts `true`, `True` and `TRUE`, and all whole numbers other
/// than 0 are true. An empty text and the text `null` count as an absent member.
fn lock(json: &Json) -> Result<Option<bool>, Refusal> {
    let text = json.as_text();
    match (text.as_deref().map(str::trim), json.as_str()) {
        (None, "null") | (Some("" | "null"), _) => Ok(None),
        (None, "true") | (Some("true" | "True" | "TRUE"), _) => Ok(Some(true)),
        (None, "false") | (Some("false" | "False" | "FALSE"), _) => Ok(Some(false)),
        (None, number) => {
            let digits = number.strip_prefix('-').unwrap_or(number);
            let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_whole {
                Ok(Some(digits.bytes().any(|byte| byte != b'0')))
            } else {
                Err(Refusal::Unreadable)
            }
        }
        (Some(_), _) => Err(Refusal::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(body: &str) -> Result<Update, Refusal> {
        Update::read(body.as_bytes())
    }

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn bodies() {
        assert_eq!(update(r#"{"value":1}"#).unwrap().value, Some(Some(json("1"))));
        assert_eq!(update(r#"{"value":null,"updateValue":true}"#).unwrap().value, Some(None));
        assert_eq!(update(r#"{"value":null}"#).unwrap(), Update::default());
        assert_eq!(update(r#"{"lock":true,"more":[1]}"#).unwrap().lock, Some(true));
        for (text, lock) in [
            ("true", Some(true)),
            (r#""true""#, Some(true)),
            (r#""False""#, Some(false)),
            ("1", Some(true)),
            ("-7", Some(true)),
            ("0", Some(false)),
            ("null", None),
            (r#""""#, None),
        ] {
            assert_eq!(update(&format!("{{\"lock\":{text}}}")).unwrap().lock, lock, "{text}");
        }
        for bad in [
            r#"{"lock":1.0}"#,
            r#"{"lock":[]}"#,
            r#"{"updateValue":1}"#,
            r#"{"value":"\ud800"}"#,
            r#"{"value":{"a":"\ud800"}}"#,
        ] {
            assert_eq!(update(bad), Err(Refusal::Unreadable), "{bad}");
        }
    }
}

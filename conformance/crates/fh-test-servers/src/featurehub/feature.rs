//! Features as the server sends them.
use serde_json::{Map, Value, json};

/// One feature state: the members of its JSON object, stored as they were given.
///
/// The constructors write the same members as a real server: id, key, `l`, version 1, type, value and an
/// empty list of strategies. Any other object, valid or not, is created from JSON:
///
/// ```
/// use fh_test_servers::featurehub::Feature;
/// use serde_json::json;
///
/// let flag = Feature::boolean("DARK_MODE", true).version(7).locked();
/// assert_eq!(flag.json()["l"], json!(true));
///
/// // No id, no version, no `l`: sent exactly like this.
/// let odd = Feature::from(json!({"key": "ODD", "type": "STRING", "value": 12}));
/// assert_eq!(odd.json().as_object().map(|members| members.len()), Some(3));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    members: Map<String, Value>,
}

impl Feature {
    /// Returns a feature of type BOOLEAN.
    pub fn boolean(key: &str, value: bool) -> Self {
        Self::new(key, "BOOLEAN", Value::Bool(value))
    }

    /// Returns a feature of type STRING.
    pub fn string(key: &str, value: &str) -> Self {
        Self::new(key, "STRING", Value::from(value))
    }

    /// Returns a feature of type NUMBER.
    pub fn number(key: &str, value: f64) -> Self {
        Self::new(key, "NUMBER", number(value))
    }

    /// Returns a feature of type JSON, whose value is JSON text.
    pub fn json_text(key: &str, value: &str) -> Self {
        Self::new(key, "JSON", Value::from(value))
    }

    /// Returns a feature without a value in this environment: version 0, neither `value` nor `strategies`. `kind` is `STRING`, `NUMBER` or
    /// `JSON`.
    pub fn without_value(key: &str, kind: &str) -> Self {
        let mut feature = Self::new(key, kind, Value::Null).version(0);
        feature.members.remove("strategies");
        feature
    }

    fn new(key: &str, kind: &str, value: Value) -> Self {
        let mut feature = Self { members: Map::new() };
        feature.set("id", Value::String(id_of(key)));
        feature.set("key", Value::from(key));
        feature.set("l", Value::Bool(false));
        feature.set("version", json!(1));
        feature.set("type", Value::from(kind));
        feature.set("strategies", json!([]));
        feature.set("value", value);
        feature
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.set("version", json!(version));
        self
    }

    /// Sets the id. By default the id is derived from the key, so that it is the same in each run.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.set("id", Value::from(id));
        self
    }

    /// Locks the feature.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.set("l", Value::Bool(true));
        self
    }

    /// Sets the strategies, a JSON array.
    #[must_use]
    pub fn strategies(mut self, strategies: Value) -> Self {
        self.set("strategies", strategies);
        self
    }

    /// Sets the properties (`fp`), which only keys with the permission for extended data see.
    #[must_use]
    pub fn properties(mut self, properties: Value) -> Self {
        self.set("fp", properties);
        self
    }

    /// Sets any member to any value. Null removes the member.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// Returns the object as it is stored. API keys of both kinds see less of it.
    pub fn json(&self) -> Value {
        Value::Object(self.members.clone())
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        self.members.get(name).unwrap_or(&Value::Null)
    }

    /// Sets a member. Null removes it, because a server leaves null members out.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if value.is_null() {
            self.members.remove(name);
        } else {
            self.members.insert(name.to_owned(), value);
        }
    }

    pub(crate) fn key(&self) -> &str {
        self.get("key").as_str().unwrap_or_default()
    }

    pub(crate) fn kind(&self) -> &str {
        self.get("type").as_str().unwrap_or_default()
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.get("l").as_bool().unwrap_or(false)
    }

    pub(crate) fn current_version(&self) -> u64 {
        self.get("version").as_u64().unwrap_or(0)
    }

    pub(crate) fn raise_version(&mut self) -> u64 {
        let version = self.current_version().saturating_add(1);
        self.set("version", json!(version));
        // The feature has a value record now, and a value record has a list of strategies.
        if self.get("strategies").is_null() {
            self.set("strategies", json!([]));
        }
        version
    }

    /// Returns the state that is sent when a feature is deleted permanently: it has no value record.
    pub(crate) fn tombstone(&self) -> Self {
        let mut feature = self.clone();
        feature.members.retain(|name, _| matches!(name.as_str(), "id" | "key" | "type"));
        feature.set("l", Value::Bool(false));
        feature.set("version", json!(0));
        feature
    }

    /// Returns a new feature with the type of the value. Objects and lists become JSON text.
    pub(crate) fn of_value(key: &str, value: Value) -> Self {
        match value {
            Value::Bool(flag) => Self::boolean(key, flag),
            Value::Number(_) => Self::new(key, "NUMBER", value),
            Value::Null | Value::String(_) => Self::new(key, "STRING", value),
            Value::Array(_) | Value::Object(_) => Self::json_text(key, &value.to_string()),
        }
    }
}

/// Takes a JSON object unchanged. Any other value becomes a feature without members. A script can send it, but it has no key by which it
/// could be found.
impl From<Value> for Feature {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => Self { members },
            _ => Self { members: Map::new() },
        }
    }
}

/// Returns a JSON number. Whole numbers are written without a fraction.
pub(crate) fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "compared with the original")]
    let whole = value as i64;
    #[expect(clippy::cast_precision_loss, reason = "it is the comparison that matters")]
    if whole as f64 == value && whole.unsigned_abs() < 1 << 53 {
        Value::from(whole)
    } else {
        json!(value)
    }
}

/// Returns a UUID that depends on the key only.
fn id_of(key: &str) -> String {
    let digits = format!("{:032x}", crate::featurehub::etag::fnv(key.as_bytes()));
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

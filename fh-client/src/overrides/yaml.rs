//! Overrides from a local YAML file.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use fh_eval::{Kind, Number, Value};
use fh_files::{Content, Node, quoted};
use fh_repository::{Flow, InterceptedRead, Interceptor, OverrideChanges};

use super::yaml_file::{FlagValues, YamlProblem, usual_yaml_path};
use super::yaml_watch::{WatchedFile, YamlWatch};

/// Overrides from a local YAML file.
///
/// ```yaml
/// flagValues:
///   NEW_CHECKOUT: true
///   GREETING: "some text"
///   PRICE: 17.30
///   LAYOUT: { columns: 3 }   # or a text that holds JSON
///   NOTHING:
/// ```
///
/// The file is YAML 1.2 with the core schema, in which `true` and `false` are booleans, but `yes`, `on` and `NO` are texts.
/// Decimal numbers such as `17.30` keep their digits. A value is converted to the type of the feature that it overrides:
///
/// | type of the feature | converted value |
/// |---|---|
/// | BOOLEAN | a boolean as it is; `true` for the text `true` in any case; otherwise `false`, also for null |
/// | NUMBER | a number as it is; a text that is a decimal number; otherwise no value |
/// | STRING | text, number or boolean as text; no value for lists and maps |
/// | JSON | the value as JSON; a text that is JSON as it is, any other text as a JSON string |
/// | no such feature, or an unknown type | the value as it is, lists and maps as JSON |
///
/// Null means "no value", except for a BOOLEAN feature, for which null means `false`. Locked features are not overridden,
/// unless the interceptor is registered with another [`LockPolicy`](fh_repository::LockPolicy).
///
/// If the file cannot be used when it is opened, for example because it is missing or invalid, no feature is overridden, and
/// [`Self::problem`] returns the reason. [`Self::watch`] makes later changes of the file take effect. If the file becomes
/// invalid or is deleted while it is watched, the last valid values stay in use. To remove all overrides while the file is
/// watched, write `flagValues: {}` to the file.
///
/// Clones are handles of the same overrides.
///
/// ```
/// use fh_client::overrides::{WATCH_INTERVAL, YamlOverrides};
/// use fh_client::{Client, LockPolicy};
/// let overrides = YamlOverrides::open("no-such-file.yaml");
/// assert!(overrides.problem().is_some_and(|problem| problem.is_missing()));
/// let client = Client::offline().interceptor(overrides.clone(), LockPolicy::Respect).start()?;
/// // The closure holds a weak handle, because a handle of the client would keep the client running.
/// let weak = client.downgrade();
/// let _watch = overrides.watch(WATCH_INTERVAL, move || {
///     if let Some(client) = weak.upgrade() {
///         client.overrides_changed();
///     }
/// });
/// # Ok::<(), fh_client::StartError>(())
/// ```
#[derive(Clone)]
pub struct YamlOverrides {
    file: Arc<WatchedFile>,
    flags: Arc<Flags>,
    /// The interval of the watches that begin when the interceptor is registered; `None` if there are none.
    interval: Option<Duration>,
    /// The watches that began when the interceptor was registered.
    watches: Arc<Mutex<Vec<YamlWatch>>>,
}

/// The last valid values of the file, by feature key.
type Flags = ArcSwap<HashMap<Box<str>, Flag>>;

impl YamlOverrides {
    /// Reads the file at this path. If the file cannot be used, for example because it is missing, invalid or larger than 4
    /// MiB, no feature is overridden, and [`Self::problem`] returns the reason.
    #[must_use]
    pub fn open(path: impl Into<PathBuf>) -> Self {
        let (file, values) = WatchedFile::open(path.into());
        Self::new(file, Arc::new(flags(&values)), None)
    }

    fn new(
        file: WatchedFile,
        values: Arc<HashMap<Box<str>, Flag>>,
        interval: Option<Duration>,
    ) -> Self {
        let flags = Arc::new(ArcSwap::new(values));
        Self { file: Arc::new(file), flags, interval, watches: Arc::default() }
    }

    /// Watches the file, as [`Self::watch`] does, from the registration of the interceptor with a client until the interceptor is closed. The
    /// client's change listeners are notified of the new values. A client that is started anew in a forked child process
    /// ([`Client::after_fork`](crate::Client::after_fork)) watches the file with a thread of its own.
    ///
    /// ```
    /// use fh_client::overrides::{WATCH_INTERVAL, YamlOverrides};
    /// use fh_client::{Client, LockPolicy};
    /// let overrides = YamlOverrides::open("no-such-file.yaml").watching(WATCH_INTERVAL);
    /// let client = Client::offline().interceptor(overrides, LockPolicy::Respect).start()?;
    /// # Ok::<(), fh_client::StartError>(())
    /// ```
    #[must_use]
    pub const fn watching(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Reads the file at the path that [`usual_yaml_path`] returns; see [`Self::open`].
    #[must_use]
    pub fn open_usual() -> Self {
        Self::open(usual_yaml_path())
    }

    /// Returns the reason why the version of the file that was read last is not in use, or `None` if that version is in use.
    #[must_use]
    pub fn problem(&self) -> Option<YamlProblem> {
        self.file.problem()
    }

    /// Watches the file and applies its changes, until the returned guard is dropped or the interceptor is closed.
    ///
    /// A thread checks the file's times, size and inode number at each `interval`; the usual interval is
    /// [`WATCH_INTERVAL`](super::WATCH_INTERVAL). A changed file is read once two checks in a row find the same times, size and
    /// inode number, so that a half-written file is seldom read. After the thread has applied a new valid content, it calls
    /// `on_change`. The function `on_change` should call [`Client::overrides_changed`](crate::Client::overrides_changed), so
    /// that change listeners are notified of the new values. If the thread cannot be started, a warning is logged.
    pub fn watch(&self, interval: Duration, on_change: impl Fn() + Send + 'static) -> YamlWatch {
        let flags_of = Arc::clone(&self.flags);
        WatchedFile::watch(&self.file, interval, move |values| {
            flags_of.store(Arc::new(flags(values)));
            on_change();
        })
    }
}

impl fmt::Debug for YamlOverrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.flags.load();
        let mut keys: Vec<_> = flags.keys().collect();
        keys.sort_unstable();
        f.debug_struct("YamlOverrides")
            .field("path", &self.file.path())
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

impl Interceptor for YamlOverrides {
    fn name(&self) -> &str {
        "local-yaml"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        let kind = ask.feature.and_then(|feature| feature.kind());
        match self.flags.load().get(ask.key) {
            Some(flag) => Flow::Override(flag.value(kind)),
            None => Flow::Continue,
        }
    }

    fn registered(&self, changes: &OverrideChanges) {
        let Some(interval) = self.interval else { return };
        let changes = changes.clone();
        let watch = self.watch(interval, move || changes.notify());
        self.watches.lock().unwrap_or_else(PoisonError::into_inner).push(watch);
    }

    fn close(&self) {
        self.file.close();
    }

    /// Returns overrides from the same file, which begin with the values of these overrides. The child has no thread that watches the file for
    /// [`Self::watch`].
    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        let file = WatchedFile::of_parent(self.file.path());
        Some(Arc::new(Self::new(file, self.flags.load_full(), self.interval)))
    }
}

fn flags(values: &FlagValues) -> HashMap<Box<str>, Flag> {
    values.by_key(Flag::of)
}

/// One value of the file, converted in advance to each type that a feature can have. A field is `None` if the value cannot be
/// converted to the type of that field.
#[derive(Debug)]
struct Flag {
    unknown: Option<Value>,
    boolean: bool,
    number: Option<Number>,
    string: Option<Arc<str>>,
    json: Option<Arc<str>>,
}

impl Flag {
    fn of(node: &Node) -> Self {
        let json = || -> Arc<str> { node.to_json().into() };
        match &node.content {
            Content::Null => {
                Self { unknown: None, boolean: false, number: None, string: None, json: None }
            }
            Content::Bool(value) => Self {
                unknown: Some(Value::Bool(*value)),
                boolean: *value,
                number: None,
                string: Some(json()),
                json: Some(json()),
            },
            Content::Number(digits) => {
                let number = Number::parse(digits);
                Self {
                    unknown: number.clone().map(Value::Number),
                    boolean: false,
                    number,
                    string: Some(json()),
                    json: Some(json()),
                }
            }
            Content::Text(text) => {
                let shared: Arc<str> = (&**text).into();
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
                Self {
                    unknown: Some(Value::Text(Arc::clone(&shared))),
                    boolean: text.eq_ignore_ascii_case("true"),
                    number: Number::parse(text),
                    json: Some(if is_json { Arc::clone(&shared) } else { quoted(text).into() }),
                    string: Some(shared),
                }
            }
            Content::List(_) | Content::Map(_) => {
                let json = json();
                Self {
                    unknown: Some(Value::Json(Arc::clone(&json))),
                    boolean: false,
                    number: None,
                    string: None,
                    json: Some(json),
                }
            }
        }
    }

    /// Returns the value for a feature of this type, or for an unknown feature if `kind` is `None`. Returns `None` if the value
    /// cannot be converted to the type.
    fn value(&self, kind: Option<Kind>) -> Option<Value> {
        match kind {
            None => self.unknown.clone(),
            Some(Kind::Boolean) => Some(Value::Bool(self.boolean)),
            Some(Kind::Number) => self.number.clone().map(Value::Number),
            Some(Kind::Json) => self.json.clone().map(Value::Json),
            Some(_) => self.string.clone().map(Value::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(yaml: &str, kind: Option<Kind>) -> String {
        let node = Node::parse(yaml, &fh_files::Limits::default()).unwrap();
        match Flag::of(&node).value(kind) {
            None => "-".to_owned(),
            Some(Value::Bool(value)) => format!("bool {value}"),
            Some(Value::Number(number)) => format!("number {}", number.as_str()),
            Some(Value::Text(text)) => format!("text {text}"),
            Some(json) => format!("json {json}"),
        }
    }

    /// Every kind of value, as the local YAML file of the published SDKs reads it.
    #[test]
    fn values_are_converted_to_the_type_of_the_feature() {
        #[rustfmt::skip]
        let table = [
            // value          BOOLEAN       NUMBER           STRING            JSON                  no such feature
            ("",              "bool false", "-",             "-",              "-",                  "-"),
            ("true",          "bool true",  "-",             "text true",      "json true",          "bool true"),
            ("false",         "bool false", "-",             "text false",     "json false",         "bool false"),
            ("\"TRUE\"",      "bool true",  "-",             "text TRUE",      "json \"TRUE\"",      "text TRUE"),
            ("'true'",        "bool true",  "-",             "text true",      "json true",          "text true"),
            ("yes",           "bool false", "-",             "text yes",       "json \"yes\"",       "text yes"),
            ("NO",            "bool false", "-",             "text NO",        "json \"NO\"",        "text NO"),
            ("17.30",         "bool false", "number 17.30",  "text 17.30",     "json 17.30",         "number 17.30"),
            ("+.5",           "bool false", "number 0.5",    "text 0.5",       "json 0.5",           "number 0.5"),
            ("0",             "bool false", "number 0",      "text 0",         "json 0",             "number 0"),
            ("9007199254740993", "bool false", "number 9007199254740993", "text 9007199254740993",
                              "json 9007199254740993", "number 9007199254740993"),
            ("'17.30'",       "bool false", "number 17.30",  "text 17.30",     "json 17.30",         "text 17.30"),
            ("'1'",           "bool false", "number 1",      "text 1",         "json 1",             "text 1"),
            ("some text",     "bool false", "-",             "text some text", "json \"some text\"", "text some text"),
            ("''",            "bool false", "-",             "text ",          "json \"\"",          "text "),
            (".inf",          "bool false", "-",             "text .inf",      "json \".inf\"",      "text .inf"),
            ("{a: 1, b: []}", "bool false", "-",             "-",              "json {\"a\":1,\"b\":[]}", "json {\"a\":1,\"b\":[]}"),
            ("[true, ~]",     "bool false", "-",             "-",              "json [true,null]",   "json [true,null]"),
            ("'{\"a\": 1}'",  "bool false", "-",             "text {\"a\": 1}", "json {\"a\": 1}",   "text {\"a\": 1}"),
            ("'{\"a\": '",    "bool false", "-",             "text {\"a\": ",  "json \"{\\\"a\\\": \"", "text {\"a\": "),
            ("'null'",        "bool false", "-",             "text null",      "json null",          "text null"),
        ];
        for (yaml, boolean, number, string, json, unknown) in table {
            for (kind, expected) in [
                (Some(Kind::Boolean), boolean),
                (Some(Kind::Number), number),
                (Some(Kind::String), string),
                (Some(Kind::Json), json),
                (None, unknown),
            ] {
                assert_eq!(shown(yaml, kind), expected, "{yaml:?} as {kind:?}");
            }
        }
    }
}

//! Overrides from environment variables.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::Value;
use fh_session::{Flow, InterceptedRead, Interceptor};

/// The variable that switches all overrides on. Its value must be exactly `true`.
const SWITCH: &str = "FEATUREHUB_OVERRIDE_FEATURES";
const PREFIX: &str = "FEATUREHUB_";
/// The further prefix of the long form.
const LONG: &str = "FEATURE_";

/// The names (without the prefix) of variables that configure SDKs and examples (sdk-behaviour 5.6). In the short form they
/// override nothing.
const CONFIGURATION: &[&str] = &[
    "ACCEPT_BAGGAGE",
    "API_KEY",
    "BACKOFF_RESET_THRESHOLD",
    "BACKOFF_RETRY_LIMIT",
    "CLIENT_API_KEY",
    "DELAY_RETRY_MS",
    "EDGE_URL",
    "LOCAL_YAML",
    "MEMCACHE_STORE",
    "OTEL_ALLOW_LOCKED_OVERRIDE",
    "OTEL_SPAN_AS_EVENTS",
    "OVERRIDE_FEATURES",
    "POLLING_INTERVAL",
    "POLLING_PASSIVE",
    "POLL_HTTP_TIMEOUT",
    "POLL_INTERVAL",
    "POLL_TIMEOUT",
    "REDIS_POLL_INTERVAL",
    "REDIS_STORE",
    "REDIS_URL",
    "SERVER_API_KEY",
    "USAGE_SEGMENT_WRITE_KEY",
];

/// Overrides from environment variables, in the forms of the published SDKs (sdk-behaviour 2.8).
///
/// Only `FEATUREHUB_OVERRIDE_FEATURES=true` enables them. Then the feature `KEY` is overridden by the first of these variables
/// that is set:
///
/// 1. `FEATUREHUB_FEATURE_KEY`, which has no other meaning.
/// 2. `FEATUREHUB_KEY`, the form of published SDKs. Names that configure an SDK (`FEATUREHUB_EDGE_URL`, `FEATUREHUB_API_KEY` and
///    the like) override nothing: a feature called `EDGE_URL` needs the long form.
///
/// A space in a feature's key is `_` in the variable's name. Upper and lower case are kept. If a feature's key begins with
/// `FEATURE_`, one variable can name two features: `FEATUREHUB_FEATURE_TITLE` overrides `FEATURE_TITLE` and `TITLE`.
///
/// The value is the variable's text, converted to the feature's type when the feature is read: `true` and `false` in any case,
/// decimal numbers, JSON documents. A text that cannot be converted (such as an empty text for a BOOLEAN) is ignored with a
/// notice. Locked features are not overridden, unless the interceptor is registered with another
/// [`LockPolicy`](fh_session::LockPolicy).
///
/// The environment is read once, when this value is made (D-78). Variables that are not Unicode are ignored.
///
/// ```
/// use fh_client::overrides::EnvironmentOverrides;
/// let variables = [("FEATUREHUB_OVERRIDE_FEATURES", "true"), ("FEATUREHUB_FEATURE_NEW_CHECKOUT", "true")];
/// let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
/// assert_eq!(overrides.text("NEW_CHECKOUT"), Some("true"));
/// ```
pub struct EnvironmentOverrides {
    /// Overrides of the long form, by the rest of the name after its prefix.
    long: HashMap<Box<str>, Arc<str>>,
    /// Overrides of the short form, by the rest of the name after its prefix.
    short: HashMap<Box<str>, Arc<str>>,
}

impl EnvironmentOverrides {
    /// Reads this process's environment. Returns `None` unless it enables overrides.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let variables = std::env::vars_os();
        Self::from_variables(variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// Reads variables from another source, by the same rules.
    #[must_use]
    pub fn from_variables<N: AsRef<str>, V: AsRef<str>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Option<Self> {
        let mut is_on = false;
        let mut overrides = Self { long: HashMap::new(), short: HashMap::new() };
        for (name, value) in variables {
            let (name, value) = (name.as_ref(), value.as_ref());
            is_on |= name == SWITCH && value == "true";
            let Some(name) = name.strip_prefix(PREFIX).filter(|name| !name.is_empty()) else {
                continue;
            };
            if CONFIGURATION.contains(&name) {
                continue;
            }
            let value: Arc<str> = value.into();
            if let Some(key) = name.strip_prefix(LONG).filter(|key| !key.is_empty()) {
                overrides.long.insert(key.into(), Arc::clone(&value));
            }
            overrides.short.insert(name.into(), value);
        }
        is_on.then_some(overrides)
    }

    /// Returns the text that overrides a feature, if there is one.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.find(key).map(|text| &**text)
    }

    fn find(&self, key: &str) -> Option<&Arc<str>> {
        let name = match key.contains(' ') {
            true => Cow::Owned(key.replace(' ', "_")),
            false => Cow::Borrowed(key),
        };
        self.long.get(&*name).or_else(|| self.short.get(&*name))
    }
}

impl fmt::Debug for EnvironmentOverrides {
    /// Writes names only, because values of environment variables may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.short.keys().collect();
        names.sort();
        f.debug_struct("EnvironmentOverrides").field("names", &names).finish()
    }
}

impl Interceptor for EnvironmentOverrides {
    fn name(&self) -> &str {
        "environment"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        match self.find(ask.key) {
            Some(text) => Flow::Override(Some(Value::Text(Arc::clone(text)))),
            None => Flow::Continue,
        }
    }
}

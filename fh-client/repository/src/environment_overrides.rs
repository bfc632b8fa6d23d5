//! Overrides from the names and values of environment variables.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::Value;

use crate::intercept::{Flow, InterceptedRead, Interceptor};

/// The variable that enables all overrides. Its value must be exactly `true`.
const SWITCH: &str = "FEATUREHUB_OVERRIDE_FEATURES";
const PREFIX: &str = "FEATUREHUB_";
/// The prefix that follows `FEATUREHUB_` in the long form of a variable's name.
const LONG: &str = "FEATURE_";

/// The names, without `FEATUREHUB_`, of variables that configure SDKs and examples. These variables
/// override no feature.
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

/// Overrides from environment variables, in the forms of the published SDKs.
///
/// The overrides have an effect only if `FEATUREHUB_OVERRIDE_FEATURES` is `true`. The feature `KEY` is then overridden by the
/// first of these variables that is set:
///
/// 1. `FEATUREHUB_FEATURE_KEY`, the long form. No variable of this form configures an SDK.
/// 2. `FEATUREHUB_KEY`, the short form, which the published SDKs use. Variables that configure an SDK, such as
///    `FEATUREHUB_EDGE_URL` and `FEATUREHUB_API_KEY`, override no feature. Therefore a feature called `EDGE_URL` needs the long
///    form.
///
/// A space in a feature's key becomes `_` in the variable's name. Upper and lower case must be the same in the key and in the
/// name. If a feature's key begins with `FEATURE_`, one variable can name two features: `FEATUREHUB_FEATURE_TITLE` overrides
/// `FEATURE_TITLE` and `TITLE`.
///
/// The variable's text is converted to the feature's type when the feature is read. A BOOLEAN accepts `true` and `false` in any case, a
/// NUMBER accepts a decimal number, and a JSON feature accepts a JSON document. A text that cannot be converted (such as an empty text for
/// a BOOLEAN) is ignored, and the repository reports a notice, at most once for each feature. Locked features are not overridden, unless
/// the interceptor is registered with another policy than [`LockPolicy::Respect`](crate::LockPolicy::Respect).
///
/// This type reads no environment variable itself: the caller passes the names and values of variables. `fh-client` has a function that
/// reads the variables of the process.
///
/// ```
/// use fh_repository::EnvironmentOverrides;
/// let variables = [("FEATUREHUB_OVERRIDE_FEATURES", "true"), ("FEATUREHUB_FEATURE_NEW_CHECKOUT", "true")];
/// let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
/// assert_eq!(overrides.text("NEW_CHECKOUT"), Some("true"));
/// ```
pub struct EnvironmentOverrides {
    /// The texts of variables in the long form, by the part of the name after `FEATUREHUB_FEATURE_`.
    long: HashMap<Box<str>, Arc<str>>,
    /// The texts of the variables, including those in the long form, by the part of the name after `FEATUREHUB_`.
    short: HashMap<Box<str>, Arc<str>>,
}

impl EnvironmentOverrides {
    /// Reads the overrides from the names and values of variables. Returns `None` unless `FEATUREHUB_OVERRIDE_FEATURES` is
    /// `true`.
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

    /// Returns the text that overrides the feature with this key, or `None` if no variable overrides it.
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
    /// Writes only the names of the variables, without `FEATUREHUB_`, because their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.short.keys().map(|name| &**name).collect();
        names.sort_unstable();
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

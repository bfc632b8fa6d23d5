//! Overrides from environment variables.

use std::fmt;

use fh_repository::{Flow, InterceptedRead, Interceptor};

/// Overrides from environment variables, in the forms of the published SDKs (sdk-behaviour 2.8).
///
/// [`fh_repository::EnvironmentOverrides`] describes which variable overrides which feature, and how its text is converted to the feature's type.
///
/// The environment variables are read once, when this value is created (D-78). Variables that are not Unicode are ignored.
///
/// ```
/// use fh_client::overrides::EnvironmentOverrides;
/// let variables = [("FEATUREHUB_OVERRIDE_FEATURES", "true"), ("FEATUREHUB_FEATURE_NEW_CHECKOUT", "true")];
/// let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
/// assert_eq!(overrides.text("NEW_CHECKOUT"), Some("true"));
/// ```
pub struct EnvironmentOverrides(fh_repository::EnvironmentOverrides);

impl EnvironmentOverrides {
    /// Reads the environment variables of this process. Returns `None` unless `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let variables = std::env::vars_os();
        Self::from_variables(variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// Reads the overrides from the names and values of variables, as [`Self::from_environment`] does for those of the process.
    /// Returns `None` unless `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
    #[must_use]
    pub fn from_variables<N: AsRef<str>, V: AsRef<str>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Option<Self> {
        fh_repository::EnvironmentOverrides::from_variables(variables).map(Self)
    }

    /// Returns the text that overrides the feature with this key, or `None` if no variable overrides it.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.text(key)
    }
}

impl fmt::Debug for EnvironmentOverrides {
    /// Writes only the names of the variables, because their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentOverrides").field("names", &self.0.names()).finish()
    }
}

impl Interceptor for EnvironmentOverrides {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        self.0.intercept(ask)
    }
}

//! Overrides from the environment variables of the process.

use fh_repository::EnvironmentOverrides;

/// Returns the overrides from the environment variables of this process, or `None` unless
/// `FEATUREHUB_OVERRIDE_FEATURES` is `true`. The variables are read once, at this call. Variables that are not Unicode
/// are ignored.
///
/// ```
/// use fh_client::LockPolicy;
/// use fh_client::overrides::environment_overrides;
///
/// # let edge = fh_client::testing::MemoryEdge::new();
/// let mut builder = edge.client();
/// if let Some(overrides) = environment_overrides() {
///     builder = builder.interceptor(overrides, LockPolicy::Respect);
/// }
/// let client = builder.start()?;
/// # Ok::<(), fh_client::StartError>(())
/// ```
#[must_use]
pub fn environment_overrides() -> Option<EnvironmentOverrides> {
    let variables = std::env::vars_os();
    EnvironmentOverrides::from_variables(
        variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }),
    )
}

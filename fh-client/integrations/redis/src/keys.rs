//! The names of an environment's keys in Redis.

/// The two Redis keys of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The Redis key that holds the JSON list of features.
    pub(crate) list: String,
    /// The Redis key that holds the digest of the list.
    pub(crate) digest: String,
}

impl Keys {
    pub(crate) fn of(prefix: &str, environment: &str) -> Self {
        let list = format!("{prefix}_{environment}");
        Self { digest: format!("{list}_sha"), list }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_names_that_published_sdks_use() {
        let keys = Keys::of("featurehub", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac");
        assert_eq!(keys.list, "featurehub_71ed3c04-122b-4312-9ea8-06b2b8d6ceac");
        assert_eq!(keys.digest, "featurehub_71ed3c04-122b-4312-9ea8-06b2b8d6ceac_sha");
    }
}

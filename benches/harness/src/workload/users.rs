use crate::workload::Version;
use crate::workload::generate::{COUNTRIES, HOME, HOME_VERSION, LAST_TEAM, mix};

/// A user with five attributes.
#[derive(Debug, Clone)]
pub struct User {
    /// 13 characters.
    pub userkey: String,
    /// A FeatureHub country name.
    pub country: &'static str,
    /// The version as text, as applications have it.
    pub version: String,
    /// The version as a number, for engines without a version type.
    pub version_number: String,
    /// The version as three numbers.
    pub parsed_version: Version,
    /// An address that ends with `@team-NN.example.com`.
    pub email: String,
    /// Not used by any rule, because real contexts also have such attributes.
    pub plan: &'static str,
}

/// Returns the 256 users. Timings use the first one. Its country and version satisfy every condition of the ten-rule flags,
/// its e-mail address only that of the last rule.
#[must_use]
pub fn users() -> Vec<User> {
    (0..256u32)
        .map(|i| {
            let parsed_version = match i % 5 {
                0 => HOME_VERSION,
                n => Version(n * 2 - 1, mix(u64::from(i)) as u32 % 40, i % 7),
            };
            User {
                userkey: format!("user-{:08}", mix(u64::from(i) + 7000) % 100_000_000),
                country: match i % 3 {
                    0 => HOME,
                    _ => COUNTRIES[mix(u64::from(i) + 500) as usize % COUNTRIES.len()],
                },
                version: parsed_version.to_string(),
                version_number: parsed_version.number().to_string(),
                parsed_version,
                email: format!(
                    "user{i:03}@team-{:02}.example.com",
                    (u32::from(LAST_TEAM) + 5 * (i / 2)) % 12
                ),
                plan: ["pro", "free", "team"][i as usize % 3],
            }
        })
        .collect()
}

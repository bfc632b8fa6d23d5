//! The names of members in FeatureHub's JSON (evaluation 1). Parsers and writers of this JSON share these constants.

/// Id of an environment, a feature, a strategy or a rule.
pub const ID: &str = "id";
/// The list of features of an environment.
pub const FEATURES: &str = "features";

// A feature.
/// Key of a feature.
pub const KEY: &str = "key";
/// The boolean member that is true if a feature is locked.
pub const LOCKED: &str = "l";
/// Version of a feature's value.
pub const VERSION: &str = "version";
/// Type of a feature's value, or of a rule's values.
pub const TYPE: &str = "type";
/// Value of a feature or a strategy.
pub const VALUE: &str = "value";
/// The list of strategies of a feature.
pub const STRATEGIES: &str = "strategies";
/// The properties of a feature, which only keys with the permission `EXTENDED_DATA` receive.
pub const PROPERTIES: &str = "fp";
/// Id of the strategy that matched when an Edge evaluated a feature.
pub const APPLIED: &str = "v";
/// Id of a feature's environment. Stores and webhooks send it; an Edge leaves it out (edge-protocol 2.6).
pub const ENVIRONMENT: &str = "environmentId";

// A strategy.
/// Percentage of a strategy: 1,000,000 is 100 %.
pub const PERCENTAGE: &str = "percentage";
/// The names of the attributes that make up the percentage key.
pub const PERCENTAGE_ATTRIBUTES: &str = "percentageAttributes";
/// The list of rules of a strategy.
pub const RULES: &str = "attributes";

// A rule.
/// The conditional of a rule.
pub const CONDITIONAL: &str = "conditional";
/// The name of the attribute that a rule reads.
pub const FIELD: &str = "fieldName";
/// The list of values of a rule.
pub const VALUES: &str = "values";

/// The members of a strategy that a server sends to SDKs (edge-protocol 9.2).
pub const OF_STRATEGY: [&str; 5] = [ID, PERCENTAGE, PERCENTAGE_ATTRIBUTES, VALUE, RULES];
/// The members of a rule that a server sends to SDKs (edge-protocol 9.2).
pub const OF_RULE: [&str; 4] = [CONDITIONAL, FIELD, VALUES, TYPE];

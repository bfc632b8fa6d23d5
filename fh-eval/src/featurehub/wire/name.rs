//! The names of members in FeatureHub's JSON. Parsers and writers of this JSON share these constants.

/// Name of the member with the id of an environment, a feature, a strategy or a rule.
pub const ID: &str = "id";
/// Name of the member with the list of features of an environment.
pub const FEATURES: &str = "features";

// A feature.
/// Name of the member with the key of a feature.
pub const KEY: &str = "key";
/// Name of the boolean member that is true if a feature is locked.
pub const LOCKED: &str = "l";
/// Name of the member with the version of a feature's value.
pub const VERSION: &str = "version";
/// Name of the member with the type of a feature's value, or with the type of a rule's values.
pub const TYPE: &str = "type";
/// Name of the member with a value of a feature: in a feature, the value if no strategy matches; in a strategy, the
/// value if this strategy matches.
pub const VALUE: &str = "value";
/// Name of the member with the list of strategies of a feature.
pub const STRATEGIES: &str = "strategies";
/// Name of the member with the properties of a feature. A server sends this member only to keys with the permission
/// `EXTENDED_DATA`.
pub const PROPERTIES: &str = "fp";
/// Name of the member with the id of the strategy that matched when an Edge evaluated a feature.
pub const APPLIED: &str = "v";
/// Name of the member with the id of a feature's environment. Stores and webhooks send this member; an Edge leaves it
/// out.
pub const ENVIRONMENT: &str = "environmentId";

// A strategy.
/// Name of the member with the percentage of a strategy, where 1,000,000 is 100 %.
pub const PERCENTAGE: &str = "percentage";
/// Name of the member with the names of the attributes that make up a strategy's percentage key.
pub const PERCENTAGE_ATTRIBUTES: &str = "percentageAttributes";
/// Name of the member with the list of rules of a strategy.
pub const RULES: &str = "attributes";

// A rule.
/// Name of the member with the operator by which a rule compares an attribute with the rule's values, such as `EQUALS`.
pub const CONDITIONAL: &str = "conditional";
/// Name of the member with the name of the attribute that a rule reads.
pub const FIELD: &str = "fieldName";
/// Name of the member with the list of values that a rule compares with an attribute.
pub const VALUES: &str = "values";

/// Names of the members of a strategy that a server sends to SDKs.
pub const OF_STRATEGY: [&str; 5] = [ID, PERCENTAGE, PERCENTAGE_ATTRIBUTES, VALUE, RULES];
/// Names of the members of a rule that a server sends to SDKs.
pub const OF_RULE: [&str; 4] = [CONDITIONAL, FIELD, VALUES, TYPE];

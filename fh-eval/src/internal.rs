//! Items that serve other crates of this project, their tests and the fuzz targets. They may change in any release.

pub use crate::attributes::names_hash;
pub use crate::featurehub::can_match::can_match;
pub use crate::featurehub::compile::Compilation;
pub use crate::featurehub::conditionals::{Conditional, Relation, RuleType};
pub use crate::featurehub::visible_change::is_visible_change;
#[cfg(feature = "featuresignals")]
pub use crate::json::members_by_key;
pub use crate::json::{
    HTML_PAGE, Listed, Shape, TOO_DENSE, Token, compact, is_html_page, is_too_dense,
    lone_surrogates, members, mend, not_json, with_json_advice,
};
#[cfg(feature = "first-row")]
pub use crate::json::{Json, Tree};
pub use crate::spelling::closest;

/// The reader of FeatBit's messages.
#[cfg(feature = "featbit")]
pub mod featbit {
    pub use crate::featbit::compile::{Part, compile_accepted};
    pub use crate::featbit::document::segments;
    pub use crate::featbit::envelope::{Envelope, Lists, NoEnvelope};
}

/// Forecasts of rollouts: how many users match each strategy of a feature.
pub mod rollout {
    pub use crate::featurehub::rollout::*;
}

/// Parsers of the texts that rules compare, and regular expressions.
pub mod text {
    #[cfg(feature = "patterns")]
    pub use crate::text::pattern;
    pub use crate::text::{address, date, datetime, number, version};
}

/// The parts of FeatureHub's JSON, and their parsers.
pub mod wire {
    pub use crate::featurehub::wire::*;
}

//! FeatureHub's JSON: the names of its members ([`name`]), the parts of a feature, and the envelopes
//! around features. Values are kept as JSON text. Of a value in place of a list or an object, only the wrong shape is
//! recorded. [`Compiler`](super::Compiler) decides how to treat such a part.

mod envelope;
mod feature;
mod members;
pub mod name;

pub use super::member::UnknownMember;
pub use envelope::{Envelope, Identity, environments, features, list, one};
pub use feature::{Feature, Raw, Rule, Strategy, text};
pub use members::{FeatureMembers, write_member};

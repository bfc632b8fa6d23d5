//! A lenient reader of JSON. A part of the wrong shape is recorded as such instead of being an error.
//!
//! Values that may be numbers are kept as raw JSON, because serde_json's number type would lose digits. Its feature
//! `arbitrary_precision` would change serde_json for the whole program, so this crate must not enable it.

mod escaped;
#[cfg(feature = "featuresignals")]
pub(crate) mod generic;
mod members;
mod not_json;
#[cfg(feature = "first-row")]
mod payload_text;
mod read;
#[cfg(feature = "first-row")]
mod record;
mod surrogate;
mod token;
#[cfg(feature = "first-row")]
mod tree;
mod weight;

pub use members::members;
#[cfg(feature = "featuresignals")]
pub use members::members_by_key;
pub(crate) use members::{Members, list, object};
pub use not_json::{HTML_PAGE, is_html_page, not_json, with_json_advice};
#[cfg(feature = "first-row")]
pub(crate) use payload_text::payload_text;
pub use read::Listed;
pub(crate) use read::{
    ListOr, MemberValue, Object, ObjectOr, read_elements, read_list, read_object, shapes,
};
#[cfg(feature = "featbit")]
pub(crate) use record::texts;
#[cfg(feature = "first-row")]
pub(crate) use record::{Record, owned_text, records};
#[cfg(feature = "featuresignals")]
pub(crate) use record::{optional_texts, texts_or_empty};
pub use surrogate::{lone_surrogates, mend};
pub use token::{Shape, Token, compact};
#[cfg(feature = "first-row")]
pub(crate) use tree::Elements;
#[cfg(feature = "first-row")]
pub use tree::{Json, Tree};
pub use weight::{TOO_DENSE, is_too_dense};

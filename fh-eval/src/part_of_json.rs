//! Texts that are parts of a feature's JSON, so that 100,000 features keep no copies of them.

use crate::predicate::Run;

/// A text of a feature: a part of its JSON, or a text of its own if the JSON writes it in another way.
#[derive(Debug)]
pub(crate) enum PartOfJson {
    At(Run),
    Own(Box<str>),
}

impl PartOfJson {
    /// No text.
    pub(crate) const NONE: Self = Self::At(Run { at: u32::MAX, len: 0 });

    /// Stores a text, which may lie in the memory of the JSON.
    pub(crate) fn of(text: Option<&str>, json: &str) -> Self {
        let Some(text) = text else { return Self::NONE };
        let at = (text.as_ptr() as usize).wrapping_sub(json.as_ptr() as usize);
        match json.get(at..at.wrapping_add(text.len())) {
            Some(_) if at < (u32::MAX / 2) as usize => {
                Self::At(Run { at: at as u32, len: text.len() as u32 })
            }
            _ => Self::Own(text.into()),
        }
    }

    /// Returns the same part of a JSON text that has this many bytes before it.
    #[cfg(feature = "featuresignals")]
    pub(crate) fn after(self, bytes: u32) -> Self {
        match self {
            Self::At(Run { at, len }) if at < u32::MAX => Self::At(Run { at: at + bytes, len }),
            other => other,
        }
    }

    /// Returns the text, with the JSON of the feature.
    pub(crate) fn text<'a>(&'a self, json: &'a str) -> Option<&'a str> {
        match self {
            Self::At(Run { at: u32::MAX, .. }) => None,
            Self::At(at) => Some(at.text(json)),
            Self::Own(text) => Some(text),
        }
    }
}

// A ruleset may have 100,000 features, of which each has such a detail.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<PartOfJson>() == 16);

//! The texts of names. The JSON of features may be a part of the message in which they arrived, which is then not copied.

use super::{Fixed, Growing, Storage};
use crate::predicate::Run;
#[cfg(not(target_arch = "wasm32"))]
use crate::shared_text::SharedText;

/// The JSON of features, and the names that are no part of it. Positions count from the beginning of the message, and then those of its own
/// texts follow.
#[derive(Debug, Default)]
pub(crate) struct Names<S: Storage = Fixed> {
    /// The message of which most of the JSON is a part. A page keeps no JSON.
    #[cfg(not(target_arch = "wasm32"))]
    message: Option<SharedText>,
    /// Texts that are no part of the message.
    pub(crate) own: S::Bytes,
}

impl<S: Storage> Names<S> {
    /// Returns the message; empty if there is none.
    #[inline]
    fn message(&self) -> &str {
        #[cfg(not(target_arch = "wasm32"))]
        return self.message.as_deref().unwrap_or_default();
        #[cfg(target_arch = "wasm32")]
        ""
    }

    /// Returns the text at these positions.
    pub(crate) fn text(&self, run: Run) -> &str {
        let message = self.message();
        match run.at.checked_sub(message.len() as u32) {
            Some(at) => Run { at, ..run }.text(&self.own),
            None => run.text(message),
        }
    }

    /// Returns the position of the first own text.
    pub(crate) fn first_own(&self) -> u32 {
        self.message().len() as u32
    }

    /// Returns the size of a text if it is a part of the message, and 0 otherwise.
    pub(crate) fn size_in_message(&self, run: Run) -> usize {
        if run.at < self.first_own() { run.len as usize } else { 0 }
    }

    /// Returns the positions of a text that lies in the memory of the message.
    pub(crate) fn in_message(&self, text: &str) -> Option<Run> {
        let message = self.message();
        let at = (text.as_ptr() as usize).wrapping_sub(message.as_ptr() as usize);
        let is_part = message.len().checked_sub(text.len()).is_some_and(|last| at <= last);
        (is_part && !text.is_empty()).then_some(Run { at: at as u32, len: text.len() as u32 })
    }
}

impl Names<Growing> {
    /// Shares a message. There are no names yet.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn share(&mut self, message: SharedText) {
        if u32::try_from(message.len()).is_ok() {
            self.message = Some(message);
        }
    }

    /// Shares the message of other names. There are no names yet.
    pub(crate) fn share_that_of(&mut self, other: &Names) {
        #[cfg(not(target_arch = "wasm32"))]
        self.message.clone_from(&other.message);
        let _ = other;
    }

    /// Returns true if other names have no message, or the same one.
    pub(crate) fn have_message_of(&self, other: &Names) -> bool {
        let (own, others) = (self.message(), other.message());
        others.is_empty() || (own.as_ptr(), own.len()) == (others.as_ptr(), others.len())
    }

    /// Returns the names, which do not change any more.
    pub(crate) fn finish(self) -> Names {
        Names {
            #[cfg(not(target_arch = "wasm32"))]
            message: self.message,
            own: self.own.into(),
        }
    }
}

/// The movement of names to other tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedNames {
    /// The position of the first own text in the tables from which the names come.
    pub(crate) first_own: u32,
    /// The distance of texts that were parts of the message.
    pub(crate) message: u32,
    /// The distance of other texts.
    pub(crate) own: u32,
}

impl MovedNames {
    /// Returns the new positions of a text.
    pub(crate) const fn moved(&self, run: Run) -> Run {
        run.shifted(if run.at < self.first_own { self.message } else { self.own })
    }
}

//! A text that several owners share, such as a payload and the features in it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// An immutable text that is cheap to clone, because clones share its memory. It dereferences to `str`. `Debug` shows its size only.
///
/// ```
/// use fh_eval::SharedText;
/// let text = SharedText::from("[1, 2]");
/// assert_eq!((&*text.clone(), text.len()), ("[1, 2]", 6));
/// ```
#[derive(Clone)]
pub struct SharedText(Form);

#[derive(Clone)]
enum Form {
    Own(Arc<str>),
    /// The bytes of the text of another owner from one position to another.
    Part(Arc<dyn AsRef<str> + Send + Sync>, usize, usize),
}

impl SharedText {
    /// Takes a text, which is not copied. Its parts can share its memory; see [`Self::part`].
    #[must_use]
    pub fn of(owner: impl AsRef<str> + Send + Sync + 'static) -> Self {
        let len = owner.as_ref().len();
        Self(Form::Part(Arc::new(owner), 0, len))
    }

    /// Returns a part of this text, or of the text of which this one is a part. The part shares the memory of a text that [`Self::of`] has taken, which stays in memory as long as one
    /// of its parts does. Otherwise, the part is copied.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        if let Form::Part(owner, ..) = &self.0 {
            let whole = (**owner).as_ref();
            let from = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
            let to = from.wrapping_add(part.len());
            if whole.get(from..to).is_some() {
                return Self(Form::Part(Arc::clone(owner), from, to));
            }
        }
        part.into()
    }
}

impl<T: Into<Arc<str>>> From<T> for SharedText {
    fn from(text: T) -> Self {
        Self(Form::Own(text.into()))
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Form::Own(text) => text,
            Form::Part(owner, from, to) => (**owner).as_ref().get(*from..*to).unwrap_or_default(),
        }
    }
}

impl AsRef<str> for SharedText {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedText {}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads may hold personal data and are not shown.
        write!(f, "SharedText({} bytes)", self.len())
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_the_memory_of_the_whole() {
        let whole = SharedText::of(String::from(r#"[{"key":"é"},2]"#));
        let part = whole.part(&whole[1..13]);
        assert_eq!((&*part, part.as_ptr()), (r#"{"key":"é"}"#, whole[1..].as_ptr()));
        assert_eq!(part.part(&part[1..6]).as_ptr(), whole[2..].as_ptr());
        assert_eq!(part.part(&whole[14..]).as_ptr(), whole[14..].as_ptr());
    }

    #[test]
    fn other_texts_are_copied() {
        let whole = SharedText::of(String::from("[1]"));
        for other in ["", "[1]", "[1] and more"] {
            let copy = whole.part(other);
            assert_eq!(&*copy, other);
            assert_ne!(copy.as_ptr(), whole.as_ptr());
        }
        let own = SharedText::from("[1]");
        assert_ne!(own.part(&own[1..]).as_ptr(), own[1..].as_ptr());
    }
}

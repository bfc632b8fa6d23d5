//! Writing JSON from tokens.

/// A list member of an object, in all the ways it can arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List<T> {
    /// The member is not there.
    Absent,
    /// `null`
    Null,
    /// The elements.
    Of(Vec<T>),
    /// Something that is no list: a JSON token.
    Wrong(String),
}

impl<T> List<T> {
    /// The elements; none if it is no list.
    #[must_use]
    pub fn elements(&self) -> &[T] {
        match self {
            List::Of(elements) => elements,
            _ => &[],
        }
    }

    /// The JSON of the member; `None` if it is not there.
    pub(crate) fn token(&self, write: impl Fn(&T) -> String) -> Option<String> {
        match self {
            List::Absent => None,
            List::Null => Some("null".to_owned()),
            List::Of(elements) => {
                let elements: Vec<String> = elements.iter().map(write).collect();
                Some(format!("[{}]", elements.join(",")))
            }
            List::Wrong(token) => Some(token.clone()),
        }
    }
}

/// A string token.
pub(crate) fn quoted(text: &str) -> String {
    // A text is always serialisable.
    serde_json::to_string(text).unwrap_or_default()
}

/// An object of members given as tokens; those that are `None` are left out.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let members = members.into_iter();
    let members = members.filter_map(|(name, token)| Some(format!("{}:{}", quoted(name), token?)));
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(","))
}

//! Writes JSON from tokens.

/// A list member of an object, in every form in which it can arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List<T> {
    /// The object has no such member.
    Absent,
    /// The member is `null`.
    Null,
    /// The member is a list of these elements.
    Of(Vec<T>),
    /// The member is not a list, but this JSON token.
    Wrong(String),
}

impl<T> List<T> {
    /// Returns the elements; an empty slice if it is not a list.
    #[must_use]
    pub fn elements(&self) -> &[T] {
        match self {
            List::Of(elements) => elements,
            _ => &[],
        }
    }

    /// Returns the JSON of the member; `None` if the object has no such member.
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

/// Returns the JSON token of a string.
pub(crate) fn quoted(text: &str) -> String {
    // Serialising a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns a JSON object of members given as tokens. Members that are `None` are left out.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let members = members.into_iter();
    let members = members.filter_map(|(name, token)| Some(format!("{}:{}", quoted(name), token?)));
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(","))
}

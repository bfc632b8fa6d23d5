//! Errors and warnings about a file, with their positions and paths.

use std::fmt;
use std::rc::Rc;

use fh_files::Position;

/// An error or a warning about a state file. `Display` prints the position, the path, the description and, in brackets, the code. The description of a mistake in
/// an API key does not contain the key, except for a name between `${` and `}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The position of the problem in the text of the state file.
    pub position: Position,
    /// The path of the problem in the document, such as `environments[1].values.BANNER.value`. It is empty for a problem of the whole
    /// document and for a syntax error.
    pub path: String,
    /// A description of the problem, without its position and its path.
    pub what: String,
    /// The name of the check that found the problem. The member `accept` of a feature's value accepts warnings by this name. `None` for an
    /// error, and for a warning that cannot be accepted.
    pub code: Option<&'static str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, path, what, code } = self;
        match path.is_empty() {
            true => write!(f, "{position}: {what}")?,
            false => write!(f, "{position}, {path}: {what}")?,
        }
        match code {
            Some(code) => write!(f, " [{code}]"),
            None => Ok(()),
        }
    }
}

/// The error for a text that is not a valid state. It contains at least one problem. The problems are in the order of the text, and
/// `Display` prints one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFileError {
    problems: Vec<Problem>,
}

impl StateFileError {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.position);
        Self { problems }
    }

    /// Returns the error for one problem that belongs to no part of the document.
    pub(super) fn at(position: Position, what: String) -> Self {
        Self { problems: vec![Problem { position, path: String::new(), what, code: None }] }
    }

    /// Returns the problems that were found in one pass over the text, at most 100.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for StateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for StateFileError {}

/// The path to a part of a document, from the root.
#[derive(Debug, Clone, Default)]
pub(super) struct Path(Option<Rc<(Path, Step)>>);

#[derive(Debug)]
enum Step {
    Member(Box<str>),
    Item(usize),
}

impl Path {
    pub(super) fn member(&self, name: &str) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Member(name.into())))))
    }

    /// Returns true if this is the path to a member with this name, or to an item of such a member.
    pub(super) fn passes(&self, name: &str) -> bool {
        match self.0.as_deref() {
            Some((_, Step::Member(member))) => **member == *name,
            Some((above, Step::Item(_))) => above.passes(name),
            None => false,
        }
    }

    pub(super) fn item(&self, place: usize) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Item(place)))))
    }
}

/// The maximum length in characters of a name in a path, and of an excerpt of a text. Longer names and texts are cut, and `…` is added.
const LONGEST_NAME: usize = 100;

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((above, step)) = self.0.as_deref() else { return Ok(()) };
        above.fmt(f)?;
        match step {
            Step::Item(place) => write!(f, "[{place}]"),
            Step::Member(name) if is_plain(name) => {
                let point = if above.0.is_some() { "." } else { "" };
                write!(f, "{point}{name}")
            }
            Step::Member(name) => write!(f, "[{}]", fh_files::quoted(&excerpt(name))),
        }
    }
}

/// Returns true if a path can contain the name without quotes.
fn is_plain(name: &str) -> bool {
    let may = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(may)
}

/// Returns a text of at most [`LONGEST_NAME`] characters unchanged, for error messages. Of a longer text, returns this number of characters
/// and `…`.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_well() {
        let values = Path::default().member("environments").item(1).member("values");
        assert_eq!(values.member("BANNER").to_string(), "environments[1].values.BANNER");
        assert_eq!(
            values.member("a.b \"c\"").to_string(),
            r#"environments[1].values["a.b \"c\""]"#
        );
        assert_eq!(Path::default().item(0).member("id").to_string(), "[0].id");
        assert_eq!(values.member("").to_string(), r#"environments[1].values[""]"#);
        assert!(values.member(&"é".repeat(900)).to_string().len() < 250);
        let problem = Problem {
            position: Position { line: 3, column: 7 },
            path: values.to_string(),
            what: "no".to_owned(),
            code: None,
        };
        assert_eq!(problem.to_string(), "line 3, column 7, environments[1].values: no");
    }
}

//! A part of a document with its path, and the collector of errors and warnings about a document.

use std::sync::Arc;

use fh_files::{Content, Member, Node, Position};

use super::Options;
use super::problem::{Path, Problem, StateFileError, excerpt};
use crate::lint::meant;

/// A part of a document, and the path to it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) node: Arc<Node>,
    pub(super) path: Path,
}

impl Part {
    pub(super) fn root(node: Arc<Node>) -> Self {
        Self { node, path: Path::default() }
    }

    pub(super) fn content(&self) -> &Content {
        &self.node.content
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.content(), Content::Null)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self.content() {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> Option<&[Member]> {
        match self.content() {
            Content::Map(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Content::List(items) = self.content() else { return None };
        let parts = items.iter().enumerate();
        Some(
            parts
                .map(|(at, node)| Self { node: Arc::clone(node), path: self.path.item(at) })
                .collect(),
        )
    }

    /// Returns the value of a member of this map; `None` if the member is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name)?;
        let part = Self { node: Arc::clone(node), path: self.path.member(name) };
        (!part.is_null()).then_some(part)
    }

    /// Returns the value of `member` as a part. The member must be one of this map, from [`Self::members`].
    pub(super) fn of(&self, member: &Member) -> Self {
        Self { node: Arc::clone(&member.node), path: self.path.member(&member.name) }
    }

    /// Describes this part in a few words, for error messages.
    pub(super) fn shown(&self) -> String {
        shown(&self.node)
    }
}

/// Describes a node in a few words, for error messages.
pub(super) fn shown(node: &Node) -> String {
    match &node.content {
        Content::Null => "nothing".to_owned(),
        Content::Bool(_) | Content::Number(_) => excerpt(&node.to_json()),
        Content::Text(text) => fh_files::quoted(&excerpt(text)),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a map".to_owned(),
    }
}

/// The largest number of errors that are reported for a document. Further errors are left out.
const MOST_ERRORS: usize = 100;
/// The largest number of warnings that are reported for a document. Further warnings are left out.
const MOST_WARNINGS: usize = 1_000;
/// The largest number of misspelt names for which a suggestion is searched, because the search takes time.
const MOST_SUGGESTIONS: usize = 20;

/// The errors and warnings that are collected while a document is read.
pub(super) struct Reading<'o> {
    pub(super) options: &'o Options,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    suggestions: usize,
}

impl<'o> Reading<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Self { options, errors: Vec::new(), warnings: Vec::new(), suggestions: 0 }
    }

    pub(super) fn error(&mut self, part: &Part, what: impl Into<String>) {
        self.error_at(part.node.position, &part.path, what);
    }

    pub(super) fn error_at(&mut self, position: Position, path: &Path, what: impl Into<String>) {
        if self.errors.len() < MOST_ERRORS {
            let (path, what) = (path.to_string(), what.into());
            self.errors.push(Problem { position, path, what, code: None });
        }
    }

    pub(super) fn warn(&mut self, part: &Part, what: impl Into<String>) {
        self.warn_at(part.node.position, &part.path, None, what);
    }

    pub(super) fn warn_at(
        &mut self,
        position: Position,
        path: &Path,
        code: Option<&'static str>,
        what: impl Into<String>,
    ) {
        if self.warnings.len() < MOST_WARNINGS {
            let (path, what) = (path.to_string(), what.into());
            self.warnings.push(Problem { position, path, what, code });
        }
    }

    /// Ends the reading, and returns the warnings in the order of the text.
    ///
    /// # Errors
    /// Returns the errors that were added, if there is at least one.
    pub(super) fn finish(mut self) -> Result<Vec<Problem>, StateFileError> {
        if !self.errors.is_empty() {
            return Err(StateFileError::new(self.errors));
        }
        self.warnings.sort_by_key(|problem| problem.position);
        Ok(self.warnings)
    }

    /// Returns "; did you mean …?" with the candidate that is most similar to `name`. Only the first 10,000 candidates are compared. The
    /// result is empty if no candidate is similar, or after `MOST_SUGGESTIONS` calls.
    pub(super) fn suggestion<'a>(
        &mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> String {
        self.suggestions += 1;
        if self.suggestions > MOST_SUGGESTIONS {
            return String::new();
        }
        let first: Vec<&str> = candidates.into_iter().take(10_000).collect();
        let meant = meant(name, &first);
        meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
    }

    /// Returns the suggestion for `name`, or else the candidates from which to choose, in alphabetical order. `what` is the plural noun of
    /// the candidates.
    pub(super) fn choice<'a>(
        &mut self,
        name: &str,
        what: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> String {
        /// The number of candidates that are listed. Some files have hundreds of environments.
        const LISTED: usize = 12;
        if self.suggestions >= MOST_SUGGESTIONS {
            return String::new();
        }
        let mut names: Vec<&str> = candidates.into_iter().take(10_000).collect();
        let suggestion = self.suggestion(name, names.iter().copied());
        if !suggestion.is_empty() {
            return suggestion;
        }
        names.sort_unstable();
        let more = if names.len() > LISTED { ", \u{2026}" } else { "" };
        names.truncate(LISTED);
        match names.is_empty() {
            true => format!("; the file has no {what}"),
            false => format!("; the {what} are {}{more}", names.join(", ")),
        }
    }

    /// Returns true if the part is a map. Otherwise an error is added and the result is false. A member whose name is not in `known` adds
    /// an error as well.
    pub(super) fn map_of(
        &mut self,
        part: &Part,
        what: &str,
        known: &'static [&'static str],
    ) -> bool {
        self.map_with(part, what, known, |_| false)
    }

    /// Does the same as [`Self::map_of`], but accepts each name for which `is_free` returns true. The known names are constants, so that
    /// the check of a large map is linear.
    pub(super) fn map_with(
        &mut self,
        part: &Part,
        what: &str,
        known: &'static [&'static str],
        is_free: fn(&str) -> bool,
    ) -> bool {
        let Some(members) = part.members() else {
            let example = known.first().copied().unwrap_or("name");
            let shown = part.shown();
            self.error(
                part,
                format!(
                    "{what} is a map, not {shown}: write its members, such as `{example}: \u{2026}`"
                ),
            );
            return false;
        };
        for member in members {
            if !known.contains(&&*member.name) && !is_free(&member.name) {
                let name = fh_files::quoted(&excerpt(&member.name));
                let meant = self.choice(&member.name, "members", known.iter().copied());
                let path = part.path.member(&member.name);
                self.error_at(
                    member.position,
                    &path,
                    format!("{name} is not known in {what}{meant}"),
                );
            }
        }
        true
    }

    /// Returns the items of a list. For a part of another type, an error that begins with `what` is added, and the result is empty.
    pub(super) fn list(&mut self, part: &Part, what: &str) -> Vec<Part> {
        part.items().unwrap_or_else(|| {
            self.error(
                part,
                format!("{what} are a list, not {}: begin each entry with `- `", part.shown()),
            );
            Vec::new()
        })
    }

    /// Returns the items of a list. A part of another type is treated as a list with one item.
    pub(super) fn one_or_several(&mut self, part: &Part) -> Vec<Part> {
        part.items().unwrap_or_else(|| vec![part.clone()])
    }

    /// Returns the text of a part, if the part is a text that is not empty. For any other part, an error is added and the result is `None`.
    pub(super) fn text<'p>(&mut self, part: &'p Part, what: &str) -> Option<&'p str> {
        match part.content() {
            Content::Text(text) if text.is_empty() => {
                self.error(part, format!("{what} is empty"));
                None
            }
            Content::Text(text) => Some(text),
            Content::Number(_) | Content::Bool(_) => {
                let quoted = fh_files::quoted(&part.shown());
                self.error(part, format!("{what} is a text: put it in quotes, as in {quoted}"));
                None
            }
            _ => {
                self.error(part, format!("{what} is a text, not {}", part.shown()));
                None
            }
        }
    }

    /// Returns the value of a boolean; false if the part is missing. For a part of another type, an error is added and the result is false.
    pub(super) fn flag(&mut self, part: Option<&Part>, what: &str) -> bool {
        match part.map(|part| (part, part.content())) {
            None => false,
            Some((_, Content::Bool(flag))) => *flag,
            Some((part, _)) => {
                self.error(part, format!("{what} is true or false, not {}", part.shown()));
                false
            }
        }
    }

    /// Returns a whole number that is not negative. For any other part, or a number that the type cannot hold, an error is added and the
    /// result is `None`.
    pub(super) fn count<N: std::str::FromStr>(&mut self, part: &Part, what: &str) -> Option<N> {
        let number = match part.content() {
            Content::Number(digits) if !digits.starts_with('-') => digits.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.error(part, format!("{what} is a whole number from 0 on, not {}", part.shown()));
        }
        number
    }
}

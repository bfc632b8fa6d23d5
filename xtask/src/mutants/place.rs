//! Finds the piece of code that an edit changes.

use std::ops::Range;

use super::table::Edit;
use super::tokens::{Item, Token, items, line, tokens, words};

/// Returns the bytes of the source that the edit replaces. The range is empty if the edit inserts code.
///
/// # Errors
/// Says which piece was looked for and where, if it does not occur exactly once.
pub(super) fn place(edit: &Edit, source: &str) -> Result<Range<usize>, String> {
    // Pieces of other languages need no tokens: each name and each other character is one.
    let tokens = if edit.file.ends_with(".rs") { tokens } else { words };
    let all = tokens(source);
    let [before, marked, after] =
        [&edit.piece.before, &edit.piece.marked, &edit.piece.after].map(|part| tokens(part));
    let piece: Vec<&str> =
        before.iter().chain(&marked).chain(&after).map(|token| token.text).collect();
    let with = tokens(&edit.with);
    if with.iter().map(|token| token.text).eq(marked.iter().map(|token| token.text)) {
        return Err("the edit changes nothing".to_string());
    }
    let items: Vec<Item> = match &edit.item {
        None => vec![Item { name: String::new(), tokens: 0..all.len() }],
        Some(name) => items(&all).into_iter().filter(|item| item.name == *name).collect(),
    };
    let within = match &edit.item {
        None => edit.file.clone(),
        Some(name) => format!("`{name}` of {}", edit.file),
    };
    if items.is_empty() {
        return Err(format!("there is no {within}"));
    }
    if piece.is_empty() {
        return Err("the piece is empty".to_string());
    }
    let mut found = Vec::new();
    for item in &items {
        let last = item.tokens.end.saturating_sub(piece.len());
        found.extend(
            (item.tokens.start..=last).filter(|at| agreeing(&all, *at, &piece) == piece.len()),
        );
    }
    let at = match found.as_slice() {
        [at] => *at,
        [] => {
            let starts = items.into_iter().flat_map(|item| item.tokens);
            return Err(missing(&within, source, &all, &piece, starts));
        }
        several => {
            let lines: Vec<String> = several
                .iter()
                .filter_map(|at| all.get(*at))
                .map(|token| line(source, token.start).to_string())
                .collect();
            return Err(format!(
                "this piece occurs {} times in {within} (lines {}), so that it is not clear which one is meant",
                lines.len(),
                lines.join(", ")
            ));
        }
    };
    let token = |offset: usize| all.get(at + offset);
    let first = before.len();
    let range = match (marked.len(), after.len()) {
        (0, 0) => token(first.saturating_sub(1)).map(|token| token.end()..token.end()),
        (0, _) => token(first).map(|token| token.start..token.start),
        (length, _) => {
            token(first).zip(token(first + length - 1)).map(|(first, last)| first.start..last.end())
        }
    };
    range.ok_or_else(|| "the piece is empty".to_string())
}

/// Returns the number of tokens from the piece's beginning that agree with those of the source.
fn agreeing(all: &[Token<'_>], at: usize, piece: &[&str]) -> usize {
    let found = all.get(at..).unwrap_or_default();
    found.iter().zip(piece).take_while(|(token, text)| token.text == **text).count()
}

/// Describes a piece that does not occur, with the place where most of its beginning occurs.
fn missing(
    within: &str,
    source: &str,
    all: &[Token<'_>],
    piece: &[&str],
    starts: impl Iterator<Item = usize>,
) -> String {
    let why = format!("this piece does not occur in {within}");
    let best = starts.map(|at| (agreeing(all, at, piece), at)).max_by_key(|(length, _)| *length);
    let nearest = best.filter(|(length, _)| *length > 1).and_then(|(length, at)| {
        let (found, wanted) = (all.get(at + length)?, piece.get(length)?);
        let line = line(source, found.start);
        Some(format!(
            ". Line {line} begins like it, but has `{}` instead of `{wanted}`",
            found.text
        ))
    });
    why + &nearest.unwrap_or_default()
}

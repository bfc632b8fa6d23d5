//! Writes the edits of all mutants into a source, each behind the switch of its mutant.

use std::ops::Range;

use super::table::Edit;
use super::tokens::{Token, tokens};

/// An edit whose piece was found.
pub(super) struct Placed<'a> {
    pub(super) mutant: &'a str,
    pub(super) edit: &'a Edit,
    pub(super) range: Range<usize>,
}

impl Placed<'_> {
    /// Returns true if both edits replace the same code, or code that touches.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.edit.file == other.edit.file
            && self.range.start <= other.range.end
            && other.range.start <= self.range.end
    }
}

/// Returns the source with all edits, each of which has an effect only while its mutant is switched on.
///
/// # Errors
/// Two edits overlap, and none of the two replaced parts contains the other.
pub(super) fn with_switches(source: &str, mut edits: Vec<Placed<'_>>) -> Result<String, String> {
    // The outermost of several parts with the same beginning comes first. An insertion comes before a replacement.
    edits.sort_by_key(|placed| {
        let Range { start, end } = placed.range;
        (start, start != end, std::cmp::Reverse(end))
    });
    rewritten(source, 0..source.len(), &edits)
}

fn rewritten(
    source: &str,
    within: Range<usize>,
    mut edits: &[Placed<'_>],
) -> Result<String, String> {
    let mut text = String::new();
    let mut done = within.start;
    while let [first, rest @ ..] = edits {
        let range = first.range.clone();
        text.push_str(source.get(done..range.start).unwrap_or_default());
        if range.is_empty() {
            text.push_str(&inserted(first));
            (done, edits) = (range.start, rest);
            continue;
        }
        let same = edits.iter().take_while(|other| other.range == range).count();
        let (same, others) = edits.split_at(same);
        let inside = others.iter().take_while(|other| other.range.start < range.end).count();
        let (inside, others) = others.split_at(inside);
        if let Some(other) = inside.iter().find(|other| other.range.end > range.end) {
            return Err(format!(
                "{}: mutant {} replaces a part of the code that mutant {} ({}) replaces. Replace the same code in both, or more in one of them",
                other.edit.at, other.mutant, first.mutant, first.edit.at
            ));
        }
        let original = rewritten(source, range.clone(), inside)?;
        text.push_str(&replaced(same, &original));
        (done, edits) = (range.end, others);
    }
    text.push_str(source.get(done..within.end).unwrap_or_default());
    Ok(text)
}

/// Returns the condition that a mutant is switched on.
fn is_on(mutant: &str) -> String {
    format!("crate::mutants::is_on(crate::mutants::Mutant::{mutant})")
}

fn block(code: &str) -> String {
    let code = code.trim();
    // A comment at the end must not hide the closing brace.
    if code.contains("//") { format!("{{ {code}\n}}") } else { format!("{{ {code} }}") }
}

fn inserted(placed: &Placed<'_>) -> String {
    let (condition, code) = (is_on(placed.mutant), placed.edit.with.trim());
    match MatchArm::read(code) {
        None => format!(" if {condition} {} ", block(code)),
        Some(MatchArm { pattern, guard, result }) => {
            let guard = guard.map(|guard| format!(" && ({guard})")).unwrap_or_default();
            format!(" {pattern} if {condition}{guard} => {result}, ")
        }
    }
}

fn replaced(edits: &[Placed<'_>], original: &str) -> String {
    let branches: Vec<String> = edits
        .iter()
        .map(|placed| format!("if {} {} else ", is_on(placed.mutant), block(&placed.edit.with)))
        .collect();
    let choice = format!("{}{}", branches.concat(), block(original));
    // An expression may be an operand. A statement must stay one.
    if original.ends_with([';', '}']) { choice } else { format!("({choice})") }
}

/// An arm of a `match`.
#[derive(Debug, PartialEq, Eq)]
struct MatchArm<'a> {
    pattern: &'a str,
    guard: Option<&'a str>,
    result: &'a str,
}

impl<'a> MatchArm<'a> {
    /// Reads `pattern => result,` or `pattern if guard => result,`. Returns `None` if the code is no arm.
    fn read(code: &'a str) -> Option<Self> {
        let outer = outer_tokens(code);
        let arrow = outer.windows(2).find_map(|pair| match pair {
            [first, second]
                if first.text == "=" && second.text == ">" && first.end() == second.start =>
            {
                Some(first.start)
            }
            _ => None,
        })?;
        let head = code.get(..arrow)?;
        let guard = outer.iter().find(|token| token.text == "if" && token.start < arrow);
        let (pattern, guard) = match guard {
            Some(token) => (head.get(..token.start)?, Some(head.get(token.end()..)?.trim())),
            None => (head, None),
        };
        let result = code.get(arrow + 2..)?.trim();
        let result = result.strip_suffix(',').unwrap_or(result);
        Some(Self { pattern: pattern.trim(), guard, result })
    }
}

/// Returns the tokens that are in no brackets.
fn outer_tokens(code: &str) -> Vec<Token<'_>> {
    let mut depth = 0_usize;
    let outer = tokens(code).into_iter().filter(|token| match token.text {
        "(" | "[" | "{" => {
            depth += 1;
            false
        }
        ")" | "]" | "}" => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    outer.collect()
}

/// Returns the source with one edit in place of the original code, without a switch.
pub(super) fn plainly(source: &str, placed: &Placed<'_>) -> String {
    let Range { start, end } = placed.range;
    let part = |range: Range<usize>| source.get(range).unwrap_or_default();
    let with = placed.edit.with.trim();
    let original = part(start..end);
    // A statement that is the branch of a condition needs another one in its place. Several statements in place of an expression need braces.
    let code = if with.is_empty() && original.ends_with(';') {
        "{}".to_string()
    } else if original.is_empty() || original.ends_with(';') || !with.contains(';') {
        with.to_string()
    } else {
        block(with)
    };
    // Statements of other languages end with their lines.
    let space = match () {
        () if !original.is_empty() => "",
        () if placed.edit.file.ends_with(".rs") => " ",
        () => "\n",
    };
    format!("{}{space}{code}{space}{}", part(0..start), part(end..source.len()))
}

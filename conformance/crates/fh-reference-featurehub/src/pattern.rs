//! Regular expressions. `regex-lite` has the required dialect: ASCII classes and case folding, `.` matches all but a line feed, `$` is the
//! end of the text, time is linear. This module refuses the additional patterns that must be refused, and translates the syntax of Java and
//! JavaScript that `regex-lite` lacks.

mod dialect;
mod sets;

use std::cell::RefCell;
use std::rc::Rc;

use regex_lite::RegexBuilder;

use dialect::translate;

/// Maximum number of nodes of a pattern with all repetitions expanded. Larger patterns are refused.
const MAX_NODES: u64 = 10_000;

/// A compiled pattern.
enum Compiled {
    /// A pattern that `regex-lite` runs.
    Plain {
        /// Searches for the pattern, or matches the whole text with it.
        regex: regex_lite::Regex,
        ends_before_line_break: bool,
    },
    /// A pattern with look-arounds, or with a `\Z` in the middle.
    Sets(sets::Part),
}

/// The pattern that was compiled last, and the result.
struct Last {
    pattern: String,
    whole: bool,
    compiled: Option<Rc<Compiled>>,
}

thread_local! {
    /// The last pattern is cached, because a rule tries one pattern on many texts.
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Returns true if the pattern is found in the text or, with `whole`, matches all of it. `None` if the pattern is refused.
pub fn matches(pattern: &str, text: &str, whole: bool) -> Option<bool> {
    let known = LAST.with_borrow(|last| match last {
        Some(last) if last.pattern == pattern && last.whole == whole => Some(last.compiled.clone()),
        _ => None,
    });
    let compiled = known.unwrap_or_else(|| {
        let compiled = compiled(pattern, whole).map(Rc::new);
        let pattern = pattern.to_owned();
        LAST.set(Some(Last { pattern, whole, compiled: compiled.clone() }));
        compiled
    })?;
    Some(match &*compiled {
        Compiled::Plain { regex, ends_before_line_break } => {
            let shortened = without_line_break(text).filter(|_| *ends_before_line_break);
            regex.is_match(text) || shortened.is_some_and(|text| regex.is_match(text))
        }
        Compiled::Sets(part) => sets::matches(part, text, whole),
    })
}

fn compiled(pattern: &str, whole: bool) -> Option<Compiled> {
    if expanded_size(pattern) > MAX_NODES {
        return None;
    }
    let translated = translate(pattern, whole)?;
    let pattern = translated.pattern.as_str();
    // The pattern must compile alone: brackets that are balanced only by the wrapping group are refused.
    if translated.tests_positions {
        // `regex-lite` checks the rest of the syntax.
        let openings = sets::LOOK_AROUNDS.iter();
        let plain = openings.fold(pattern.replace(r"\Z", r"\z"), |pattern, (opening, ..)| {
            pattern.replace(opening, "(?:")
        });
        compile(&plain)?;
        return sets::read(pattern).map(Compiled::Sets);
    }
    let alone = compile(pattern)?;
    if !whole {
        let ends_before_line_break = translated.ends_before_line_break;
        return Some(Compiled::Plain { regex: alone, ends_before_line_break });
    }
    // With the flag `x` a comment at the end of the pattern would hide the closing bracket. In that mode a line feed is ignored.
    let around = compile(&format!(r"\A(?:{pattern})\z"))
        .or_else(|| compile(&format!("\\A(?:{pattern}\n)\\z")))?;
    Some(Compiled::Plain { regex: around, ends_before_line_break: false })
}

/// Returns the text without its final line break, or `None` if it has none.
fn without_line_break(text: &str) -> Option<&str> {
    ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
        .into_iter()
        .find_map(|end| text.strip_suffix(end))
}

fn compile(pattern: &str) -> Option<regex_lite::Regex> {
    // The engine's own limits are too high to refuse a pattern that passed `MAX_NODES`.
    RegexBuilder::new(pattern).nest_limit(251).size_limit(1 << 28).build().ok()
}

/// Estimates the number of nodes of the pattern with all counted repetitions expanded. The estimate must only distinguish ordinary patterns
/// from exploding ones.
fn expanded_size(pattern: &str) -> u64 {
    // For each open group: its size so far, and the size of the part that a repetition would repeat.
    let mut groups: Vec<(u64, u64)> = Vec::new();
    let (mut total, mut last) = (0_u64, 0_u64);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '(' => {
                groups.push((total, last));
                (total, last) = (0, 0);
                let look =
                    ["?=", "?!", "?<=", "?<!"].iter().find_map(|look| rest.strip_prefix(look));
                if let Some(inside) = look {
                    rest = inside;
                } else if let Some(flags_or_name) = rest.strip_prefix('?') {
                    let end = flags_or_name.find([':', '>', ')']).unwrap_or(0);
                    let keep = usize::from(flags_or_name.get(end..end + 1) != Some(")"));
                    rest = flags_or_name.get(end + keep..).unwrap_or_default();
                }
            }
            ')' => {
                let inner = total.saturating_add(1);
                (total, _) = groups.pop().unwrap_or_default();
                last = inner;
                total = total.saturating_add(inner);
            }
            '{' => {
                let (inside, behind) = rest.split_once('}').unwrap_or((rest, ""));
                rest = behind;
                let times = inside
                    .split(',')
                    .filter_map(|n| n.trim().parse::<u64>().ok())
                    .max()
                    .unwrap_or(1)
                    .max(1);
                total = total.saturating_add(last.saturating_mul(times - 1));
                last = last.saturating_mul(times);
            }
            '*' | '+' | '?' => {
                total = total.saturating_add(1);
                last = last.saturating_add(1);
            }
            '[' => {
                rest = rest.get(class_end(rest)..).unwrap_or_default();
                (total, last) = (total.saturating_add(1), 1);
            }
            '\\' => {
                let escaped = rest.chars().next().map_or(0, char::len_utf8);
                let names_character = rest.starts_with(['x', 'u', 'U', 'b']);
                rest = rest.get(escaped..).unwrap_or_default();
                if names_character && rest.starts_with('{') {
                    rest = rest.split_once('}').map_or("", |(_, behind)| behind);
                }
                (total, last) = (total.saturating_add(1), 1);
            }
            _ => (total, last) = (total.saturating_add(1), 1),
        }
    }
    total
}

/// Returns the index after the `]` that ends a class, given the text after its `[`.
fn class_end(text: &str) -> usize {
    let mut escaped = false;
    let mut first = true;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '^' if at == 0 => continue,
            ']' if !first => return at + 1,
            _ => {}
        }
        first = false;
    }
    text.len()
}

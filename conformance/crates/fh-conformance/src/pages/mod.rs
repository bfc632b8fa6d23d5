//! Pages that show recordings: `docs/reference/conformance.md` and `docs/reference/faults.md`, and an HTML page of a caller.
//!
//! A [`Page`] is a small document. Each of its texts is plain text; the renderers escape it, because names, versions and reasons come from
//! SDKs.

mod conformance;
mod faults;
mod html;
mod known;
mod markdown;
mod matrices;
mod only_ours;
mod plain_text;
mod subjects;
#[cfg(test)]
mod tests;

pub use conformance::conformance;
pub use faults::faults;
pub use subjects::Subjects;

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The title.
    pub title: String,
    /// The command that writes the page.
    pub command: String,
    /// The content before the first section.
    pub introduction: Vec<Block>,
    /// The sections.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The content.
    pub blocks: Vec<Block>,
}

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Line),
    /// A list.
    List(Vec<Item>),
    /// A table.
    Table(Table),
    /// Commands, one a line.
    Commands(Vec<String>),
    /// A part with a title of its own, which HTML shows on demand. Markdown leaves it out.
    Folded {
        /// The title.
        title: String,
        /// The content.
        blocks: Vec<Block>,
    },
}

/// An item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// The name by which links find the item.
    pub anchor: Option<String>,
    /// The text.
    pub line: Line,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads of the columns.
    pub head: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<Line>>,
}

/// A line of text.
pub type Line = Vec<Inline>;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// A name or a command.
    Code(String),
    /// A link to another page of the project, or to an anchor of this one.
    Link {
        /// The text.
        text: String,
        /// The target.
        to: String,
    },
    /// An outcome.
    Mark(Mark),
}

/// The outcome of a case, a scenario or a capability, as pages show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Passed.
    Pass,
    /// Failed as the baseline says.
    Known,
    /// Fails sometimes, as the baseline says.
    Sometimes,
    /// Failed.
    Failed,
    /// The case or the scenario did not run.
    Skipped,
    /// The SDK has the capability.
    Has,
    /// Lacks a capability.
    Lacks,
}

impl Mark {
    /// Returns the sign.
    const fn sign(self) -> &'static str {
        match self {
            Self::Pass | Self::Has => "✓",
            Self::Known => "✗",
            Self::Sometimes => "~",
            Self::Failed => "‼",
            Self::Skipped | Self::Lacks => "–",
        }
    }

    /// Returns the word.
    const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Known => "known failure",
            Self::Sometimes => "fails sometimes",
            Self::Failed => "failure",
            Self::Skipped => "not run",
            Self::Has => "yes",
            Self::Lacks => "no",
        }
    }
}

/// Returns plain text as a piece of a line.
fn text(text: impl Into<String>) -> Inline {
    Inline::Text(text.into())
}

/// Returns a name or a command as a piece of a line.
fn code(text: impl Into<String>) -> Inline {
    Inline::Code(text.into())
}

fn link(text: impl Into<String>, to: impl Into<String>) -> Inline {
    Inline::Link { text: text.into(), to: to.into() }
}

/// Returns a line of this project's own words. What stands between backticks is a link if it is the name of a page, and otherwise code.
fn words(words: &str) -> Line {
    let pieces = words.split('`').enumerate();
    let pieces = pieces.map(|(index, piece)| match piece {
        _ if index % 2 == 0 => text(piece),
        page @ ("conform.md" | "featbit.md") => link(page, format!("../guide/{page}")),
        page if page.ends_with(".md") => link(page, page),
        name => code(name),
    });
    pieces.collect()
}

/// Returns a paragraph of this project's own words.
fn paragraph(text: &str) -> Block {
    Block::Paragraph(words(text))
}

fn list(lines: impl IntoIterator<Item = Line>) -> Block {
    Block::List(lines.into_iter().map(|line| Item { anchor: None, line }).collect())
}

/// Returns lines with separators between them. Of many, only the first ones are named.
fn enumerated(lines: Vec<Line>, separator: &str, most: usize) -> Line {
    let hidden = lines.len().saturating_sub(most);
    let mut out = Vec::new();
    for (index, line) in lines.into_iter().take(most).enumerate() {
        out.extend((index > 0).then(|| text(separator)));
        out.extend(line);
    }
    out.extend((hidden > 0).then(|| text(format!(" and {hidden} more"))));
    out
}

/// Returns the counts that are not zero, each with its outcome.
fn tally(counts: impl IntoIterator<Item = (usize, Mark)>) -> Line {
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let each = counts.map(|(count, mark)| {
        let is_several = count > 1 && matches!(mark, Mark::Known | Mark::Failed);
        let number = text(format!("{} ", grouped(count as u64)));
        if count > 1 && mark == Mark::Sometimes {
            return vec![number, text("fail sometimes")];
        }
        let all = [Some(number), Some(Inline::Mark(mark)), is_several.then(|| text("s"))];
        all.into_iter().flatten().collect()
    });
    enumerated(each.collect(), ", ", usize::MAX)
}

/// Returns a number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

//! Pages as Markdown.

use std::fmt::Write as _;

use super::plain_text::plain_text;
use super::{Block, Inline, Page, Table};

/// Where a text stands. In a table, each `|` ends a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Prose,
    Table,
}

impl Page {
    /// Returns the page as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n", escaped(&self.title));
        for block in &self.introduction {
            write_block(block, &mut out);
        }
        // Writing to a `String` cannot fail.
        for section in &self.sections {
            let _ = write!(out, "\n## {}\n", escaped(&section.title));
            for block in &section.blocks {
                write_block(block, &mut out);
            }
        }
        let _ = write!(out, "\nThis page is rendered by {}.\n", code(&self.command, Place::Prose));
        out
    }
}

/// Writes a block. Folded parts are left out: the page as HTML has them.
fn write_block(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph(line) => {
            let _ = writeln!(out, "\n{}", inline(line, Place::Prose));
        }
        Block::List(items) => {
            out.push('\n');
            for item in items {
                let _ = writeln!(out, "- {}", inline(&item.line, Place::Prose));
            }
        }
        Block::Table(table) => {
            out.push('\n');
            write_table(table, out);
        }
        Block::Commands(commands) => {
            // A fence that no line of the block can close.
            let _ = writeln!(out, "\n```");
            for command in commands {
                let _ = writeln!(out, "{}", plain_text(command).replace("```", "'''"));
            }
            let _ = writeln!(out, "```");
        }
        Block::Folded { .. } => {}
    }
}

fn write_table(table: &Table, out: &mut String) {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    out.push_str(&row(table.head.iter().map(|head| escaped(head)).collect()));
    let _ = writeln!(out, "|{}", "---|".repeat(table.head.len()));
    for cells in &table.rows {
        out.push_str(&row(cells.iter().map(|cell| inline(cell, Place::Table)).collect()));
    }
}

fn inline(line: &[Inline], place: Place) -> String {
    let each = line.iter().map(|piece| match piece {
        Inline::Text(text) => escaped(text),
        Inline::Code(text) => code(text, place),
        Inline::Link { text, to } => format!("[{}]({})", escaped(text), target(to)),
        Inline::Mark(mark) => mark.word().to_owned(),
    });
    each.collect()
}

/// Escapes the characters that Markdown or HTML give a meaning.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain_text(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Returns code. The fence has more backticks than any sequence in the text.
fn code(text: &str, place: Place) -> String {
    let text = plain_text(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    let text = if place == Place::Table { text.replace('|', "\\|") } else { text };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Returns the target of a link without characters that would end it.
fn target(to: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-._~/#".contains(*c);
    to.chars().filter(is_plain).collect()
}

/// Returns a name for an anchor, without characters that would end it.
pub(super) fn anchor_name(name: &str) -> String {
    let replaced = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_end_and_its_cell() {
        assert_eq!(code("a|b", Place::Prose), "`a|b`");
        assert_eq!(code("a|b", Place::Table), "`a\\|b`");
        assert_eq!(code("``` <b>", Place::Prose), "```` ``` <b> ````");
        assert_eq!(code("", Place::Prose), "`  `");
    }

    #[test]
    fn targets_and_anchors_end_nowhere_else() {
        assert_eq!(target("a.md#b) [c](d\"<"), "a.md#bcd");
        assert_eq!(anchor_name("my \"SDK\"><b 1"), "my--sdk---b-1");
    }
}

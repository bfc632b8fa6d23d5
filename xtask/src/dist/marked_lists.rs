//! The command lists of the pages, which `cargo xtask dist check` runs.
//!
//! A comment above a fenced block makes the block a part of a list: `<!-- check: python -->` above commands of a shell,
//! `<!-- check: python app.py -->` above the text of a file, and `<!-- check: python output -->` above lines that the list prints. The comment
//! `<!-- check: python after fh -->` lets the list begin with all blocks of another list, and stands above none.

use std::collections::BTreeMap;
use std::fs;

use crate::shell::{root, tracked_files};

const MARK: &str = "<!-- check: ";
/// The word of a mark above lines that the list prints.
const OUTPUT: &str = "output";
/// The word of a mark that stands for another list.
const AFTER: &str = "after ";

/// A block of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Commands of a shell.
    Commands(String),
    /// A file, which is written before the commands after it.
    File { name: String, text: String },
    /// Lines that the list has printed or prints.
    Output(String),
    /// All blocks of another list.
    List(String),
}

/// The lists by their names.
pub(super) type Lists = BTreeMap<String, Vec<Block>>;

/// Reads the lists of all pages.
pub(super) fn read() -> Result<Lists, String> {
    let mut lists = Lists::new();
    let mut pages = BTreeMap::new();
    for page in tracked_files()?.into_iter().filter(|file| file.ends_with(".md")) {
        let text =
            fs::read_to_string(root().join(&page)).map_err(|why| format!("{page}: {why}"))?;
        for (name, block) in blocks(&text).map_err(|why| format!("{page}: {why}"))? {
            let first: &String = pages.entry(name.clone()).or_insert_with(|| page.clone());
            if *first != page {
                return Err(format!("the list {name} stands on two pages: {first} and {page}"));
            }
            lists.entry(name).or_default().push(block);
        }
    }
    Ok(lists)
}

/// Returns the marked blocks of a page, each with the name of its list.
fn blocks(page: &str) -> Result<Vec<(String, Block)>, String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(mark) = line.trim().strip_prefix(MARK) else { continue };
        let mark = mark.strip_suffix(" -->").ok_or(format!("the mark `{line}` has no end"))?;
        let (name, rest) = mark.split_once(' ').unwrap_or((mark, ""));
        if let Some(other) = rest.strip_prefix(AFTER) {
            found.push((name.to_string(), Block::List(other.to_string())));
            continue;
        }
        let opening = lines.by_ref().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = opening.len() - opening.trim_start().len();
        if !opening.trim_start().starts_with("```") {
            return Err(format!("no fenced block follows the mark `{line}`"));
        }
        let inner = lines.by_ref().take_while(|line| line.trim() != "```");
        let text: String = inner.map(|line| format!("{}\n", unindented(line, indent))).collect();
        let block = match rest {
            "" => Block::Commands(text),
            OUTPUT => Block::Output(text),
            name => Block::File { name: name.to_string(), text },
        };
        found.push((name.to_string(), block));
    }
    Ok(found)
}

/// Returns a line of a block without the indent of the block.
fn unindented(line: &str, indent: usize) -> &str {
    match line.get(..indent) {
        Some(before) if before.trim().is_empty() => line.get(indent..).unwrap_or_default(),
        _ => line.trim_start(),
    }
}

/// Returns true if a line has the texts between the `…` of a pattern, in their order.
pub(super) fn fits(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    pattern.trim().split('…').all(|text| match rest.split_once(text.trim()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_blocks_become_parts_of_lists() {
        let page = "# Page\n\n<!-- check: web after fh -->\n<!-- check: web -->\n```sh\nnpm test\n```\n\n```sh\nnot marked\n```\n\
            1. Write:\n\n   <!-- check: web src/app.js -->\n\n   ```js\n   if (a) {\n     b();\n   }\n   ```\n\
            <!-- check: web output -->\n```text\nright\n```\n";
        let expected = [
            Block::List("fh".to_string()),
            Block::Commands("npm test\n".to_string()),
            Block::File {
                name: "src/app.js".to_string(),
                text: "if (a) {\n  b();\n}\n".to_string(),
            },
            Block::Output("right\n".to_string()),
        ];
        let found = blocks(page).unwrap();
        assert!(found.iter().all(|(name, _)| name == "web"), "{found:?}");
        assert_eq!(found.into_iter().map(|(_, block)| block).collect::<Vec<_>>(), expected);
        for wrong in ["<!-- check: web -->\n\nText.\n", "<!-- check: web\n```sh\n```\n"] {
            assert!(blocks(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_has_gaps() {
        for (line, pattern, expected) in [
            ("    BANNER  Hello", "BANNER … Hello", true),
            ("BANNER", "BANNER", true),
            ("Hello BANNER", "BANNER … Hello", false),
            ("a", "b", false),
        ] {
            assert_eq!(fits(line, pattern), expected, "{line}: {pattern}");
        }
    }
}

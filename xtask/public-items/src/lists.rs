//! The committed lists: `api.txt` in the folder of each library crate, and `api-internal.txt` beside it if the crate has internal
//! items.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::items::Items;
use crate::rustdoc;

/// The treatment of lists that differ from the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Differences are errors.
    Check,
    /// The lists are rewritten.
    Write,
}

/// A library crate.
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// Compares or rewrites the lists of all crates, and prints the number of items of each.
pub(crate) fn run(crates: &[Crate], json: &Path, mode: Mode) -> Result<(), String> {
    let mut differences = String::new();
    println!("    {:<20} {:>8} {:>8}", "public items", "promised", "internal");
    for found in crates {
        let items = Items::read(&rustdoc::file(json, &found.name), &found.name)?;
        println!("    {:<20} {:>8} {:>8}", found.name, items.promised.len(), items.internal.len());
        let about = "without derived, automatic and blanket implementations of traits";
        let lists = [
            ("api.txt", "public items", &items.promised),
            (
                "api-internal.txt",
                "internal public items, which may change in every version",
                &items.internal,
            ),
        ];
        for (file, kind, lines) in lists {
            let header = format!(
                "# {}: {kind}, {about}. `cargo xtask api --write` makes this list.\n",
                found.name
            );
            let text = match lines.as_slice() {
                [] => None,
                lines => Some(format!("{header}{}\n", lines.join("\n"))),
            };
            let path = found.folder.join(file);
            let failed = |why: std::io::Error| format!("{}: {why}", path.display());
            let committed = match fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(why) if why.kind() == ErrorKind::NotFound => None,
                Err(why) => return Err(failed(why)),
            };
            if committed == text {
                continue;
            }
            match (mode, &text) {
                (Mode::Write, Some(text)) => fs::write(&path, text).map_err(failed)?,
                (Mode::Write, None) => fs::remove_file(&path).map_err(failed)?,
                (Mode::Check, _) => {
                    let found = difference(
                        committed.as_deref().unwrap_or_default(),
                        text.as_deref().unwrap_or_default(),
                    );
                    differences.push_str(&format!("{}:\n{found}", path.display()));
                }
            }
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{differences}The public items differ from the committed lists. If the change is meant, `cargo xtask api --write` rewrites them; commit the lists with the change."
    ))
}

/// Returns the lines that were added and removed, in the order of the lists.
fn difference(old: &str, new: &str) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in old.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    for line in new.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let mut text = String::new();
    for (sign, lines, direction) in [('-', old, -1), ('+', new, 1)] {
        for line in lines.lines() {
            if let Some(count) = counts.get_mut(line).filter(|count| **count * direction > 0) {
                *count -= direction;
                text.push_str(&format!("    {sign} {line}\n"));
            }
        }
    }
    // The same lines in another order.
    if text.is_empty() { "    the order of the items\n".to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_lines_of_one_side_only() {
        assert_eq!(difference("a\nb\nc\n", "a\nc\nd\n"), "    - b\n    + d\n");
        assert_eq!(difference("a\na\n", "a\n"), "    - a\n");
        assert_eq!(difference("", "a\n"), "    + a\n");
    }
}

//! The pages as mdBook reads them, with the files to which they link.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::contents::{Chapter, in_site, join};
use super::files::{read, write};
use crate::shell::root;

/// The endings of files that browsers show or save as they are. Other files get the ending `.txt`.
const SHOWN: [&str; 9] =
    ["json", "png", "svg", "yaml", "yml", "conf", "service", "sysusers", "html"];

/// Writes the pages into a folder, with copies of the other files to which they link.
pub(super) fn assemble(to: &Path, chapters: &[Chapter], tracked: &[String]) -> Result<(), String> {
    let mut copied = BTreeSet::new();
    for Chapter { path, .. } in chapters {
        let page = linked(path, &read(&root().join(path))?, |target| {
            let in_site = target_in_site(target, tracked)?;
            if !in_site.ends_with(".md") && copied.insert(in_site.clone()) {
                copy(target, &to.join(&in_site), tracked)?;
            }
            Ok(in_site)
        })?;
        write(&to.join(in_site(path)), &page)?;
    }
    Ok(())
}

/// Returns the path in the site of a file or folder of the project.
fn target_in_site(target: &str, tracked: &[String]) -> Result<String, String> {
    let is_tracked = |path: &str| tracked.iter().any(|file| file == path);
    let of_folder =
        if target.is_empty() { "README.md".into() } else { format!("{target}/README.md") };
    if is_tracked(&of_folder) {
        return Ok(in_site(&of_folder));
    }
    let shown = target.rsplit_once('.').is_some_and(|(_, ending)| SHOWN.contains(&ending));
    match target.ends_with(".md") || shown {
        true if is_tracked(target) => Ok(in_site(target)),
        _ if root().join(target).exists() => Ok(format!("{target}.txt")),
        _ => Err(format!("{target} does not exist")),
    }
}

/// Copies a file, or writes the names of the files in a folder.
fn copy(target: &str, to: &Path, tracked: &[String]) -> Result<(), String> {
    let from = root().join(target);
    if from.is_dir() {
        let names: Vec<&str> = tracked
            .iter()
            .filter_map(|path| path.strip_prefix(target)?.strip_prefix('/'))
            .collect();
        return write(to, &format!("{target} has these files:\n\n{}\n", names.join("\n")));
    }
    let bytes = fs::read(&from).map_err(|why| format!("{}: {why}", from.display()))?;
    write(to, "")?;
    fs::write(to, bytes).map_err(|why| format!("{}: {why}", to.display()))
}

/// Returns a page whose links lead to the paths that `of` returns for the paths of the project.
fn linked(
    page: &str,
    text: &str,
    mut of: impl FnMut(&str) -> Result<String, String>,
) -> Result<String, String> {
    let up = "../".repeat(page.matches('/').count());
    let mut in_code = false;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            out += line;
            continue;
        }
        let mut pieces = line.split("](");
        out += pieces.next().unwrap_or_default();
        for piece in pieces {
            let (link, rest) = piece.split_once(')').unwrap_or((piece, ""));
            let (path, anchor) = link
                .split_once('#')
                .map_or((link, String::new()), |(path, anchor)| (path, format!("#{anchor}")));
            if path.is_empty()
                || path.contains("://")
                || path.starts_with("mailto:")
                || !piece.contains(')')
            {
                out += &format!("]({piece}");
                continue;
            }
            let target = of(&join(page, path)?).map_err(|why| format!("{page}: {link}: {why}"))?;
            out += &format!("]({up}{target}{anchor}){rest}");
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_their_targets() {
        let tracked = ["a/README.md", "a/b.rs", "docs/c.md", "docs/d.yaml"].map(str::to_string);
        let of = |target: &str| match tracked.iter().any(|file| file == target)
            && target.ends_with(".rs")
        {
            true => Ok(format!("{target}.txt")),
            false => target_in_site(target, &tracked),
        };
        for (text, expected) in [
            ("[a](../a)", "[a](../a/index.md)"),
            (
                "[a](../a/README.md#x) and [b](../a/b.rs)",
                "[a](../a/index.md#x) and [b](../a/b.rs.txt)",
            ),
            (
                "[c](#here), [d](d.yaml), [e](https://e.example/)",
                "[c](#here), [d](../docs/d.yaml), [e](https://e.example/)",
            ),
            ("```md\n[a](../a)\n```\n[c](c.md)", "```md\n[a](../a)\n```\n[c](../docs/c.md)"),
        ] {
            assert_eq!(linked("docs/x.md", text, of).as_deref(), Ok(expected));
        }
        assert!(
            linked("docs/x.md", "[a](gone.md)", of)
                .unwrap_err()
                .contains("docs/gone.md does not exist")
        );
        assert!(
            linked("docs/x.md", "[a](../../x)", of).unwrap_err().contains("leaves the project")
        );
    }
}

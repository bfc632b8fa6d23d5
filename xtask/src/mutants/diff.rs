//! The difference that one edit makes, as a unified diff.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::shell::root;

/// Number of unchanged lines that are shown before and after the changed ones.
const CONTEXT: usize = 3;

/// Returns the part of a unified diff for two texts that differ in one place.
pub(super) fn hunk(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(old, new)| old == new).count()
    };
    let before = same(&mut old.iter().zip(&new));
    let most = old.len().min(new.len()) - before;
    let after = same(&mut old.iter().rev().zip(new.iter().rev()).take(most));
    let start = before.saturating_sub(CONTEXT);
    let shown_after = after.min(CONTEXT);
    let lines = |lines: &[&str], from: usize, to: usize, mark: char| -> String {
        let shown = lines.get(from..to).unwrap_or_default();
        shown.iter().map(|line| format!("{mark}{line}\n")).collect()
    };
    let (old_end, new_end) = (old.len() - after, new.len() - after);
    format!(
        "@@ -{},{} +{},{} @@\n{}{}{}{}",
        start + 1,
        old_end + shown_after - start,
        start + 1,
        new_end + shown_after - start,
        lines(&old, start, before, ' '),
        lines(&old, before, old_end, '-'),
        lines(&new, before, new_end, '+'),
        lines(&old, old_end, old_end + shown_after, ' '),
    )
}

/// Returns the source as rustfmt formats it, or unchanged if rustfmt fails or is missing.
pub(super) fn formatted(source: String) -> String {
    let rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let output = rustfmt.and_then(|mut process| {
        if let Some(mut input) = process.stdin.take() {
            input.write_all(source.as_bytes())?;
        }
        process.wait_with_output()
    });
    match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap_or(source),
        _ => source,
    }
}

#[cfg(test)]
mod tests {
    use super::hunk;

    #[test]
    fn a_hunk_shows_three_lines_around_the_change() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            hunk(old, &old.replace("5\n", "a\nb\n")),
            "@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+a\n+b\n 6\n 7\n 8\n"
        );
        assert_eq!(hunk(old, &old.replace("2\n", "")), "@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n");
        assert_eq!(hunk("1\n1\n", "1\n1\n1\n"), "@@ -1,2 +1,3 @@\n 1\n 1\n+1\n");
    }
}

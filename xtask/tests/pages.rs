//! Checks of commands on pages.

use std::fs;

use crate::sources::{files, root};

/// Returns a line of a shell without its quoted parts and its comment.
fn unquoted(line: &str) -> String {
    let mut kept = String::new();
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '#' => break,
            None => kept.push(c),
        }
    }
    kept
}

/// zsh refuses a command with a pattern that matches no file, such as an API key with a `*`.
#[test]
fn api_keys_in_commands_are_quoted() {
    let mut blocks = 0;
    for page in files(&root(), "md") {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```").skip(1).step_by(2).filter(|block| block.starts_with("sh\n"))
        {
            blocks += 1;
            for line in block.lines() {
                let rest = unquoted(line);
                let is_key = |word: &str| word.contains("KEY") && word.contains('*');
                let found = rest.split_whitespace().find(|word| is_key(word));
                assert!(found.is_none(), "{}: quote the key in {line:?}", page.display());
            }
        }
    }
    assert!(blocks > 15, "{blocks}");
}

/// A command such as `cargo install --path server/cli` names a folder of the project. Paths that lead out of it or begin with `./` are those of a
/// reader.
#[test]
fn folders_in_commands_exist() {
    let mut named = 0;
    for page in files(&root(), "md") {
        let text = fs::read_to_string(&page).unwrap();
        let words: Vec<&str> = text.split([' ', '\n', '`', '"', ',']).collect();
        for pair in words.windows(2) {
            let [option, path] = pair else { continue };
            if *option == "--path" && !path.starts_with('.') && !path.contains(['$', '<']) {
                named += 1;
                assert!(root().join(path).exists(), "{}: {path} does not exist", page.display());
            }
        }
    }
    assert!(named > 0);
}

/// Images in the format of OCI have no health check.
#[test]
fn podman_builds_the_image_in_the_format_that_keeps_the_health_check() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    assert!(read("Containerfile").contains("\nHEALTHCHECK "));
    for path in ["Containerfile", "docs/guide/edge.md"] {
        let text = read(path);
        let mut lines = text.lines().filter(|line| line.contains("podman build ")).peekable();
        assert!(lines.peek().is_some(), "{path}");
        assert!(lines.all(|line| line.contains("podman build --format docker ")), "{path}");
    }
    let ignored = read(".dockerignore");
    assert!([".git", "**/target"].iter().all(|each| ignored.lines().any(|line| line == *each)));
    assert!(!root().join(".containerignore").exists(), "podman would not read .dockerignore");
}

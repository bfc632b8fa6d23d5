//! Checks of the pages, and of the site that is made from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use super::contents::join;
use super::files::read;
use crate::output::say;
use crate::shell::{Run, root, tracked_files};
use crate::tools;

/// The largest number of clicks from the start to a page.
const CLICKS: usize = 2;
/// The limit on the compressed search index.
const INDEX_BYTES: u64 = 700_000;

/// Checks the pages as a code host shows them: links, anchors, and what only rustdoc understands.
pub(super) fn pages() -> Result<(), String> {
    let pages: Vec<String> =
        tracked_files()?.into_iter().filter(|path| path.ends_with(".md")).collect();
    let mut found = Vec::new();
    for page in &pages {
        found.extend(
            of_rustdoc(&read(&root().join(page))?).into_iter().map(|it| format!("{page}:{it}")),
        );
    }
    if !found.is_empty() {
        return Err(format!("a code host shows these lines as they are:\n{}", found.join("\n")));
    }
    links(&pages, &root())
}

/// Fails on links to files and anchors that do not exist.
fn links(files: &[String], folder: &Path) -> Result<(), String> {
    let run = tools::run(
        "lychee",
        "--offline --include-fragments --no-progress --quiet --exclude /playground/",
    )?;
    run.args(files).in_folder(folder).go()
}

/// Returns the lines with hidden lines of rustdoc, and with links to Rust items.
fn of_rustdoc(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    for (number, line) in page.lines().enumerate() {
        let problem = match (line.trim_start().strip_prefix("```"), block) {
            (Some(language), None) => {
                block = Some(language);
                None
            }
            (Some(_), Some(_)) => {
                block = None;
                None
            }
            (None, Some(language)) => {
                let is_hidden = line == "#" || line.starts_with("# ");
                (language.starts_with("rust") && is_hidden).then_some("a hidden line")
            }
            (None, None) => has_item_link(line).then_some("a link to a Rust item"),
        };
        found.extend(problem.map(|problem| format!("{}: {problem}: {line}", number + 1)));
    }
    found
}

/// Returns true if a line has a link to an item of Rust, such as `[Client]` or `[text](module::Item)`.
fn has_item_link(line: &str) -> bool {
    let target = |rest: &str| rest.split(')').next().is_some_and(|target| target.contains("::"));
    let by_path = line.split("](").skip(1).any(target)
        || (line.starts_with('[') && line.contains("]: ") && line.contains("::"));
    let by_name = line.split("[`").skip(1).any(|rest| {
        rest.split_once("`]")
            .is_some_and(|(name, after)| !name.contains('`') && !after.starts_with(['(', '[']))
    });
    by_path || by_name
}

/// Checks the site: its links, the way from the start to each page, what its pages load, and the size of its search index.
pub(super) fn site(site: &Path) -> Result<(), String> {
    let pages = files_of(site, site, &|name| name.ends_with(".html"))?;
    let mut texts = BTreeMap::new();
    for page in
        pages.iter().filter(|page| !["toc.html", "404.html", "print.html"].contains(&page.as_str()))
    {
        texts.insert(page.as_str(), read(&site.join(page))?);
    }
    loaded(&texts)?;
    clicks(&texts)?;
    index(site)?;
    let checked: Vec<String> = texts.keys().map(ToString::to_string).collect();
    links(&checked, site)
}

/// Fails if a page loads something from another host.
fn loaded(texts: &BTreeMap<&str, String>) -> Result<(), String> {
    for (page, text) in texts {
        for part in text.split('<').filter(|part| !part.starts_with("a ")) {
            let is_loaded = ["src=\"http", "src=\"//", "href=\"http", "href=\"//", "url(http"];
            if is_loaded.iter().any(|start| part.contains(start)) {
                return Err(format!("{page} loads from another host: <{part}"));
            }
        }
    }
    Ok(())
}

/// Follows the links in the texts of the pages, without the contents at the side, and fails if a page is farther away than [`CLICKS`].
fn clicks(texts: &BTreeMap<&str, String>) -> Result<(), String> {
    let mut seen = BTreeSet::from(["index.html".to_string()]);
    let mut queue = VecDeque::from([("index.html".to_string(), 0)]);
    while let Some((page, clicks)) = queue.pop_front() {
        let text = texts.get(page.as_str()).map(String::as_str).unwrap_or_default();
        let main = text.split_once("<main>").and_then(|(_, rest)| rest.split_once("</main>"));
        let linked = main.map(|(main, _)| main).unwrap_or_default().split("href=\"").skip(1);
        for link in linked.filter_map(|rest| rest.split(['"', '#']).next()) {
            let Ok(target) = join(&page, link) else { continue };
            if clicks < CLICKS && texts.contains_key(target.as_str()) && seen.insert(target.clone())
            {
                queue.push_back((target, clicks + 1));
            }
        }
    }
    let far: Vec<&str> = texts
        .keys()
        .filter(|page| !seen.contains(**page) && !page.starts_with("playground/"))
        .copied()
        .collect();
    say!("    {} pages, at most {CLICKS} clicks from the start", seen.len());
    if far.is_empty() {
        Ok(())
    } else {
        Err(format!("more than {CLICKS} clicks from the start: {}", far.join(", ")))
    }
}

/// Fails if the search index is too large for a reader who opens the site.
fn index(site: &Path) -> Result<(), String> {
    let indexes =
        files_of(site, site, &|name| name.starts_with("searchindex") && name.ends_with(".js"))?;
    let [index] = indexes.as_slice() else {
        return Err(format!("one search index, not {indexes:?}"));
    };
    Run::new("gzip -9kf").args(std::slice::from_ref(index)).in_folder(site).go()?;
    let packed = site.join(format!("{index}.gz"));
    let bytes = fs::metadata(&packed).map_err(|why| format!("{}: {why}", packed.display()))?.len();
    fs::remove_file(&packed).map_err(|why| format!("{}: {why}", packed.display()))?;
    say!("    the search index has {bytes} bytes, compressed");
    if bytes <= INDEX_BYTES {
        Ok(())
    } else {
        Err(format!("the search index has {bytes} bytes, compressed; the limit is {INDEX_BYTES}"))
    }
}

/// Returns the paths of the files below a folder whose names fit.
fn files_of(
    folder: &Path,
    base: &Path,
    fits: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut found = Vec::new();
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(failed)?.collect();
    let mut paths: Vec<PathBuf> = entries.map_err(failed)?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files_of(&path, base, fits)?);
        } else if fits(&name) {
            found.push(path.strip_prefix(base).unwrap_or(&path).display().to_string());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_rustdoc_understands_is_found() {
        let hidden =
            "```rust\n# fn main() {\nlet a = 1;\n#\n```\n# Title\n```sh\n# a comment\n```\n";
        assert_eq!(of_rustdoc(hidden), ["2: a hidden line: # fn main() {", "4: a hidden line: #"]);
        for item in [
            "See [`Client`].",
            "See [the client](crate::Client).",
            "[client]: crate::Client",
            "- [`Client`]: a handle",
        ] {
            assert_eq!(of_rustdoc(item).len(), 1, "{item}");
        }
        for good in ["[`fh`](page.md)", "`a::b` and [x](#y)", "`[0]`", "[`a`][b]"] {
            assert_eq!(of_rustdoc(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn pages_that_are_far_or_load_from_elsewhere_are_found() {
        let page = |links: &str| format!("<nav><a href=\"d.html\"></nav><main>{links}</main>");
        let link = |to: &str| page(&format!("<a href=\"{to}\">"));
        let near = [
            ("index.html", link("a/b.html#x")),
            ("a/b.html", link("../c.html")),
            ("c.html", link("d.html")),
        ];
        let mut texts: BTreeMap<&str, String> = near.into_iter().collect();
        assert_eq!(clicks(&texts), Ok(()));
        texts.insert("d.html", page(""));
        assert!(clicks(&texts).unwrap_err().ends_with("start: d.html"));
        assert_eq!(loaded(&texts), Ok(()));
        texts.insert(
            "e.html",
            "<a href=\"https://e.example\"><script src=\"https://e.example/m.js\">".into(),
        );
        assert!(loaded(&texts).unwrap_err().contains("m.js"));
    }
}

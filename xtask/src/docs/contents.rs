//! The list of all pages: `docs/README.md`, from which the contents of the site are made.

use std::path::Path;

use super::files::read;
use crate::shell::root;

/// The list, which names the pages below the headings of their parts.
const LIST: &str = "docs/README.md";
/// The page where the site starts.
pub(super) const START: &str = "README.md";
/// Folders of pages that only their own list names.
const SERIES: [&str; 1] = ["docs/adr/"];

/// A page of the site.
pub(super) struct Chapter {
    pub(super) title: String,
    /// The path below the root of the project.
    pub(super) path: String,
    /// The heading of the part, which is empty for the start and the list.
    part: String,
}

/// Returns the pages in the order of the site.
pub(super) fn chapters() -> Result<Vec<Chapter>, String> {
    let list = read(&root().join(LIST))?;
    let own = |title: &str, path: &str| Chapter {
        title: title.into(),
        path: path.into(),
        part: String::new(),
    };
    let mut chapters = vec![own("Start", START), own("All pages", LIST)];
    let mut part = String::new();
    for line in list.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            part = heading.to_string();
        }
        let link = line.strip_prefix("- [").and_then(|rest| rest.split_once("]("));
        let Some((title, (path, _))) =
            link.and_then(|(title, rest)| Some((title, rest.split_once(')')?)))
        else {
            continue;
        };
        let path = join(LIST, path)?;
        let series = SERIES.iter().find(|folder| path.starts_with(**folder));
        chapters.push(Chapter {
            title: title.replace('`', ""),
            path: path.clone(),
            part: part.clone(),
        });
        for further in series.map(|_| series_of(&path)).transpose()?.into_iter().flatten() {
            chapters.push(Chapter { part: part.clone(), ..further });
        }
    }
    Ok(chapters)
}

/// Returns the pages that a page links from the first cells of its table, with their numbers as titles.
fn series_of(page: &str) -> Result<Vec<Chapter>, String> {
    let text = read(&root().join(page))?;
    let rows = text.lines().filter_map(|line| line.strip_prefix("| [")?.split_once("]("));
    rows.filter_map(|(title, rest)| Some((title, rest.split_once(")")?)))
        .map(|(number, (path, rest))| {
            let title = rest.trim_matches([' ', '|']);
            let path = join(page, path)?;
            Ok(Chapter { title: format!("{number} {title}"), path, part: String::new() })
        })
        .collect()
}

/// Fails if a page is not in the list.
pub(super) fn check_complete(chapters: &[Chapter], tracked: &[String]) -> Result<(), String> {
    let missing: Vec<&str> = tracked
        .iter()
        .filter(|path| path.ends_with(".md"))
        .filter(|path| !chapters.iter().any(|chapter| chapter.path == **path))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("{LIST} does not list {}", missing.join(", ")))
    }
}

/// Returns the contents in the form of mdBook. The parts are folded.
pub(super) fn summary(chapters: &[Chapter]) -> String {
    let mut text = "# Summary\n\n".to_string();
    let mut part = "";
    for chapter in chapters {
        if chapter.part != part {
            part = &chapter.part;
            text += &format!("- [{part}]()\n");
        }
        let indent = if part.is_empty() { "" } else { "  " };
        text += &format!("{indent}- [{}]({})\n", chapter.title, in_site(&chapter.path));
    }
    text
}

/// Returns the path of a page in the site, where the page of a folder has the name that web servers look for.
pub(super) fn in_site(path: &str) -> String {
    match path.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => path.to_string(),
    }
}

/// Returns the path, below the root, to which a link of a page leads.
pub(super) fn join(page: &str, link: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in Path::new(link).iter().filter_map(|part| part.to_str()) {
        match part {
            "." => {}
            ".." if parts.pop().is_none() => {
                return Err(format!("{page}: {link} leaves the project"));
            }
            ".." => {}
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

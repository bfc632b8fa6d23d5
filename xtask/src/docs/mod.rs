//! `cargo xtask docs`: the pages as a static site with search, by mdBook. The pages stay plain Markdown; `docs/README.md` is the list of all.
//!
//! The site has the folders of the project, so that links keep their paths. Of files outside the pages it has copies.

mod check;
mod commands;
mod contents;
mod files;
mod source;

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::sync::OnceLock;

use self::files::write;
use crate::folders::empty_folder;
use crate::shell::{Run, root, target_folder, tracked_files};
use crate::{tools, web};

/// Builds the site and prints where it starts.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("cargo xtask docs takes no arguments".to_string());
    }
    prepare()?;
    Run::new("cargo build --locked -p fh-cli -p fh-conformance").go()?;
    let site = build(&absolute(target_folder()).map_err(|why| why.to_string())?.join("debug"))?;
    check::site(&site)?;
    println!("{}", site.join("index.html").display());
    Ok(())
}

/// Installs mdBook, the check of links, and the packages that build the playground.
pub(crate) fn prepare() -> Result<(), String> {
    tools::prepare()?;
    web::prepare()
}

/// Installs Chromium, too.
pub(crate) fn prepare_chromium() -> Result<(), String> {
    prepare()?;
    web::prepare_chromium()
}

/// Checks the pages as a code host shows them.
pub(crate) fn check_pages() -> Result<(), String> {
    tools::prepare()?;
    check::pages()
}

/// Checks the pages, builds the site with the programs of the workspace, and checks the site.
pub(crate) fn test() -> Result<(), String> {
    check::pages()?;
    check::site(&site()?)
}

/// Opens the site in Chromium, which reaches no other host.
pub(crate) fn test_in_chromium() -> Result<(), String> {
    web::test_site(&site()?)
}

/// Returns the folder of the site, which this process builds once.
fn site() -> Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = || {
        let fh = crate::workspace::binary("fh")?;
        build(fh.parent().unwrap_or(Path::new(".")))
    };
    BUILT.get_or_init(built).clone()
}

/// Builds the site with the programs of this folder, and returns the folder of the site.
fn build(programs: &Path) -> Result<PathBuf, String> {
    let book = absolute(target_folder()).map_err(|why| why.to_string())?.join("site");
    let pages = empty_folder(&book.join("src"))?;
    let tracked = tracked_files()?;
    let chapters = contents::chapters()?;
    contents::check_complete(&chapters, &tracked)?;
    source::assemble(&pages, &chapters, &tracked)?;
    commands::append(&pages.join("docs/reference/cli.md"), programs)?;
    write(&pages.join("SUMMARY.md"), &contents::summary(&chapters))?;
    for file in ["book.toml", "site.css"] {
        let from = root().join("docs").join(file);
        fs::copy(&from, book.join(file)).map_err(|why| format!("{}: {why}", from.display()))?;
    }
    tools::run("mdbook", "build")?.in_folder(&book).go()?;
    let site = book.join("html");
    web::build_playground(&site.join("playground"))?;
    Ok(site)
}

//! A chroot with the interpreters of Debian testing, where root is there.

use std::fs;
use std::path::Path;

use super::trial::{INSTALL, REQUIREMENTS, Row, Tried, test};
use super::wheels::Wheels;
use super::{PACKAGE, PAGES};
use crate::chroot::{self, Chroot, Release};
use crate::folders::empty_folder;
use crate::shell::{Run, root};

const VERSIONS: [&str; 2] = ["3.14", "3.15"];
const TESTING: Release = Release { name: "forky", packages: &["python3.14", "python3.15"] };

/// Returns a row for each version of Debian testing.
pub(crate) fn rows(tried: &Tried, wheels: &Wheels) -> Vec<Row> {
    const ORIGIN: &str = "Debian testing";
    let tree = make(&tried.folder.join("debian"), tried, wheels);
    let row = |version: &str| match &tree {
        Ok(tree) => {
            let found = tree.enter(&[], &[&format!("python{version}"), "--version"]).output();
            let found = found.unwrap_or_default().trim().replace("Python ", "");
            Row::new(found, ORIGIN, run_tests(tree, version))
        }
        Err(why) => Row::not_tried(&format!("{version}."), ORIGIN, why),
    };
    VERSIONS.map(row).into()
}

/// Fills the tree with Debian testing and what the tests need, if `debootstrap` and root are there.
fn make(folder: &Path, tried: &Tried, wheels: &Wheels) -> Result<Chroot, String> {
    chroot::prepare("the Python package runs on the interpreters of Debian testing")?;
    let tree = Chroot::fill(folder, TESTING)?;
    fill(folder, tried, wheels)?;
    Ok(tree)
}

/// Copies the package, its tests and the server into the tree.
fn fill(tree: &Path, tried: &Tried, wheels: &Wheels) -> Result<(), String> {
    let site = empty_folder(&tree.join("site"))?.display().to_string();
    let requirements = root().join(REQUIREMENTS);
    let target = ["--target".to_string(), site.clone()];
    wheels.python(INSTALL).args(&[requirements.display().to_string()]).args(&target).go()?;
    wheels
        .python("-m pip install --quiet --disable-pip-version-check --no-index --no-deps --upgrade")
        .args(&[tried.wheel.display().to_string()])
        .args(&target)
        .go()?;
    let pages = empty_folder(&tree.join("pages"))?;
    let package = pages.join(PACKAGE);
    fs::create_dir_all(&package).map_err(|why| format!("{}: {why}", package.display()))?;
    for page in PAGES {
        copy(&root().join(page), &pages.join(page))?;
    }
    for part in ["tests", "wheels", "pyproject.toml"] {
        copy(&root().join(PACKAGE).join(part), &package.join(part))?;
    }
    copy(&tried.fh, &tree.join("fh"))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    Run::new("cp -r").args(&[from.display().to_string(), to.display().to_string()]).go()
}

fn run_tests(tree: &Chroot, version: &str) -> Result<String, String> {
    let python = format!("python{version}");
    // The examples run in isolated mode, which does not read `PYTHONPATH`, so the packages stand where the interpreter looks.
    let packages = tree.folder.join("usr/local/lib").join(&python).join("dist-packages");
    fs::create_dir_all(&packages).map_err(|why| format!("{}: {why}", packages.display()))?;
    let path = packages.join("site.pth");
    fs::write(&path, "/site\n").map_err(|why| format!("{}: {why}", path.display()))?;
    test(Path::new("/pages"), |options| {
        let words = ["env", "PYTHONPATH=/site", "FH=/fh", &python, "-B"];
        let options = options.split_whitespace();
        tree.enter(&[], &words.into_iter().chain(options).collect::<Vec<_>>())
    })
}

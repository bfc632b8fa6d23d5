//! A chroot with the interpreters of Debian testing, where `debootstrap` and root are there.

use std::fs;
use std::path::Path;

use crate::python::{PACKAGE, empty_folder};
use crate::python_matrix::{INSTALL, Outcome, REQUIREMENTS, Row, Tried, smoke, summary, tests};
use crate::python_package::PAGES;
use crate::python_wheels::Wheels;
use crate::shell::{Run, root};

const VERSIONS: [&str; 2] = ["3.14", "3.15"];
/// A script that enters the tree with the file systems that the tests read.
const ENTER: &str = r#"
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
tree="$1"; shift
exec chroot "$tree" "$@"
"#;

/// Returns a row for each version of Debian testing.
pub(crate) fn rows(tried: &Tried, wheels: &Wheels) -> Vec<Row> {
    let tree = tried.folder.join("debian");
    let made = make(&tree).and_then(|()| fill(&tree, tried, wheels));
    let row = |version: &str| {
        let outcome = match &made {
            Ok(()) => Outcome::of(run_tests(&tree, version)),
            Err(why) => Outcome::NotTried(why.clone()),
        };
        let interpreter = tree.join(format!("usr/bin/python{version}"));
        let found = enter(&tree, &[&format!("python{version}"), "--version"]).output();
        let found = found.unwrap_or_default().trim().replace("Python ", "");
        let version = if interpreter.exists() { found } else { format!("{version}.") };
        Row { version, origin: "Debian testing".to_string(), outcome }
    };
    VERSIONS.map(row).into_iter().collect()
}

/// Fills the tree with Debian testing, unless an earlier run has done so.
fn make(tree: &Path) -> Result<(), String> {
    let is_made = |version: &str| tree.join(format!("usr/bin/python{version}")).exists();
    if VERSIONS.iter().all(|version| is_made(version)) {
        return Ok(());
    }
    if !Run::new("debootstrap --version").succeeds() {
        return Err("debootstrap is missing".to_string());
    }
    if !Run::new("unshare --mount true").succeeds() {
        return Err("a chroot needs root".to_string());
    }
    empty_folder(tree)?;
    let packages = VERSIONS.map(|version| format!("python{version}")).join(",");
    // The name of the script for all releases since 2000, because older versions know no script with the name of the release.
    Run::new(&format!("debootstrap --variant=minbase --include={packages} forky"))
        .args(&[tree.display().to_string(), mirror()?, "sid".to_string()])
        .output()
        .map(|_| ())
}

/// Returns the mirror of Debian that this machine uses.
fn mirror() -> Result<String, String> {
    let sites = Run::new("apt-get indextargets --format $(SITE)").output()?;
    let mut debian = sites.lines().map(|site| site.trim_end_matches('/'));
    let mirror = debian.find(|site| site.ends_with("/debian"));
    mirror.map(str::to_string).ok_or("apt names no mirror of Debian".to_string())
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

fn run_tests(tree: &Path, version: &str) -> Result<String, String> {
    let (pages, python) = (Path::new("/pages"), format!("python{version}"));
    let package = pages.join(PACKAGE);
    let run = |options: &[&str], arguments: Vec<String>| {
        let words = ["env", "PYTHONPATH=/site", "FH=/fh", &python, "-B"];
        enter(tree, &[&words, options].concat()).args(&arguments)
    };
    // The examples run in isolated mode, which does not read `PYTHONPATH`, so the packages stand where the interpreter looks.
    let packages = tree.join("usr/local/lib").join(&python).join("dist-packages");
    fs::create_dir_all(&packages).map_err(|why| format!("{}: {why}", packages.display()))?;
    let path = packages.join("site.pth");
    fs::write(&path, "/site\n").map_err(|why| format!("{}: {why}", path.display()))?;
    run(&[], smoke(pages, &package)).go()?;
    summary(run(&["-m", "pytest", "-q", "-p", "no:cacheprovider"], tests(&package)))
}

/// Returns a run of a program in the tree.
fn enter(tree: &Path, words: &[&str]) -> Run {
    let mut arguments = vec![ENTER.to_string(), "sh".to_string(), tree.display().to_string()];
    arguments.extend(words.iter().map(ToString::to_string));
    Run::new("unshare --mount sh -ec").args(&arguments)
}

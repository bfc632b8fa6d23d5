//! Trees with another release of Debian, and programs that run in them. `debootstrap` fills a tree once, and entering it needs root.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folders::empty_folder;
use crate::install;
use crate::shell::Run;

/// A script that enters the tree with the file systems that programs read, and with folders of this machine. Its arguments are the tree,
/// pairs of a folder and its path in the tree, `--`, and the program.
const ENTER: &str = r#"
mount --make-rprivate /
tree="$1"; shift
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
while [ "$1" != -- ]; do
    mkdir -p "$tree$2"
    mount --bind "$1" "$tree$2"
    shift 2
done
shift
exec chroot "$tree" "$@"
"#;
/// The file in a tree that tells what the tree was filled with. A tree without this file is incomplete.
const FILLED: &str = "filled-by-xtask";

/// A release of Debian, and the packages that are installed besides the smallest system.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    pub(crate) name: &'static str,
    pub(crate) packages: &'static [&'static str],
}

/// A folder of this machine in a tree.
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    /// The absolute path in the tree.
    pub(crate) path: String,
}

/// A tree that is filled.
pub(crate) struct Chroot {
    pub(crate) folder: PathBuf,
}

/// Installs `debootstrap`, and checks that this machine can enter a tree.
///
/// # Errors
/// The package cannot be installed, or this user may not mount file systems.
pub(crate) fn prepare(reason: &str) -> Result<(), String> {
    install::package("debootstrap --version", "debootstrap", reason)?;
    Run::new("unshare --mount mount --make-rprivate /")
        .output()
        .map(|_| ())
        .map_err(|why| format!("a chroot needs root and the permission to mount: {why}"))
}

impl Chroot {
    /// Fills a folder with a release, unless an earlier run has done so.
    pub(crate) fn fill(folder: &Path, release: Release) -> Result<Self, String> {
        let tree = Self { folder: folder.to_owned() };
        let (mark, packages) = (folder.join(FILLED), release.packages.join(","));
        let contents = format!("{} with {packages}", release.name);
        if fs::read_to_string(&mark).is_ok_and(|filled| filled == contents) {
            return Ok(tree);
        }
        let reason = "programs run in it that this machine's release does not have";
        install::announce(&format!("Debian {contents} into a folder"), reason)?;
        empty_folder(folder)?;
        // The name of the script for all releases since 2000, because older versions know no script with the name of the release.
        // In a name space of its own, so that an interrupted run leaves nothing mounted.
        Run::new(&format!(
            "unshare --mount debootstrap --variant=minbase --include={packages} {}",
            release.name
        ))
        .args(&[folder.display().to_string(), mirror()?, "sid".to_string()])
        .output()?;
        // The downloaded packages are a quarter of the folder.
        empty_folder(&folder.join("var/cache/apt/archives"))?;
        fs::write(&mark, contents).map_err(|why| format!("{}: {why}", mark.display()))?;
        Ok(tree)
    }

    /// Returns a run of a program in the tree.
    pub(crate) fn enter(&self, shared: &[Shared], words: &[&str]) -> Run {
        Run::new("unshare --mount sh -ec").args(&self.arguments(shared, words))
    }

    /// Returns the arguments of a shell that enters the tree: the script, its name, and its arguments.
    pub(crate) fn arguments(&self, shared: &[Shared], words: &[&str]) -> Vec<String> {
        let mut arguments =
            vec![ENTER.to_string(), "sh".to_string(), self.folder.display().to_string()];
        for Shared { folder, path } in shared {
            arguments.extend([folder.display().to_string(), path.clone()]);
        }
        arguments.push("--".to_string());
        arguments.extend(words.iter().map(ToString::to_string));
        arguments
    }
}

/// Returns the mirror of Debian that this machine uses.
fn mirror() -> Result<String, String> {
    let sites = Run::new("apt-get indextargets --format $(SITE)").output()?;
    let mut debian = sites.lines().map(|site| site.trim_end_matches('/'));
    let mirror = debian.find(|site| site.ends_with("/debian"));
    mirror.map(str::to_string).ok_or("apt names no mirror of Debian".to_string())
}

//! Maven projects as those of users, with the packages of a repository.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::maven::PACKAGE;
use super::pages::{Example, Pages};
use super::repository::Repository;
use crate::folders::empty_folder;
use crate::shell::{Run, root};

/// The project without what a user pastes from the pages.
const TEMPLATE: &str = "packaging/fresh-project.xml";
/// The places of the XML in the project.
const REPOSITORIES: &str = "<!-- the repositories -->";
const MANAGED: &str = "<!-- the managed dependencies -->";
const DEPENDENCIES: &str = "<!-- the dependencies -->";
/// The repository on the pages.
const ON_PAGES: &str = "/path/of/the/clone/target/kotlin/repository";

/// A Maven project in a new folder outside the build tree.
pub(super) struct Project(PathBuf);

impl Project {
    /// Creates the project with a copy of the repository.
    pub(super) fn create(repository: &Repository) -> Result<Self, String> {
        let name = format!("fh-fresh-project-{}", std::process::id());
        let folder = empty_folder(&std::env::temp_dir().join(name))?;
        let copy = [&repository.folder, &folder.join("packages")];
        Run::new("cp -R").args(&copy.map(|path| path.display().to_string())).go()?;
        let downloaded = folder.join("downloaded");
        fs::create_dir(&downloaded).map_err(|why| format!("{}: {why}", downloaded.display()))?;
        link_downloads(&downloaded)?;
        Ok(Self(folder))
    }

    /// Writes the project with the repository of the pages, and with this XML. The sources of a former project are deleted.
    pub(super) fn write_pom(
        &self,
        pages: &Pages,
        managed: &str,
        dependencies: &str,
    ) -> Result<(), String> {
        let template = root().join(PACKAGE).join(TEMPLATE);
        let failed = |why: std::io::Error| format!("{}: {why}", template.display());
        let project = fs::read_to_string(&template).map_err(failed)?;
        let packages = self.0.join("packages").display().to_string();
        let project = project
            .replace(REPOSITORIES, &pages.repositories.replace(ON_PAGES, &packages))
            .replace(MANAGED, managed)
            .replace(DEPENDENCIES, dependencies);
        for folder in ["src", "target"] {
            empty_folder(&self.0.join(folder))?;
        }
        self.write("pom.xml", &project)
    }

    /// Compiles the programs, with further arguments of Maven.
    pub(super) fn build(&self, programs: &[&Example], arguments: &[String]) -> Result<(), String> {
        for program in programs {
            self.write(&format!("src/main/{}", program.file), &program.text)?;
        }
        Run::new("mvn -B -q -Dstyle.color=never package")
            .args(&[format!("-Dmaven.repo.local={}", self.0.join("downloaded").display())])
            .args(arguments)
            .in_folder(&self.0)
            .go()
    }

    pub(super) fn class_path(&self) -> [String; 2] {
        ["target/classes", "target/libraries/*"].map(|name| self.0.join(name).display().to_string())
    }

    pub(super) fn module_path(&self) -> String {
        ["target/classes", "target/libraries"]
            .map(|name| self.0.join(name).display().to_string())
            .join(":")
    }

    pub(super) fn delete(self) -> Result<(), String> {
        fs::remove_dir_all(&self.0).map_err(|why| format!("{}: {why}", self.0.display()))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(name);
        let failed = |why: std::io::Error| format!("{}: {why}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, text).map_err(failed)
    }
}

/// Links the groups of packages that Maven has downloaded for the user, except ours, which come from the copied repository.
fn link_downloads(folder: &Path) -> Result<(), String> {
    let Some(home) = std::env::home_dir() else { return Ok(()) };
    let Ok(groups) = fs::read_dir(home.join(".m2/repository")) else { return Ok(()) };
    for group in groups.filter_map(Result::ok).filter(|group| group.file_name() != "fh") {
        symlink(group.path(), folder.join(group.file_name())).map_err(|why| why.to_string())?;
    }
    Ok(())
}

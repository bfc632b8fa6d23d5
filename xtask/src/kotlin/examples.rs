//! The examples of the pages, which a fresh Maven project runs with the packages of a repository.
//!
//! A block of Kotlin or Java with a `main` is a program. It runs as it stands, except for the URL and the API key, with the dependencies of the
//! blocks of XML. It must end by itself at the end of its input, and print the value that the Edge has for Mara.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::java;
use super::repository::Repository;
use crate::local_edge::Edge;
use crate::output::say;
use crate::page_examples::{self, blocks};
use crate::python::empty_folder;
use crate::shell::{Run, root};

/// The pages with examples. The one that does not exist yet is left out.
const PAGES: [&str; 2] = ["bindings/kotlin/README.md", "docs/kotlin.md"];
const PROJECT: &str = "bindings/kotlin/packaging/fresh-project.xml";
/// The place of the pages' dependencies in the project.
const DEPENDENCIES: &str = "<!-- the dependencies of the pages -->";
const COLOUR: &str = "blue";

/// A program of a page.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    /// The file below the folder of the sources.
    file: String,
    class: String,
    text: String,
}

/// Runs the examples of all pages with the packages of a repository, which is copied first.
pub(super) fn run(repository: &Repository) -> Result<(), String> {
    let project = Project::create(repository)?;
    let edge = Edge::start("kotlin", COLOUR)?;
    let (mut examples, mut dependencies) = (Vec::new(), String::new());
    for (number, page) in PAGES.iter().filter(|page| root().join(page).exists()).enumerate() {
        let text = page_examples::read(page, &edge)?;
        for block in blocks(&text, "xml").filter(|block| block.contains("<dependency>")) {
            dependencies.push_str(block);
        }
        examples.extend(programs(&text, &format!("page{number}")));
    }
    if examples.is_empty() {
        return Err(format!("there is no program in {PAGES:?}"));
    }
    project.build(&dependencies, &examples)?;
    for example in &examples {
        let lines = java::start(&project.class_path(), &example.class, &[], &[])?.rest()?;
        if !lines.iter().any(|line| line.contains(COLOUR)) {
            return Err(format!("{} printed {lines:?}, without {COLOUR}", example.class));
        }
        say!("    {} has run against fh serve, and printed {lines:?}", example.class);
    }
    fs::remove_dir_all(&project.0).map_err(|why| format!("{}: {why}", project.0.display()))
}

/// Returns the programs of a page, each in a package of its own.
fn programs(page: &str, name: &str) -> Vec<Example> {
    let of = |language: &'static str, main: &'static str| {
        blocks(page, language).filter(move |block| block.contains(main)).enumerate()
    };
    let kotlin = of("kotlin", "fun main(").map(|(number, text)| {
        let package = format!("{name}.kotlin{number}");
        Example {
            file: format!("kotlin/{name}/kotlin{number}/Example.kt"),
            class: format!("{package}.ExampleKt"),
            text: format!("package {package}\n{text}\n"),
        }
    });
    let java = of("java", "static void main(").filter_map(|(number, text)| {
        let package = format!("{name}.java{number}");
        let (_, rest) = text.split_once("class ")?;
        let class = rest.split(' ').next()?;
        Some(Example {
            file: format!("java/{name}/java{number}/{class}.java"),
            class: format!("{package}.{class}"),
            text: format!("package {package};\n{text}\n"),
        })
    });
    kotlin.chain(java).collect()
}

/// A Maven project in a new folder outside the build tree.
struct Project(PathBuf);

impl Project {
    /// Creates the project with a copy of the repository.
    fn create(repository: &Repository) -> Result<Self, String> {
        let name = format!("fh-fresh-project-{}", std::process::id());
        let folder = empty_folder(&std::env::temp_dir().join(name))?;
        let copy = [&repository.folder, &folder.join("packages")];
        Run::new("cp -R").args(&copy.map(|path| path.display().to_string())).go()?;
        let downloaded = folder.join("downloaded");
        fs::create_dir(&downloaded).map_err(|why| format!("{}: {why}", downloaded.display()))?;
        link_downloads(&downloaded)?;
        Ok(Self(folder))
    }

    /// Compiles the programs.
    fn build(&self, dependencies: &str, examples: &[Example]) -> Result<(), String> {
        let template = root().join(PROJECT);
        let failed = |why: std::io::Error| format!("{}: {why}", template.display());
        let project = fs::read_to_string(&template).map_err(failed)?;
        self.write("pom.xml", &project.replace(DEPENDENCIES, dependencies))?;
        for example in examples {
            self.write(&format!("src/main/{}", example.file), &example.text)?;
        }
        Run::new("mvn -B -q -Dstyle.color=never package")
            .args(&[
                format!("-Dmaven.repo.local={}", self.0.join("downloaded").display()),
                format!("-Dpackages=file://{}", self.0.join("packages").display()),
            ])
            .in_folder(&self.0)
            .go()
    }

    fn class_path(&self) -> [String; 2] {
        ["target/classes", "target/libraries/*"].map(|name| self.0.join(name).display().to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_blocks_with_a_main() {
        let page = "Text\n\n```kotlin\nval fragment = 1\n```\n\n```kotlin\nfun main() {\n}\n```\n\n```java\nimport x.Y;\n\npublic class Shop {\n    \
             public static void main(String[] a) {}\n}\n```\n\n```java\nclass Part {}\n```\n";
        let found = programs(page, "readme");
        let kotlin = Example {
            file: "kotlin/readme/kotlin0/Example.kt".to_string(),
            class: "readme.kotlin0.ExampleKt".to_string(),
            text: "package readme.kotlin0\nfun main() {\n}\n".to_string(),
        };
        assert_eq!(found.first(), Some(&kotlin));
        let java = found.get(1).map(|java| (java.file.as_str(), java.class.as_str()));
        assert_eq!(java, Some(("java/readme/java0/Shop.java", "readme.java0.Shop")));
        assert_eq!(found.len(), 2);
    }
}

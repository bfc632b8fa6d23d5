//! The programs of the pages, and the XML that a user pastes into a project.

use crate::local_edge::Edge;
use crate::page_examples::{self, blocks};

/// The pages with examples. The first one has the programs that run in all hosts.
const PAGES: [&str; 2] = ["bindings/kotlin/README.md", "docs/guide/kotlin.md"];
pub(super) const COLOUR: &str = "blue";
/// The value of the feature that the first programs of the guides read.
pub(super) const BANNER: &str = "Hello";

/// A program of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Example {
    /// The file below the folder of the sources.
    pub(super) file: String,
    pub(super) class: String,
    pub(super) text: String,
}

/// The programs of the pages, and the XML that a user pastes into a project.
pub(super) struct Pages {
    pub(super) edge: Edge,
    pub(super) programs: Vec<Example>,
    pub(super) repositories: String,
    pub(super) dependencies: String,
    /// The versions that a project with an older OkHttp needs.
    pub(super) managed: String,
}

impl Pages {
    /// Starts an Edge, and reads the pages with its URL and its keys.
    pub(super) fn read() -> Result<Self, String> {
        let edge = Edge::start("kotlin", COLOUR)?;
        let mut pages = Self {
            edge,
            programs: Vec::new(),
            repositories: String::new(),
            dependencies: String::new(),
            managed: String::new(),
        };
        for (number, page) in PAGES.iter().enumerate() {
            let text = page_examples::read(page, &pages.edge)?;
            for block in blocks(&text, "xml") {
                match block.lines().next() {
                    Some("<repositories>") => pages.repositories = block.to_string(),
                    Some("<dependencyManagement>") => pages.managed = block.to_string(),
                    // A whole project, which `cargo xtask dist check` builds.
                    Some(line) if line.starts_with("<project ") => {}
                    // Both pages have the dependency of the client.
                    _ if pages.dependencies.contains(block) => {}
                    _ => pages.dependencies.push_str(block),
                }
            }
            pages.programs.extend(programs(&text, &format!("page{number}")));
        }
        Ok(pages)
    }

    /// Returns the programs of the first page.
    pub(super) fn first(&self) -> impl Iterator<Item = &Example> {
        self.programs.iter().filter(|program| program.file.contains("/page0/"))
    }
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

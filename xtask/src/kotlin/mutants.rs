//! Mutants of the packages, each of which the named test must find. A mutant that panics must become an exception.

use std::path::{Path, PathBuf};

use super::PACKAGE;
use crate::mutants::{copy_to, write_if_changed};
use crate::output::say;
use crate::shell::{Run, root, target_folder, tracked_files};

/// A mutant: a text of a file that is replaced, and the test that finds it.
struct Mutant {
    name: &'static str,
    file: &'static str,
    find: &'static str,
    with: &'static str,
    /// The module, and the class with the beginning of the test's name.
    test: (&'static str, &'static str),
    /// A text in the output of the test that fails.
    found: &'static str,
}

/// The file of the library on Linux.
const LIBRARY: &str = "libfh_jni.so";
const PANIC: &str = "fh-client failed: a mutant";
const FAILED: &str = "FAILURE!";

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the native memory of a collected client is kept",
        file: "client/src/main/kotlin/fh/client/internal/Collected.kt",
        find: "            reference.free()\n",
        with: "",
        test: ("client", "LifeTest#clients that are forgotten*"),
        found: FAILED,
    },
    Mutant {
        name: "a text is cut into bytes",
        file: "src/env.rs",
        find: "Some(String::from_utf16_lossy(&units))",
        with: "Some(units.iter().map(|unit| char::from(*unit as u8)).collect())",
        test: ("client", "ReadsTest#texts cross*"),
        found: FAILED,
    },
    Mutant {
        name: "a closed client keeps the functions of the program",
        file: "client/src/main/kotlin/fh/client/Client.kt",
        find: "closedAsync().thenRun { native.forgetFunctions() }",
        with: "closedAsync()",
        test: ("client", "LifeTest#a closed client is collected*"),
        found: FAILED,
    },
    Mutant {
        name: "a lone surrogate crosses as it is",
        file: "client/src/main/kotlin/fh/client/internal/Texts.kt",
        find: "if (none { it.isSurrogate() }) return this",
        with: "if (length >= 0) return this",
        test: ("client", "ReadsTest#a lone surrogate*"),
        found: FAILED,
    },
    Mutant {
        name: "a key has the number of another key",
        file: "src/client.rs",
        find: "block.get(number % BLOCK)?.get()",
        with: "block.get(number % 32)?.get()",
        test: ("client", "ReadsTest#a client reads more keys*"),
        found: FAILED,
    },
    Mutant {
        name: "a thread takes a context for another one",
        file: "src/contexts.rs",
        find: "used.number == number && used.client == client_number",
        with: "used.client == client_number",
        test: ("client", "ReadsTest#a client reads more keys*"),
        found: FAILED,
    },
    Mutant {
        name: "a registration does not end",
        file: "src/natives.rs",
        find: "            registered.cancel();\n",
        with: "            registered.detach();\n",
        test: ("client", "LifeTest#listeners get changes*"),
        found: FAILED,
    },
    Mutant {
        name: "a thread of listeners keeps the program running",
        file: "client/src/main/kotlin/fh/client/internal/Bridge.kt",
        find: "thread.isDaemon = true",
        with: "thread.isDaemon = false",
        test: ("client", "LifeTest#a listener may close*"),
        found: FAILED,
    },
    Mutant {
        name: "the platform is not told that a request is given up",
        file: "src/exchanges.rs",
        find: "    exchange.on_cancel(move || {\n",
        with: "    exchange.on_cancel(move || {\n        if runnable.raw() as usize != 0 { return; }\n",
        test: ("client", "LifeTest#a transport that breaks*"),
        found: FAILED,
    },
    Mutant {
        name: "a failure of TLS is one of the connection",
        file: "src/exchanges.rs",
        find: "2 => TransportErrorKind::Tls",
        with: "2 => TransportErrorKind::Connect",
        test: ("client", "LifeTest#bodies that are wrong*"),
        found: FAILED,
    },
    Mutant {
        name: "an operation that was begun is never stepped",
        file: "src/tasks.rs",
        find: "PUMP.post(Job::Poll(task))",
        with: "drop(task)",
        test: ("client", "FaceTest#operations that end later*"),
        found: FAILED,
    },
    Mutant {
        name: "a panic in a read",
        file: "src/natives.rs",
        find: "        let value = read.of(env, Client::boolean, Context::boolean);",
        with: "        let value = read.of(env, |_, _| panic!(\"a mutant\"), Context::boolean);",
        test: ("client", "ReadsTest#a read of another type*"),
        found: PANIC,
    },
    Mutant {
        name: "a panic in an operation",
        file: "src/natives.rs",
        find: "env.text(&written(operations::perform(&own.client, &request)))",
        with: "if request.contains(\"isCatching\") { panic!(\"a mutant\") } else { env.text(&written(operations::perform(&own.client, &request))) }",
        test: ("client", "FaceTest#updates are held back*"),
        found: PANIC,
    },
    Mutant {
        name: "a panic in a report of the platform",
        file: "src/exchanges.rs",
        find: "    let Some(exchange) = EXCHANGES.get(exchange) else { return };\n    let pairs",
        with: "    let Some(exchange) = EXCHANGES.get(exchange) else { return };\n    if status == 500 { panic!(\"a mutant\") }\n    let pairs",
        test: ("client", "LifeTest#a transport that breaks*"),
        found: PANIC,
    },
    Mutant {
        name: "a panic in the queue of functions",
        file: "src/jobs.rs",
        find: "    while let Some((job, progress)) = place.next() {\n",
        with: "    while let Some((job, progress)) = place.next() {\n        if matches!(job, Job::Logs) { panic!(\"a mutant\") }\n",
        test: ("client", "FaceTest#log records go*"),
        found: PANIC,
    },
];

impl Mutant {
    /// Returns true for a mutant in the native library, after which no class is compiled again.
    fn is_native(&self) -> bool {
        self.file.starts_with("src/")
    }
}

/// Applies each mutant in turn, and fails if a test does not find it.
pub(crate) fn run() -> Result<(), String> {
    let copy = write_copy(None)?;
    let (printed, outcome) = maven(&copy, "client", "test-compile")?;
    outcome.map_err(|why| format!("{why}\n{printed}"))?;
    let (native, other): (Vec<&Mutant>, Vec<&Mutant>) =
        MUTANTS.iter().partition(|mutant| mutant.is_native());
    let mut missed = Vec::new();
    for mutant in native.into_iter().chain(other) {
        match found(mutant)? {
            true => say!("    found: {}", mutant.name),
            false => missed.push(mutant.name),
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join("; "))) }
}

/// Applies a mutant, and returns true if its test finds it.
fn found(mutant: &Mutant) -> Result<bool, String> {
    let copy = write_copy(Some(mutant))?;
    build_library(&copy)?;
    let (module, test) = mutant.test;
    let goals = if mutant.is_native() { "surefire:test" } else { "-am test" };
    let (printed, outcome) = maven(&copy, module, &format!("'-Dtest={test}' {goals}"))?;
    if printed.contains("COMPILATION ERROR") || printed.contains("Compilation failure") {
        return Err(format!("{}: the mutant does not compile: {printed}", mutant.name));
    }
    Ok(outcome.is_err() && printed.contains(mutant.found))
}

/// Builds the native library of the copy.
fn build_library(copy: &Path) -> Result<(), String> {
    let build = absolute(&target_folder().join("kotlin/mutants-build"))?;
    Run::new("cargo build --locked --quiet -p fh-jni")
        .env("RUSTFLAGS", "-A warnings")
        .env("CARGO_TARGET_DIR", &build.display().to_string())
        .in_folder(copy)
        .go()?;
    let bytes = std::fs::read(build.join("debug").join(LIBRARY)).map_err(|why| why.to_string())?;
    write_if_changed(&native(copy).join(LIBRARY), &bytes)
}

/// Returns the folder of the library that the tests of the copy load.
fn native(copy: &Path) -> PathBuf {
    let system = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    copy.join("native").join(system)
}

/// Runs goals of Maven with a module of the copy. Returns the standard output and the standard error, to which a panic on a thread of the
/// package is written.
fn maven(copy: &Path, module: &str, goals: &str) -> Result<(String, Result<(), String>), String> {
    let line = format!(
        "mvn -B -q -Dstyle.color=never -Dsurefire.useFile=false -Dsurefire.failIfNoSpecifiedTests=false \
         -Dfh.native='{}' '-Dfh.arguments=-Dfh.client.library={}' -pl {module} {goals} 2>&1",
        copy.join("native").display(),
        native(copy).join(LIBRARY).display(),
    );
    Run::new("sh -c").args(&[line]).in_folder(&copy.join(PACKAGE)).capture()
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|why| why.to_string())
}

/// Writes a copy of the project with a mutant.
fn write_copy(mutant: Option<&Mutant>) -> Result<PathBuf, String> {
    let changed = mutant.map(mutated).transpose()?;
    let with =
        |file: &str| changed.as_ref().filter(|(own, _)| own == file).map(|(_, text)| text.clone());
    let folder = absolute(&target_folder().join("kotlin/mutants"))?;
    copy_to(&folder, &tracked_files()?, with)?;
    Ok(folder)
}

/// Returns the path and the text of a file with a mutant.
fn mutated(mutant: &Mutant) -> Result<(String, String), String> {
    let file = format!("{PACKAGE}/{}", mutant.file);
    let text =
        std::fs::read_to_string(root().join(&file)).map_err(|why| format!("{file}: {why}"))?;
    match text.matches(mutant.find).count() {
        1 => Ok((file, text.replace(mutant.find, mutant.with))),
        times => Err(format!("{}: {file} contains {:?} {times} times", mutant.name, mutant.find)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_have_their_place_in_the_sources() {
        for mutant in MUTANTS {
            assert_eq!(mutated(mutant).map(|_| ()), Ok(()));
        }
    }
}

//! Mutants of the packages, each of which the named test must find. A mutant that panics must become an exception.

use std::path::{Path, PathBuf};

use super::PACKAGE;
use crate::mutants::package::{MutatedPackage, PackageMutant};
use crate::mutants::write_if_changed;
use crate::shell::Run;

/// The file of the library on Linux.
const LIBRARY: &str = "libfh_jni.so";
const PANIC: &str = "fh-client failed: a mutant";
const FAILED: &str = "FAILURE!";

/// The packages with their mutants. Each test is a class of the module `client` with the beginning of the test's name.
pub(crate) const MUTATED: MutatedPackage = MutatedPackage {
    folder: PACKAGE,
    copies: "kotlin",
    library: ("fh-jni", LIBRARY),
    mutants: MUTANTS,
};

const MUTANTS: &[PackageMutant] = &[
    PackageMutant {
        name: "the native memory of a collected client is kept",
        file: "client/src/main/kotlin/fh/client/internal/Collected.kt",
        find: "            reference.free()\n",
        with: "",
        test: "LifeTest#clients that are forgotten*",
        found: FAILED,
    },
    PackageMutant {
        name: "an object is freed while its number is in use",
        file: "client/src/main/kotlin/fh/client/internal/Handle.kt",
        find: "                Bridge.keepReachable(handles)\n",
        with: "",
        test: "HandleTest#*",
        found: FAILED,
    },
    PackageMutant {
        name: "a text is cut into bytes",
        file: "src/env.rs",
        find: "Some(String::from_utf16_lossy(&units))",
        with: "Some(units.iter().map(|unit| char::from(*unit as u8)).collect())",
        test: "ReadsTest#texts cross*",
        found: FAILED,
    },
    PackageMutant {
        name: "a closed client keeps the functions of the program",
        file: "client/src/main/kotlin/fh/client/Client.kt",
        find: ".thenRun { native.end() }",
        with: "",
        test: "LifeTest#a closed client is collected*",
        found: FAILED,
    },
    PackageMutant {
        name: "a lone surrogate crosses as it is",
        file: "client/src/main/kotlin/fh/client/internal/Texts.kt",
        find: "if (none { it.isSurrogate() }) return this",
        with: "if (length >= 0) return this",
        test: "ReadsTest#a lone surrogate*",
        found: FAILED,
    },
    PackageMutant {
        name: "a key has the number of another key",
        file: "src/numbered.rs",
        find: "block.get(number % BLOCK)?.get()",
        with: "block.get(number % 32)?.get()",
        test: "ReadsTest#a client reads more keys*",
        found: FAILED,
    },
    PackageMutant {
        name: "a thread takes a context for another one",
        file: "src/contexts.rs",
        find: "used.number == number;",
        with: "used.number != 0;",
        test: "ReadsTest#a client reads more keys*",
        found: FAILED,
    },
    PackageMutant {
        name: "a registration does not end",
        file: "src/natives.rs",
        find: "            registered.cancel();\n",
        with: "            registered.detach();\n",
        test: "LifeTest#listeners get changes*",
        found: FAILED,
    },
    PackageMutant {
        name: "a thread of listeners keeps the program running",
        file: "client/src/main/kotlin/fh/client/http/LibraryThreads.kt",
        find: "isDaemon = true",
        with: "isDaemon = false",
        test: "LifeTest#a listener may close*",
        found: FAILED,
    },
    PackageMutant {
        name: "the platform is not told that a request is given up",
        file: "src/exchanges.rs",
        find: "    exchange.on_cancel(move || {\n",
        with: "    exchange.on_cancel(move || {\n        if runnable.raw() as usize != 0 { return; }\n",
        test: "LifeTest#a transport that breaks*",
        found: FAILED,
    },
    PackageMutant {
        name: "a failure of TLS is one of the connection",
        file: "src/exchanges.rs",
        find: "2 => TransportErrorKind::Tls",
        with: "2 => TransportErrorKind::Connect",
        test: "LifeTest#bodies that are wrong*",
        found: FAILED,
    },
    PackageMutant {
        name: "an operation that was begun is never stepped",
        file: "src/tasks.rs",
        find: "PUMP.post(Job::Poll(task))",
        with: "drop(task)",
        test: "FaceTest#operations that end later*",
        found: FAILED,
    },
    PackageMutant {
        name: "a panic in a read",
        file: "src/natives.rs",
        find: "        let value = read.of(env, Client::boolean, Context::boolean);",
        with: "        let value = read.of(env, |_, _| panic!(\"a mutant\"), Context::boolean);",
        test: "ReadsTest#a read of another type*",
        found: PANIC,
    },
    PackageMutant {
        name: "a panic in an operation",
        file: "src/natives.rs",
        find: "env.text(&written(operations::perform(&own.client, &request)))",
        with: "if request.contains(\"isCatching\") { panic!(\"a mutant\") } else { env.text(&written(operations::perform(&own.client, &request))) }",
        test: "FaceTest#updates are held back*",
        found: PANIC,
    },
    PackageMutant {
        name: "a panic in a report of the platform",
        file: "src/exchanges.rs",
        find: "    let Some(exchange) = EXCHANGES.get(exchange) else { return };\n    let pairs",
        with: "    let Some(exchange) = EXCHANGES.get(exchange) else { return };\n    if status == 500 { panic!(\"a mutant\") }\n    let pairs",
        test: "LifeTest#a transport that breaks*",
        found: PANIC,
    },
    PackageMutant {
        name: "a panic in the queue of functions",
        file: "src/jobs.rs",
        find: "    while let Some((job, progress)) = place.next() {\n",
        with: "    while let Some((job, progress)) = place.next() {\n        if matches!(job, Job::Logs) { panic!(\"a mutant\") }\n",
        test: "FaceTest#log records go*",
        found: PANIC,
    },
];

/// Applies each mutant in turn, and fails if a test does not find it.
pub(crate) fn run() -> Result<(), String> {
    let copy = MUTATED.write_copy(None)?;
    let (printed, outcome) = maven(&copy, "test-compile")?;
    outcome.map_err(|why| format!("{why}\n{printed}"))?;
    MUTATED.find_all(finds)
}

/// Returns true if the test of a mutant, which was applied to the copy, finds it.
fn finds(mutant: &PackageMutant, copy: &Path) -> Result<bool, String> {
    build_library(copy)?;
    let goals = if mutant.is_native() { "surefire:test" } else { "-am test" };
    let (printed, outcome) = maven(copy, &format!("'-Dtest={}' {goals}", mutant.test))?;
    if printed.contains("COMPILATION ERROR") || printed.contains("Compilation failure") {
        return Err(format!("{}: the mutant does not compile: {printed}", mutant.name));
    }
    Ok(outcome.is_err() && printed.contains(mutant.found))
}

/// Builds the native library of the copy.
fn build_library(copy: &Path) -> Result<(), String> {
    let library = MUTATED.build_library(copy)?;
    let bytes = std::fs::read(library).map_err(|why| why.to_string())?;
    write_if_changed(&native(copy).join(LIBRARY), &bytes)
}

/// Returns the folder of the library that the tests of the copy load.
fn native(copy: &Path) -> PathBuf {
    let system = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    copy.join("native").join(system)
}

/// Runs goals of Maven with the module `client` of the copy. Returns the standard output and the standard error, to which a panic on a thread
/// of the package is written.
fn maven(copy: &Path, goals: &str) -> Result<(String, Result<(), String>), String> {
    let line = format!(
        "mvn -B -q -Dstyle.color=never -Dsurefire.useFile=false -Dsurefire.failIfNoSpecifiedTests=false \
         -Dfh.native='{}' '-Dfh.arguments=-Dfh.client.library={}' -pl client {goals} 2>&1",
        copy.join("native").display(),
        native(copy).join(LIBRARY).display(),
    );
    Run::new("sh -c").args(&[line]).in_folder(&copy.join(PACKAGE)).capture()
}

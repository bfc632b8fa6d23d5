//! The packages for Kotlin and Java against the conformance suite, with each of their HTTP stacks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::kotlin;
use crate::shell::{root, target_folder};
use crate::subjects::{self, path, select};
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

/// The names of the packages in the table of subjects.
const OVER_JDK: &str = "fh-kotlin-jdk";
const OVER_OKHTTP: &str = "fh-kotlin-okhttp";

/// The folder of the adapter's module.
const ADAPTER: &str = "bindings/kotlin/conformance/target";
const JAR: &str = "fh-client-conformance-0.1.0.jar";

/// The options of the virtual machine. Processes are many and short, so compiling quickly matters more than compiling well. The heap is
/// smaller than the memory that a client may take, because a larger one grows with the garbage before anything is collected.
const OPTIONS: [&str; 4] =
    ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx48m"];

/// The scenarios of `cargo xtask test`: what crosses between Kotlin and Rust, and what the HTTP stack does. The rules behind them run in Rust.
const SCENARIOS: [&str; 22] = [
    "P-008",        // headers of the program
    "P-009",        // a context with all characters
    "P-027",        // gzip
    "P-028",        // redirects
    "P-030",        // test updates
    "C-POLL-025",   // a time limit before the head
    "C-POLL-029",   // a body that is too short
    "C-STREAM-002", // an update
    "C-STREAM-011", // a reset connection
    "C-STREAM-032", // an invalid certificate
    "C-STREAM-034", // a certificate authority of the program
    "C-STREAM-035", // a proxy of the program
    "C-READY-003",  // a wait that ends without features
    "C-LISTEN-003", // listeners of contexts
    "C-LISTEN-006", // listeners that throw
    "C-LISTEN-007", // listeners that change listeners
    "C-LISTEN-011", // texts of updates
    "C-CR-002",     // catch & release
    "C-INT-006",    // types of overrides
    "C-INT-008",    // the end of interceptors
    "C-USE-008",    // events of the program
    "C-CLOSE-003",  // the end while a connection is opened
];

/// Returns the command of the adapter that was installed into a folder, split into words.
pub(crate) fn adapter(folder: &Path) -> Vec<String> {
    vec!["java".to_string(), format!("@{}", path(&options_file(folder)))]
}

fn options_file(folder: &Path) -> PathBuf {
    folder.join("adapter.options")
}

/// Builds the packages and the adapter, and installs the adapter for an HTTP stack, `jdk` or `okhttp`, into a folder.
pub(crate) fn install(stack: &str, folder: &Path) -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(|| kotlin::prepare().and_then(|()| kotlin::build())).clone()?;
    write_options(stack, folder)
}

/// Writes the options of `java` for the adapter, which was built.
fn write_options(stack: &str, folder: &Path) -> Result<(), String> {
    let failed = |file: &Path| format!("{} cannot be used", file.display());
    let module = root().join(ADAPTER);
    let list = module.join("libraries.path");
    let libraries = fs::read_to_string(&list).map_err(|why| format!("{}: {why}", failed(&list)))?;
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    let library = target.join("debug").join(kotlin::library_name());
    let lines = [
        OPTIONS.join("\n"),
        // A process that is killed would leave an unpacked library behind.
        format!("-Dfh.client.library={}", library.display()),
        format!("-cp\n{}:{}", path(&module.join(JAR)), libraries.trim()),
        format!("fh.client.conformance.AdapterKt\n{stack}\n"),
    ];
    let file = options_file(folder);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, lines.join("\n")));
    written.map_err(|why| format!("{}: {why}", failed(&file)))
}

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the packages, which were built.
pub(crate) fn run() -> Result<(), String> {
    for subject in select(&[OVER_JDK.to_string()])? {
        write_options("jdk", &subject.folder())?;
        let target = format!("adapter:{}", subject.command());
        suite("vectors run --profile client --target")?.args(&[target]).go()?;
    }
    subjects_in_test::run(OVER_JDK, Selection::Scenarios(&SCENARIOS))
}

/// Installs the adapter, and runs against it all scenarios with both HTTP stacks, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[OVER_JDK, OVER_OKHTTP].map(str::to_string))?;
    select(&[OVER_JDK.to_string()])?.into_iter().try_for_each(|subject| {
        let target = format!("served:{}", subject.command());
        suite("vectors run --profile all --target")?.args(&[target]).go()
    })
}

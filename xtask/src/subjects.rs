//! `cargo xtask subjects`: installs SDKs into the target folder and runs the scenarios of the conformance suite against them. The table
//! [`SUBJECTS`] is the only list of SDKs under test. The tests of our Edge with published SDKs use the same installations.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::kotlin::adapter as kotlin_adapter;
use crate::nextest;
use crate::output::say;
use crate::shell::{Run, root, target_folder};
use crate::subject_installation::{
    PYTHON_LOOP, TYPESCRIPT_LOOP, install_browser, install_java, install_python, install_typescript,
};
use crate::swift::adapter as swift_adapter;
use crate::web::adapters::{self as web_adapters, WITH_BROWSER};
use crate::web::node::with_node;
use crate::workspace::{binary, suite};

pub(crate) const RECORDED: &str = "conformance/recorded";

/// The seed of the drawn cases.
pub(crate) const DRAWN_SEED: &str = "0x5EED0012";

/// The pages that show recordings.
const PAGES: &str = "--markdown docs/reference/conformance.md --faults docs/reference/faults.md";

/// An SDK under test.
pub(crate) struct Subject {
    name: &'static str,
    /// The command that runs it.
    run_by: RunBy,
    /// Installs the SDK and its adapter into a folder.
    install: fn(&Path) -> Result<(), String>,
    /// Returns the command of the adapter in this folder, split into words.
    adapter: fn(&Path) -> Vec<String>,
    /// The command that runs the suite as its last arguments; empty if the suite runs by itself.
    within: &'static str,
    /// The options of a whole run, each with its value.
    pub(crate) options: Options,
    /// The number of drawn cases on which a run compares it with the engine. It is a number and not a time, so that each run draws the same.
    drawn_cases: Option<u32>,
}

pub(crate) type Options = &'static [(&'static str, Option<&'static str>)];

/// The command that runs an SDK by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunBy {
    /// `cargo xtask test` runs a part of the scenarios, and `cargo xtask prove` all of them. The SDK is ours.
    Parts,
    /// The part "SDKs of others" of `cargo xtask prove`.
    SdksOfOthers,
    /// None: a person does.
    Demand,
}

/// The options of SDKs with many known failures, which wait for what does not happen.
const MOSTLY_WAITING: Options = &[("--jobs", Some("8"))];

/// The options of our clients in TypeScript, Kotlin and Swift.
const IN_BOTH_PROFILES: Options = &[("--profile", Some("all"))];

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "fh-rust",
        run_by: RunBy::Parts,
        install: |_| Ok(()),
        adapter: rust_adapter,
        within: "",
        options: &[("--all", None), ("--drawn", None), ("--profile", Some("all"))],
        drawn_cases: None,
    },
    Subject {
        name: "fh-python",
        run_by: RunBy::Parts,
        install: |_| crate::python::install(),
        adapter: |_| crate::python::adapter::adapter(),
        within: "",
        options: &[("--all", None), ("--profile", Some("all"))],
        drawn_cases: None,
    },
    Subject {
        name: "fh-web-node",
        run_by: RunBy::Parts,
        install: |_| web_adapters::build_adapters(),
        adapter: |_| web_adapters::node_adapter(),
        within: "",
        options: IN_BOTH_PROFILES,
        drawn_cases: None,
    },
    Subject {
        name: "fh-web-chromium",
        run_by: RunBy::Parts,
        install: |_| web_adapters::build_adapters(),
        adapter: |_| web_adapters::chromium_adapter(),
        within: WITH_BROWSER,
        options: IN_BOTH_PROFILES,
        drawn_cases: None,
    },
    Subject {
        name: "fh-kotlin-jdk",
        run_by: RunBy::Parts,
        install: |folder| kotlin_adapter::install("jdk", folder),
        adapter: kotlin_adapter::adapter,
        within: "",
        options: IN_BOTH_PROFILES,
        drawn_cases: None,
    },
    Subject {
        name: "fh-kotlin-okhttp",
        run_by: RunBy::Parts,
        install: |folder| kotlin_adapter::install("okhttp", folder),
        adapter: kotlin_adapter::adapter,
        within: "",
        options: IN_BOTH_PROFILES,
        drawn_cases: None,
    },
    Subject {
        name: "fh-swift",
        run_by: RunBy::Parts,
        install: |_| swift_adapter::install(),
        adapter: |_| swift_adapter::adapter(),
        within: "",
        options: IN_BOTH_PROFILES,
        drawn_cases: None,
    },
    Subject {
        name: "featurehub-node",
        run_by: RunBy::SdksOfOthers,
        install: |folder| install_typescript(&["featurehub-node", TYPESCRIPT_LOOP], folder),
        adapter: |folder| vec!["node".to_string(), path(&folder.join("adapter.js"))],
        within: "",
        options: MOSTLY_WAITING,
        drawn_cases: Some(1000),
    },
    Subject {
        name: "featurehub-browser",
        run_by: RunBy::Demand,
        install: install_browser,
        adapter: |folder| {
            vec!["dial".to_string(), "node".to_string(), path(&folder.join("launch.mjs"))]
        },
        within: "",
        options: &[],
        drawn_cases: None,
    },
    Subject {
        name: "featurehub-python",
        run_by: RunBy::SdksOfOthers,
        install: |folder| install_python(&["featurehub-python", PYTHON_LOOP], folder),
        adapter: |folder| {
            vec![path(&folder.join("venv/bin/python")), path(&folder.join("operations.py"))]
        },
        within: "",
        options: MOSTLY_WAITING,
        drawn_cases: Some(600),
    },
    Subject {
        name: "featurehub-java",
        run_by: RunBy::Demand,
        install: install_java,
        adapter: |folder| {
            vec!["java".to_string(), format!("@{}", path(&folder.join("adapter.options")))]
        },
        within: "",
        options: &[],
        drawn_cases: None,
    },
];

/// Runs the published SDKs, each with its options and its baseline.
pub(crate) fn run_others() -> Result<(), String> {
    run(&[])
}

pub(crate) fn words(options: Options) -> Vec<String> {
    let words = options.iter().flat_map(|(option, value)| [Some(*option), *value]);
    words.flatten().map(str::to_string).collect()
}

/// Installs and runs the named SDKs, or those of others. Arguments from the first option on are options of `fh-conformance sdk`, in place of
/// those of a whole run. The option `--record` records each SDK and writes the pages of all recordings.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_option = |argument: &String| argument.starts_with("--");
    let names_end = arguments.iter().position(is_option).unwrap_or(arguments.len());
    let (names, options) = arguments.split_at(names_end);
    let is_record = |option: &&String| *option == "--record";
    let recording = options.iter().any(|option| is_record(&option));
    let options: Vec<String> =
        options.iter().filter(|option| !is_record(option)).cloned().collect();
    let subjects = select(names)?;
    if recording {
        let folder = root().join(RECORDED);
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    let mut failed = Vec::new();
    for subject in subjects {
        say!("\n==> {}", subject.name);
        let begin = Instant::now();
        let run_options = subject.run_options(&options, recording);
        let is_whole = options.is_empty() && !recording;
        let cases = subject.drawn_cases.filter(|_| is_whole);
        let ended = install(subject).and_then(|()| {
            let ran = run_scenarios(subject, run_options);
            // The comparison runs even if scenarios failed.
            cases.map_or(Ok(()), |cases| compare_with_engine(subject, cases)).and(ran)
        });
        if let Err(why) = ended {
            say!("{why}");
            failed.push(subject.name);
        }
        say!("    {}: {:.0} s", subject.name, begin.elapsed().as_secs_f64());
    }
    if recording {
        report(Pages::Written)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Subject>, String> {
    if names.is_empty() {
        return Ok(SUBJECTS
            .iter()
            .filter(|subject| subject.run_by == RunBy::SdksOfOthers)
            .collect());
    }
    let find = |name: &String| {
        SUBJECTS.iter().find(|subject| subject.name == name).ok_or_else(|| {
            let known: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
            format!("there is no subject `{name}`; there are: {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// The action of `fh-conformance report` on the pages of the recordings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    Written,
    Checked,
}

/// Writes or checks the pages of all recordings.
pub(crate) fn report(pages: Pages) -> Result<(), String> {
    let folder = root().join(RECORDED);
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let entries = fs::read_dir(&folder).map_err(failed)?;
    let files: Result<Vec<PathBuf>, _> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files: Vec<String> = files.map_err(failed)?.iter().map(|file| path(file)).collect();
    files.sort();
    if pages == Pages::Checked {
        files.push("--check".to_string());
    }
    suite(&format!("report {PAGES}"))?.args(&files).go()
}

impl Subject {
    /// Returns the folder into which the SDK and its adapter are installed.
    pub(crate) fn folder(&self) -> PathBuf {
        folder(self.name)
    }

    /// Returns the command of the adapter, quoted as a shell reads it.
    pub(crate) fn command(&self) -> String {
        let words = (self.adapter)(&self.folder());
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// Returns the options of a run: those that were given, or those of a whole run, whose outcome is compared with the recording.
    fn run_options(&self, given: &[String], recording: bool) -> Vec<String> {
        let mut options = given.to_vec();
        let mut add = |option: &str, value: Option<String>| {
            if !options.iter().any(|other| other == option) {
                options.push(option.to_string());
                options.extend(value);
            }
        };
        if given.is_empty() || recording {
            self.options.iter().for_each(|(option, value)| add(option, value.map(str::to_string)));
        }
        let recorded = root().join(RECORDED).join(format!("{}.json", self.name));
        if recorded.is_file() {
            add("--baseline", Some(path(&recorded)));
        }
        if recording {
            add("--all", None);
            add("--unscaled", None);
            add("--record", Some(path(&recorded)));
        } else if given.is_empty() && (recorded.is_file() || self.run_by != RunBy::Demand) {
            add("--compare", Some(path(&recorded)));
        }
        options
    }
}

/// Returns the folder into which an SDK and its adapter are installed.
pub(crate) fn folder(name: &str) -> PathBuf {
    target_folder().join("subjects").join(name)
}

/// Installs the published SDKs that the tests of our Edge run, and OpenFeature's providers for OFREP.
pub(crate) fn install_published() -> Result<(), String> {
    for name in ["featurehub-node", "openfeature-ofrep"] {
        install_typescript(&[name, TYPESCRIPT_LOOP], &folder(name))?;
    }
    install_java(&folder("featurehub-java"))?;
    install_python(&["openfeature-ofrep-python"], &folder("openfeature-ofrep-python"))?;
    install_python(&["featurehub-python", PYTHON_LOOP], &folder("featurehub-python"))
}

/// Runs the tests of our Edge with published SDKs, and those of the adapters that `fh-conformance adapter new` writes.
pub(crate) fn run_published() -> Result<(), String> {
    let folder = std::path::absolute(folder("")).map_err(|why| why.to_string())?;
    let programs = "binary(published_sdks) + binary(adapter_new) + binary(outside_adapter)";
    nextest::run_with(programs, &["--run-ignored", "only"], &[("FH_SUBJECTS", &path(&folder))])
}

fn install(subject: &Subject) -> Result<(), String> {
    (subject.install)(&subject.folder())
}

fn run_scenarios(subject: &Subject, options: Vec<String>) -> Result<(), String> {
    scenarios(subject, options)?.go()
}

/// Returns a run of the suite against an SDK.
pub(crate) fn scenarios(subject: &Subject, options: Vec<String>) -> Result<Run, String> {
    let run = within(subject.within, "sdk --adapter")?.args(&[subject.command()]);
    Ok(with_node(run).args(&options))
}

/// Compares an SDK with the engine on drawn cases. A class of differences that `differences.json` does not list is a failure.
fn compare_with_engine(subject: &Subject, cases: u32) -> Result<(), String> {
    let adapter = format!("adapter:{}", subject.command());
    suite(&format!("diff --profile client --seed {DRAWN_SEED} --count {cases} --b"))?
        .args(&[adapter])
        .go_timed()
}

fn rust_adapter(_folder: &Path) -> Vec<String> {
    // The suite runs the adapter after it was built itself.
    let program = binary("fh-conformance").unwrap_or_default();
    vec![path(&program), "adapter".to_string(), "rust".to_string()]
}

pub(crate) fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Quotes a word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Returns a run of the suite with the arguments of a line, as the last words of another command; by itself if that command is empty.
pub(crate) fn within(command: &str, line: &str) -> Result<Run, String> {
    if command.is_empty() {
        return suite(line);
    }
    let program = path(&binary("fh-conformance")?);
    let words: Vec<String> = line.split(' ').map(str::to_string).collect();
    Ok(Run::new(command).args(&[program]).args(&words))
}

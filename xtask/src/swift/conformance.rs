//! The package for Swift against the conformance suite.

use super::{library, prepare, tree};
use crate::subjects::{self, select};
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

/// The name of the package in the table of subjects.
const SUBJECT: &str = "fh-swift";
const ADAPTER: &str = "conformance";

/// The variables of glibc for the adapter. By default, each thread has a heap of its own, which keeps freed memory, so the memory of the
/// process would depend on the threads that URLSession happens to use.
const VARIABLES: [&str; 2] = ["MALLOC_ARENA_MAX=1", "MALLOC_MMAP_THRESHOLD_=131072"];

/// Returns the command of the adapter, split into words. It enters the chroot.
pub(crate) fn adapter() -> Vec<String> {
    let entering = ["unshare", "--mount", "sh", "-ec"].map(str::to_string);
    // The chroot exists once the adapter was built.
    let arguments =
        tree::confined(ADAPTER, env!("CARGO_PKG_VERSION"), &VARIABLES).unwrap_or_default();
    entering.into_iter().chain(arguments).collect()
}

/// Builds the native library, and the adapter with it.
pub(crate) fn install() -> Result<(), String> {
    prepare()?;
    library::build()?;
    build()
}

/// Builds the adapter.
pub(super) fn build() -> Result<(), String> {
    tree::swift("build --quiet -Xswiftc -warnings-as-errors", ADAPTER)?.go()
}

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the package, which was built.
pub(super) fn run() -> Result<(), String> {
    vectors("adapter", "client")?;
    subjects_in_test::run(SUBJECT, Selection::OfBinding)
}

/// Installs the adapter, and runs against it all scenarios, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[SUBJECT.to_string()])?;
    vectors("served", "all")
}

/// Runs the vectors of a profile: by the operation `evaluate` if `target` is `adapter`, or by a client of an Edge if it is `served`.
fn vectors(target: &str, profile: &str) -> Result<(), String> {
    select(&[SUBJECT.to_string()])?.into_iter().try_for_each(|subject| {
        let target = format!("{target}:{}", subject.command());
        suite(&format!("vectors run --profile {profile} --target"))?.args(&[target]).go()
    })
}

//! The adapter of the package for the conformance suite.

use super::{library, prepare, tree};

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

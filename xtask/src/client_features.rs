//! Builds with other cargo features than those of the whole workspace.

use crate::shell::Run;

/// The tests of SOCKS proxies, which a build of the whole workspace refuses, and of other proxies in a client that has both.
const SOCKS: &str = "cargo test --locked -p fh-client --features socks --lib --test it";

/// Checks the client and the engine without their default features, as bindings ship them. A build of the whole workspace has them always.
/// Builds the client's tests with SOCKS proxies.
pub(crate) fn check() -> Result<(), String> {
    for package in ["fh-client", "fh-eval"] {
        lint(&format!("-p {package} --no-default-features"))?;
    }
    Run::new(SOCKS).args(&["--no-run".to_string()]).go()
}

/// Runs clippy for a package with some features. A warning is an error.
fn lint(chosen: &str) -> Result<(), String> {
    Run::new(&format!("cargo clippy --locked {chosen} -- -D warnings")).go()
}

/// Runs the client's tests of proxies, which were built.
pub(crate) fn test() -> Result<(), String> {
    Run::new(SOCKS).args(&["--", "proxy::", "socks::"].map(str::to_string)).go()
}

/// Checks every combination of the client's features that compiles different code, and the features of the crates below it. Tests what the
/// engine does without some of its parts.
pub(crate) fn check_combinations() -> Result<(), String> {
    for features in ["reqwest", "metrics", "serde", "serde,metrics", "featbit", "featuresignals"] {
        lint(&format!("-p fh-client --no-default-features --features {features}"))?;
    }
    // The crates below the client must serialise the same types for bindings.
    for features in ["--no-default-features", "--no-default-features --features serde"] {
        lint(&format!("-p fh-repository {features}"))?;
    }
    for system in ["featbit", "featuresignals"] {
        lint(&format!("-p fh-session --no-default-features --features {system}"))?;
    }
    // The engine of browsers is built without some of the engine's parts.
    for parts in 0..8 {
        let chosen = ["edge-profile", "explain", "patterns"].into_iter().enumerate();
        let chosen = chosen.filter(|(part, _)| parts & (1 << part) != 0).map(|(_, name)| name);
        let features: Vec<&str> = chosen.chain(["serde"]).collect();
        lint(&format!("-p fh-eval --no-default-features --features {}", features.join(",")))?;
    }
    // What a build without them refuses, natively.
    Run::new("cargo test --locked -p fh-eval --no-default-features --test cargo_features").go()?;
    Run::new("cargo test --locked -p fh-web-engine").go()?;
    Run::new("cargo test --locked -p fh-web-engine --features full").go()
}

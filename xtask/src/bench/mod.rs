//! `cargo xtask bench`: runs the benches, which are a workspace of their own, and writes their tables into
//! `docs/performance.md` and `docs/performance-edge.md`. `cargo xtask bench swift` is in `swift/bench.rs`, and
//! `cargo xtask bench web` in `web/bench.rs`.

mod instructions;
mod kotlin;
pub(crate) mod page;
mod python;
mod unleash_edge;

use std::fs;

use self::page::{machine, replace_tables};
use crate::shell::{Run, root, target_folder};
use crate::{swift, web};

const PEERS: [&str; 8] = [
    "unleash-yggdrasil",
    "eppo_core",
    "launchdarkly-server-sdk-evaluation",
    "growthbook-rust",
    "configcat",
    "featbit-server-sdk",
    "statsig-rust",
    "arc-swap",
];

const EDGE_PARTS: [&str; 2] = ["fanout", "get"];

/// Runs the benches with the given arguments. Without arguments, runs the full measurement and replaces the tables of the
/// page.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("edge") => return edge(rest),
        Some(name @ ("featbit" | "featuresignals" | "patterns")) => return systems(name, rest),
        Some("instructions") => return instructions::run(rest),
        Some("kotlin") => return kotlin::run(rest),
        Some("python") => return python::run(rest),
        Some("soak") => return web::soak(rest),
        Some("swift") => return swift::bench::run(rest),
        Some("web") => return web::bench(rest),
        _ => {}
    }
    let main = "cargo run --locked --release -p bench --";
    // The bench of statsig is a program of its own, because its dependencies change how all other engines are compiled.
    let statsig = "cargo run --locked --release -p statsig --";
    if !arguments.is_empty() {
        Run::new(main).args(arguments).within("benches").go()?;
        return Run::new(statsig).args(&["--quick".to_string()]).within("benches").go();
    }
    let folder = target_folder().join("figures");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let folder = folder.canonicalize().map_err(|why| format!("{}: {why}", folder.display()))?;
    let file = |name: &str| folder.join(name).display().to_string();
    let json = file("performance.json");
    let options = |json: &str, markdown: &str| {
        ["--runs", "3", "--json", json, "--markdown", markdown].map(str::to_string)
    };
    let markdown = [file("bench.md"), file("statsig.md")];
    Run::new(main).args(&options(&json, &markdown[0])).within("benches").go()?;
    Run::new(statsig).args(&options(&file("statsig.json"), &markdown[1])).within("benches").go()?;
    publish(&markdown)
}

/// Runs a command of the package `systems`. It is built apart from the other benches, because the rules of further systems change the engine.
pub(crate) fn systems(command: &str, arguments: &[String]) -> Result<(), String> {
    Run::new("cargo run --locked --release -p systems --")
        .args(&[command.to_string()])
        .args(arguments)
        .within("benches")
        .go()
}

/// Checks all programs of the benches with clippy.
pub(crate) fn clippy() -> Result<(), String> {
    let clippy = "cargo clippy --locked --workspace --all-targets -- -D warnings";
    Run::new(clippy).within("benches").go()
}

/// Runs the benches of the Edge. The arguments are `[fanout|get] [--without-peer] [OPTIONS]`. Servers and load generators
/// are separate processes. With options for the bench, the tables are only printed.
fn edge(arguments: &[String]) -> Result<(), String> {
    let (part, options) = match arguments {
        [part, rest @ ..] if EDGE_PARTS.contains(&part.as_str()) => (Some(part.as_str()), rest),
        rest => (None, rest),
    };
    let peer = match options {
        [first, ..] if first == "--without-peer" => None,
        _ => Some(unleash_edge::install()),
    };
    let options = options.strip_prefix(&["--without-peer".to_string()]).unwrap_or(options);
    if part.is_none() && !options.is_empty() {
        return Err(format!("name the part that the options are for: {}", EDGE_PARTS.join(", ")));
    }
    let missing = peer.as_ref().and_then(|peer| peer.as_ref().err());
    let missing = missing.map(|why| format!("\n!!! `unleash-edge` is NOT measured: {why}\n"));
    if let Some(missing) = &missing {
        eprintln!("{missing}");
    }
    Run::new("cargo build --locked --release -p fh-cli").go()?;
    let fh = target_folder().join("release/fh");
    let fh = fh.canonicalize().map_err(|why| format!("{}: {why}", fh.display()))?;
    let page = root().join("docs/performance-edge.md");
    let mut common = vec!["--fh".to_string(), fh.display().to_string()];
    if let Some(Ok(peer)) = &peer {
        common.extend(["--unleash-edge".to_string(), peer.display().to_string()]);
        common.extend(["--unleash-edge-version", unleash_edge::VERSION].map(str::to_string));
    }
    if options.is_empty() {
        common.extend(["--markdown".to_string(), page.display().to_string()]);
    }
    for of in EDGE_PARTS.iter().filter(|of| part.is_none_or(|part| part == **of)) {
        let bench = Run::new("cargo run --locked --release -p edge --").args(&[of.to_string()]);
        bench.args(&common).args(options).within("benches").go()?;
    }
    // The message is repeated at the end, where it is noticed.
    if let Some(missing) = missing {
        eprintln!("{missing}");
    }
    Ok(())
}

fn publish(tables: &[String; 2]) -> Result<(), String> {
    let mut text = format!("{}\n", circumstances()?);
    for table in tables {
        let table = fs::read_to_string(table).map_err(|why| format!("{table}: {why}"))?;
        text.push('\n');
        text.push_str(&table);
    }
    replace_tables("docs/performance.md", "bench", &text, &["Goals", "Hot: ns"])
}

/// Returns the date, the compiler, the processor and the versions of the peers.
fn circumstances() -> Result<String, String> {
    let date = Run::new("date -u +%F").output()?;
    let compiler = Run::new("rustc --version").output()?;
    let lock =
        fs::read_to_string(root().join("benches/Cargo.lock")).map_err(|why| why.to_string())?;
    let versions: Vec<String> = PEERS
        .iter()
        .filter_map(|peer| {
            let entry = lock
                .split("[[package]]")
                .find(|entry| entry.contains(&format!("name = \"{peer}\"\n")))?;
            let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
            Some(format!("{peer} {}", version.trim_matches('"')))
        })
        .collect();
    Ok(format!(
        "Measured on {} with {}, on {}. Versions: {}.",
        date.trim(),
        compiler.trim(),
        machine(),
        versions.join(", ")
    ))
}

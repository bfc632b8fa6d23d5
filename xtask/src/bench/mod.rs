//! `cargo xtask bench`: runs the benches, which are a workspace of their own, and writes their tables into
//! `docs/project/performance.md`, `docs/project/performance-edge.md` and `docs/project/capacity.md`. `cargo xtask bench swift` is in
//! `swift/bench.rs`, and `cargo xtask bench web` in `web/bench.rs`.

mod instructions;
mod kotlin;
pub(crate) mod page;
mod python;
mod unleash_edge;

use std::fs;
use std::path::PathBuf;

use self::page::{circumstances, publish, publish_part};
use crate::shell::{Run, root, target_folder};
use crate::{services, swift, web};

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

/// The page of most tables of the Edge.
const EDGE_PAGE: &str = "docs/project/performance-edge.md";
/// The parts of the bench of the Edge with tables on the page, those with servers of a cluster and their pages, and those without a page.
const EDGE_PARTS: [&str; 2] = ["fanout", "get"];
const CLUSTER_PARTS: [(&str, &str); 2] =
    [("cluster", EDGE_PAGE), ("capacity", "docs/project/capacity.md")];
const EDGE_ALONE: [&str; 4] = ["memory", "restart", "starts", "work"];

/// Runs the benches with the given arguments. Without arguments, runs the full measurement and replaces the tables of the
/// page.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("edge") => return edge(rest),
        Some(name @ ("featbit" | "featuresignals" | "patterns")) => return systems(name, rest),
        Some("updates") => return program("updates").args(rest).go(),
        Some("instructions") => return instructions::run(rest),
        Some("kotlin") => return kotlin::run(rest),
        Some("python") => return python::run(rest),
        Some("soak") => return web::soak(rest),
        Some("swift") => return swift::bench::run(rest),
        Some("web") => return web::bench(rest),
        _ => {}
    }
    let main = "cargo run --locked --release -p bench --";
    if !arguments.is_empty() {
        Run::new(main).args(arguments).within("benches").go()?;
        return program("statsig").args(&["--quick".to_string()]).go();
    }
    let folder = figures()?;
    let run = |bench: Run, name: &str| {
        let file = |ending: &str| folder.join(format!("{name}.{ending}")).display().to_string();
        let (json, tables) = (file("json"), file("md"));
        let options = ["--runs", "3", "--json", &json, "--markdown", &tables];
        bench.args(&options.map(str::to_string)).go().map(|()| PathBuf::from(tables))
    };
    let tables = [
        run(Run::new(main).within("benches"), "performance")?,
        run(program("statsig"), "statsig")?,
    ];
    let circumstances = circumstances(&Run::new("rustc --version").output()?, &versions()?)?;
    publish("docs/project/performance.md", "bench", &circumstances, &tables, &["Goals", "Hot: ns"])
}

/// Creates the folder of figures and tables.
fn figures() -> Result<PathBuf, String> {
    let folder = target_folder().join("figures");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    folder.canonicalize().map_err(|why| format!("{}: {why}", folder.display()))
}

/// Returns a run of a program of the package `bench`, which is built without the others: their dependencies enable features that change what
/// it measures. Statsig's slow down the compilation of patterns, and the rules of further systems change the engine.
fn program(name: &str) -> Run {
    Run::new(&format!("cargo run --locked --release {} --", page::only(name))).within("benches")
}

/// Runs a command of the program `systems`.
pub(crate) fn systems(command: &str, arguments: &[String]) -> Result<(), String> {
    program("systems").args(&[command.to_string()]).args(arguments).go()
}

/// Checks all programs of the benches with clippy.
pub(crate) fn clippy() -> Result<(), String> {
    let clippy = "cargo clippy --locked --workspace --all-targets --all-features -- -D warnings";
    Run::new(clippy).within("benches").go()
}

/// Runs the benches of the Edge. The arguments are `[fanout|get] [--without-peer] [OPTIONS]`, or another part with its options.
/// Servers and load generators are separate processes. With options for the bench, the tables are only printed.
fn edge(arguments: &[String]) -> Result<(), String> {
    let fh = |built: PathBuf| ["--fh".to_string(), built.display().to_string()];
    if let [part, rest @ ..] = arguments
        && let Some((_, page)) = CLUSTER_PARTS.iter().find(|(name, _)| name == part)
    {
        return of_cluster(part, page, rest);
    }
    let (part, options) = match arguments {
        [part, ..] if part == "storm" => return program("edge").args(arguments).go(),
        [part, rest @ ..] if EDGE_ALONE.contains(&part.as_str()) => {
            let bench = program("edge").args(std::slice::from_ref(part)).args(rest);
            let given = rest.iter().any(|option| option == "--fh");
            return if given { bench.go() } else { bench.args(&fh(build_fh()?)).go() };
        }
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
    let mut common = fh(build_fh()?).to_vec();
    let mut name = "`fh serve` alone".to_string();
    if let Some(Ok(peer)) = &peer {
        common.extend(["--unleash-edge".to_string(), peer.display().to_string()]);
        name = format!("`unleash-edge` {}", unleash_edge::VERSION);
    }
    for of in EDGE_PARTS.iter().filter(|of| part.is_none_or(|part| part == **of)) {
        let bench = program("edge").args(&[of.to_string()]).args(&common).args(options);
        if !options.is_empty() {
            bench.go()?;
            continue;
        }
        let tables = figures()?.join(format!("edge-{of}.md"));
        bench.args(&["--markdown".to_string(), tables.display().to_string()]).go()?;
        publish_part(EDGE_PAGE, of, &circumstances(&name, &[])?, tables)?;
    }
    if part.is_none() {
        of_cluster("cluster", EDGE_PAGE, &[])?;
    }
    // The message is repeated at the end, where it is noticed.
    if let Some(missing) = missing {
        eprintln!("{missing}");
    }
    Ok(())
}

/// Runs a part with servers of a cluster in PostgreSQL. With options for the bench, the tables are only printed.
fn of_cluster(part: &str, page: &str, options: &[String]) -> Result<(), String> {
    services::postgresql()?;
    let mut bench = program("edge").args(&[part.to_string()]).args(options);
    if !options.iter().any(|option| option == "--fh") {
        bench = bench.args(&["--fh".to_string(), build_fh()?.display().to_string()]);
    }
    if !options.is_empty() {
        return bench.go();
    }
    let tables = figures()?.join(format!("edge-{part}.md"));
    bench.args(&["--markdown".to_string(), tables.display().to_string()]).go()?;
    publish_part(page, part, &circumstances("`fh serve` and PostgreSQL", &[])?, tables)
}

/// Builds `fh` as it ships, and returns its path.
fn build_fh() -> Result<PathBuf, String> {
    Run::new("cargo build --locked --release -p fh-cli").go()?;
    let fh = target_folder().join("release/fh");
    fh.canonicalize().map_err(|why| format!("{}: {why}", fh.display()))
}

/// Returns the versions of the peers.
fn versions() -> Result<Vec<String>, String> {
    let lock =
        fs::read_to_string(root().join("benches/Cargo.lock")).map_err(|why| why.to_string())?;
    let version = |peer: &&str| {
        let entry = lock
            .split("[[package]]")
            .find(|entry| entry.contains(&format!("name = \"{peer}\"\n")))?;
        let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
        Some(format!("{peer} {}", version.trim_matches('"')))
    };
    Ok(PEERS.iter().filter_map(version).collect())
}

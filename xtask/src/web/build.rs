//! `cargo xtask web engines`: the engines as WebAssembly modules, with the JavaScript that calls them.
//!
//! The bytes depend on the sources, the lock files and the toolchain only. They hold no path of the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::engine::{ENGINES, Engine, TRAPS, folder, web_folder};
use super::module_names::{self, registries};
use crate::folders::empty_folder;
use crate::install;
use crate::output::say;
use crate::shell::{Run, root};

const TARGET: &str = "wasm32-unknown-unknown";
const REASON: &str = "the engine of the npm package is built for browsers";

/// The crate whose program writes the JavaScript, and the npm package with `wasm-opt`.
const BINDGEN: &str = "bindings/bindgen";
/// The program that shrinks a module. It is started in the folder [`BINDGEN`].
const WASM_OPT: &str = "node node_modules/binaryen/bin/wasm-opt";
/// The folder in which the loader finds the engines. Git ignores what is built.
pub(super) const LOADED: &str = "bindings/web/packages/client/src/engine/wasm";
/// The file with the digests of the engines, and from what they were built.
pub(crate) const DESCRIPTION: &str = "engine.json";

/// The features of WebAssembly that rustc uses for the target. `wasm-opt` may use the same and no others, so that each program that
/// runs the output of rustc also runs the result: Node 20 and each current browser.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The passes of `wasm-opt`: its passes for size, twice, over control flow that is structured anew. Inlining less code into its only
/// caller makes the compressed module smaller.
const WASM_PASSES: [&str; 5] =
    ["--flatten", "--rereloop", "-Oz", "-Oz", "--one-caller-inline-max-function-size=30"];

/// Builds both engines unless this process has built them already.
pub(crate) fn build_once() -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

/// Builds both engines into the folder of the finished files, and copies them to the loader.
fn build() -> Result<(), String> {
    prepare()?;
    let done = empty_folder(&folder()?)?;
    for engine in ENGINES {
        let compiled = compile(engine)?;
        let bound = bind(engine, &compiled)?;
        optimize(&bound.join(format!("{}_bg.wasm", engine.name)), &engine.module()?)?;
        module_names::check(&engine.module()?)?;
        copy(&bound.join(format!("{}.js", engine.name)), &engine.glue()?)?;
    }
    describe(&done)?;
    for engine in ENGINES {
        for file in [engine.module()?, engine.glue()?] {
            let name = file.file_name().unwrap_or_default();
            copy(&file, &root().join(LOADED).join(name))?;
        }
    }
    copy(&done.join(DESCRIPTION), &root().join(LOADED).join(DESCRIPTION))?;
    say!("    the engines are in {}", done.display());
    Ok(())
}

/// Builds the engines that fail on features that say so, and copies them to the loader, where the tests of the TypeScript client find them.
/// Their sizes do not matter, so `wasm-opt` is left out.
pub(crate) fn build_traps() -> Result<(), String> {
    prepare()?;
    let loaded = root().join(LOADED);
    for engine in TRAPS {
        let bound = bind(engine, &compile(engine)?)?;
        let module = format!("{}.wasm", engine.name);
        copy(&bound.join(format!("{}_bg.wasm", engine.name)), &loaded.join(module))?;
        let glue = format!("{}.js", engine.name);
        copy(&bound.join(&glue), &loaded.join(&glue))?;
    }
    Ok(())
}

/// Installs the target of WebAssembly.
pub(crate) fn prepare_target() -> Result<(), String> {
    install::target(TARGET, REASON)
}

fn prepare() -> Result<(), String> {
    prepare_target()?;
    if !sysroot()?.join("lib/rustlib/src/rust/library/Cargo.lock").is_file() {
        install::announce("the toolchain's component rust-src", REASON)?;
        Run::new("rustup component add rust-src").go()?;
    }
    if !root().join(BINDGEN).join("node_modules/binaryen/bin/wasm-opt").is_file() {
        install::announce("the npm package binaryen", "its wasm-opt shrinks the engines")?;
        Run::new("npm ci --ignore-scripts").within(BINDGEN).go()?;
    }
    Ok(())
}

/// Compiles an engine and returns the path of the module, to which no JavaScript fits yet.
fn compile(engine: Engine) -> Result<PathBuf, String> {
    let target = web_folder()?.join("cargo").join(engine.cargo);
    let line = format!("cargo build --locked -p fh-web-engine --target {TARGET} --profile wasm");
    let mut flags = remapped()?;
    let mut arguments = vec!["--features".to_string(), engine.features.to_string()];
    // The standard library is rebuilt for size, without the texts of panics. The compiler allows this only with `RUSTC_BOOTSTRAP`.
    let options = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none"];
    flags.extend(options.iter().chain(engine.flags).map(ToString::to_string));
    arguments.push("-Zbuild-std=std,panic_abort".to_string());
    arguments.push("-Zbuild-std-features=optimize_for_size".to_string());
    Run::new(&line)
        .args(&arguments)
        .env("CARGO_TARGET_DIR", &target.display().to_string())
        .env("CARGO_ENCODED_RUSTFLAGS", &flags.join("\u{1f}"))
        .env("RUSTC_BOOTSTRAP", "1")
        .go()?;
    Ok(target.join(TARGET).join("wasm/engine.wasm"))
}

/// Returns the flags that replace the paths of this machine in the module.
fn remapped() -> Result<Vec<String>, String> {
    let mut paths = vec![(sysroot()?, "/rust"), (canonical(&root())?, "/featurehub")];
    for registry in registries() {
        paths.push((canonical(&registry)?, "/crates"));
    }
    let flag =
        |(path, name): (PathBuf, &str)| format!("--remap-path-prefix={}={name}", path.display());
    Ok(paths.into_iter().map(flag).collect())
}

fn sysroot() -> Result<PathBuf, String> {
    Run::new("rustc --print sysroot").output().map(|path| PathBuf::from(path.trim_end()))
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|why| format!("{}: {why}", path.display()))
}

/// Writes the JavaScript of an engine, and the module that fits it. Returns their folder.
fn bind(engine: Engine, module: &Path) -> Result<PathBuf, String> {
    let web = web_folder()?;
    let bound = empty_folder(&web.join("bound").join(engine.name))?;
    let tool = web.join("bindgen");
    Run::new("cargo build --locked --features web")
        .within(BINDGEN)
        .env("CARGO_TARGET_DIR", &tool.display().to_string())
        .go()?;
    let tool = tool.join("debug/fh-web-bindgen").display().to_string();
    let arguments = [module.display().to_string(), bound.display().to_string()];
    Run::program(&tool, &arguments.join(" ")).args(&[engine.name.to_string()]).go()?;
    Ok(bound)
}

/// Shrinks a module with `wasm-opt`, and removes the names of its functions.
fn optimize(module: &Path, to: &Path) -> Result<(), String> {
    wasm_opt(&["--strip-debug", "--strip-producers", "--strip-target-features"], module, to)
}

/// Writes the built engines with the names of their functions into the folder `named`.
pub(crate) fn write_named() -> Result<(), String> {
    for engine in ENGINES {
        let bound = web_folder()?.join("bound").join(engine.name);
        let named = folder()?.join("named");
        fs::create_dir_all(&named).map_err(|why| format!("{}: {why}", named.display()))?;
        let module = named.join(format!("{}.wasm", engine.name));
        wasm_opt(&["--debuginfo"], &bound.join(format!("{}_bg.wasm", engine.name)), &module)?;
    }
    Ok(())
}

fn wasm_opt(flags: &[&str], module: &Path, to: &Path) -> Result<(), String> {
    let arguments = WASM_FEATURES.iter().chain(&WASM_PASSES).chain(flags);
    let mut arguments: Vec<String> = arguments.map(ToString::to_string).collect();
    arguments.extend([module.display().to_string(), "-o".to_string(), to.display().to_string()]);
    Run::new(WASM_OPT).within(BINDGEN).args(&arguments).go()
}

/// Writes `engine.json`: the digest of each file, the versions of the package and of the tools, and the commit.
fn describe(done: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    for engine in ENGINES {
        for file in [engine.module()?, engine.glue()?] {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let printed = Run::new("sha256sum").args(&[file.display().to_string()]).output()?;
            let digest = printed.split(' ').next().unwrap_or_default().to_string();
            files.push(format!("    \"{name}\": \"{digest}\""));
        }
    }
    let version = Run::new("rustc --version").output()?;
    let wasm_opt = Run::new(&format!("{WASM_OPT} --version")).within(BINDGEN).output()?;
    let commit = Run::new("git rev-parse HEAD").output()?;
    let json = format!(
        "{{\n  \"version\": \"{}\",\n  \"commit\": \"{}\",\n  \"rustc\": \"{}\",\n  \"wasmBindgen\": \"{}\",\n  \"wasmOpt\": \"{}\",\n  \"standardLibrary\": \"rebuilt\",\n  \"sha256\": {{\n{}\n  }}\n}}\n",
        env!("CARGO_PKG_VERSION"),
        commit.trim_end(),
        version.trim_end(),
        wasm_bindgen_version()?,
        wasm_opt.trim_end(),
        files.join(",\n"),
    );
    let path = done.join(DESCRIPTION);
    fs::write(&path, json).map_err(|why| format!("{}: {why}", path.display()))
}

/// Returns the version of wasm-bindgen's library that writes the JavaScript.
fn wasm_bindgen_version() -> Result<String, String> {
    let lock = root().join(BINDGEN).join("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(|why| format!("{}: {why}", lock.display()))?;
    text.split_once("name = \"wasm-bindgen-cli-support\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_string())
        .ok_or_else(|| format!("{} has no wasm-bindgen-cli-support", lock.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{} to {}: {why}", from.display(), to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::copy(from, to).map(|_| ()).map_err(failed)
}

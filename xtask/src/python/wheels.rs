//! `cargo xtask dist python`: the wheels and the sdist of the Python package, and their checks.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::PACKAGE;
use super::environment::Environment;
use crate::folders::{empty_folder, only_file};
use crate::output::say;
use crate::shell::{Run, root, target_folder};
use crate::{commit_time, install, machine_paths};

/// A platform for which a wheel is built.
pub(crate) struct Platform {
    target: &'static str,
    compatibility: &'static str,
}

/// The platform of most machines on which the wheel is tested.
pub(crate) const MANYLINUX: Platform =
    Platform { target: "x86_64-unknown-linux-gnu", compatibility: "manylinux2014" };
const PLATFORMS: [Platform; 4] = [
    MANYLINUX,
    Platform { target: "x86_64-unknown-linux-musl", compatibility: "musllinux_1_2" },
    Platform { target: "aarch64-unknown-linux-gnu", compatibility: "manylinux2014" },
    Platform { target: "aarch64-unknown-linux-musl", compatibility: "musllinux_1_2" },
];

/// A kind of wheel for interpreters without a global lock, which is built if the interpreter is found.
struct FreeThreaded {
    interpreter: &'static str,
    features: &'static str,
    tag: &'static str,
}

const FREE_THREADED: [FreeThreaded; 2] = [
    FreeThreaded { interpreter: "python3.14t", features: "", tag: "cp314-cp314t" },
    FreeThreaded {
        interpreter: "python3.15t",
        features: "pyo3/abi3t-py315",
        tag: "cp315-abi3.abi3t",
    },
];

/// The wheels that one library of the limited API serves.
const ABI3: &str = "cp310-abi3";

/// The reason why the tools are installed.
pub(crate) const REASON: &str = "they build and check the packages of Python";

/// The environment with the tools, and the folder of the wheels.
pub(crate) struct Wheels {
    tools: Environment,
    folder: PathBuf,
}

/// Builds and checks the sdist and all wheels, or those for the named targets of the toolchain.
pub(crate) fn run(targets: &[String]) -> Result<(), String> {
    let is_named = |platform: &&Platform| {
        targets.is_empty() || targets.iter().any(|target| target == platform.target)
    };
    if let Some(unknown) =
        targets.iter().find(|target| !PLATFORMS.iter().any(|known| known.target == **target))
    {
        let known = PLATFORMS.map(|platform| platform.target).join(", ");
        return Err(format!("there is no wheel for {unknown}; there are wheels for {known}"));
    }
    let wheels = Wheels::prepare(REASON)?;
    wheels.sdist()?;
    for platform in PLATFORMS.iter().filter(is_named) {
        install::target(platform.target, "a wheel is built for it")?;
        let wheel = wheels.build(platform)?;
        if platform.target == "x86_64-unknown-linux-musl" {
            wheels.load_with_musl(&wheel)?;
        } else if platform.target.ends_with("musl") {
            say!("    {} was not loaded: this machine cannot run it", name(&wheel));
        }
    }
    for kind in &FREE_THREADED {
        if Run::new(&format!("{} --version", kind.interpreter)).succeeds() {
            wheels.build_with(&MANYLINUX, Some(kind))?;
        } else {
            say!("    {} was not built: there is no {}", kind.tag, kind.interpreter);
        }
    }
    Ok(())
}

impl Wheels {
    /// Installs the tools. The folder of the wheels is emptied.
    pub(crate) fn prepare(reason: &str) -> Result<Self, String> {
        let tools = Environment::below("python/wheels", "bindings/python/wheels/requirements.txt")?;
        tools.prepare(reason)?;
        let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join("wheels");
        Ok(Self { tools, folder: empty_folder(&folder)? })
    }

    /// Returns the folder of the tools, below which other environments may stand.
    pub(crate) fn tools_folder(&self) -> &Path {
        &self.tools.folder
    }

    /// Returns a run of the Python that has the tools.
    pub(crate) fn python(&self, line: &str) -> Run {
        self.tools.run(line)
    }

    /// Builds and checks the sdist, and returns its path.
    pub(crate) fn sdist(&self) -> Result<PathBuf, String> {
        let built = empty_folder(&self.tools.folder.join("built"))?;
        let out = [built.display().to_string()];
        self.maturin("sdist --out")?.args(&out).go()?;
        let sdist = only_file(&built)?;
        self.check(&sdist, &[])?;
        self.twine(&sdist)?;
        self.keep(&sdist)
    }

    /// Builds, finishes and checks the wheel of a platform, and returns its path.
    pub(crate) fn build(&self, platform: &Platform) -> Result<PathBuf, String> {
        self.build_with(platform, None)
    }

    fn build_with(
        &self,
        platform: &Platform,
        kind: Option<&FreeThreaded>,
    ) -> Result<PathBuf, String> {
        let Platform { target, compatibility } = platform;
        let built = empty_folder(&self.tools.folder.join("built"))?;
        let mut options = vec!["--out".to_string(), built.display().to_string()];
        if let Some(kind) = kind {
            options.extend(["--interpreter".to_string(), kind.interpreter.to_string()]);
            options.extend(["--features".to_string(), kind.features.to_string()]);
        }
        if target.ends_with("gnu") {
            // The crate alone is linked with it, so the other crates need no build of their own.
            options.extend(["--".to_string(), format!("-Clink-arg={}", self.unwinder(target)?)]);
        }
        let build = "build --quiet --locked --profile wheel --zig";
        self.maturin(&format!("{build} --target {target} --compatibility {compatibility}"))?
            .args(&options)
            .env("CARGO_ENCODED_RUSTFLAGS", &machine_paths::renaming()?.join("\u{1f}"))
            .env("PATH", &self.path())
            .go()?;
        let wheel = only_file(&built)?;
        let mut names = Vec::new();
        for (path, name) in machine_paths::all()? {
            names.extend(["--path".to_string(), format!("{path}={name}")]);
        }
        let finished = [target.to_string(), wheel.display().to_string()];
        self.script("finish.py")
            .args(&names)
            .args(&["--target".to_string()])
            .args(&finished)
            .go()?;
        let tag = kind.map_or(ABI3, |kind| kind.tag);
        self.check(&wheel, &["--target", target, "--tag", tag])?;
        self.audit(&wheel, platform)?;
        self.keep(&wheel)
    }

    /// Writes the library in place of which the loader of the target uses the unwinder of the system, and returns its path.
    fn unwinder(&self, target: &str) -> Result<String, String> {
        let library = self.tools.folder.join("unwinder").join(target).join("libgcc_s.so.1");
        let library = library.display().to_string();
        self.script("unwinder.py").args(&[target.to_string(), library.clone()]).go()?;
        Ok(library)
    }

    /// Runs the tools that know the rules of platforms, of the limited API and of the index.
    fn audit(&self, wheel: &Path, platform: &Platform) -> Result<(), String> {
        let path = [wheel.display().to_string()];
        // auditwheel would search this machine for the libraries that the wheel needs. The file `libc.so` of a machine with glibc is a script of
        // the linker, and ends the search for that of musl with an error. The rules concern the names and symbols of libraries only.
        let no_search = ["--ldpaths".to_string(), String::new()];
        let show = self.tools.run("-m auditwheel show").args(&no_search).args(&path);
        let (shown, outcome) = show.capture()?;
        print!("{shown}");
        outcome?;
        // The names of auditwheel are those of the specifications that replaced manylinux2014.
        let promised = platform.compatibility.replace("manylinux2014", "manylinux_2_17");
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_kept = words.contains(&format!("following platform tag: \"{promised}_"));
        if !is_kept {
            return Err(format!("{} is no wheel for {promised}", name(wheel)));
        }
        self.tools.run("-m abi3audit --strict --summary").args(&path).go()?;
        self.twine(wheel)
    }

    /// Checks what the index checks of a file.
    fn twine(&self, file: &Path) -> Result<(), String> {
        // The width keeps the path on one line.
        let check = self.tools.run("-m twine --no-color check --strict").env("COLUMNS", "200");
        check.args(&[file.display().to_string()]).go()
    }

    /// Checks what the package's own script knows of a file.
    fn check(&self, file: &Path, options: &[&str]) -> Result<(), String> {
        let mut arguments = vec!["--version".to_string(), env!("CARGO_PKG_VERSION").to_string()];
        for (path, _) in machine_paths::all()? {
            arguments.extend(["--forbid".to_string(), path]);
        }
        arguments.extend(options.iter().map(ToString::to_string));
        self.script("check.py").args(&arguments).args(&[file.display().to_string()]).go()
    }

    fn load_with_musl(&self, wheel: &Path) -> Result<(), String> {
        install::package("musl-gcc --version", "musl-tools", "musl's loader loads the wheel")?;
        let folder = self.tools.folder.join("musl").display().to_string();
        self.script("musl.py")
            .args(&["--folder".to_string(), folder, wheel.display().to_string()])
            .go()
    }

    /// Returns a run of the build tool, with the time of the commit for the files of packages.
    fn maturin(&self, line: &str) -> Result<Run, String> {
        let target = self.tools.folder.join("target");
        let run = self.tools.run(&format!("-m maturin {line}")).within(PACKAGE);
        let run = run.env("SOURCE_DATE_EPOCH", &commit_time::seconds()?);
        Ok(run.env("CARGO_TARGET_DIR", &target.display().to_string()))
    }

    fn script(&self, script: &str) -> Run {
        let path = root().join(PACKAGE).join("wheels").join(script);
        // Python writes no bytecode into the folder of the sources.
        self.tools.run("-B").args(&[path.display().to_string()])
    }

    /// Returns the search path with the tools of the environment, among them zig.
    fn path(&self) -> String {
        let tools = self.tools.folder.join("venv/bin").display().to_string();
        format!("{tools}:{}", std::env::var("PATH").unwrap_or_default())
    }

    /// Moves a checked file into the folder of the wheels.
    fn keep(&self, file: &Path) -> Result<PathBuf, String> {
        let kept = self.folder.join(name(file));
        fs::rename(file, &kept).map_err(|why| format!("{}: {why}", kept.display()))?;
        Ok(kept)
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

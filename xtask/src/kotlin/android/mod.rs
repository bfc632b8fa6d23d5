//! `cargo xtask dist android`: the package for Android apps, and its checks.

mod aar;
mod natives;
mod tools;

use super::library::Libraries;
use super::maven::{self, folder, maven};
use super::shrunk::{self, Program};
use crate::output::say;

pub(super) use self::aar::Aar;
use self::natives::Natives;
pub(super) use self::tools::Tools;

/// Runs `cargo xtask dist android` with its further arguments.
pub(crate) fn dist(arguments: &[String]) -> Result<(), String> {
    let natives = match arguments {
        [] => Natives::with_ndk()?,
        [only] if only == "--without-natives" => Natives::None,
        _ => return Err("cargo xtask dist android [--without-natives]".to_string()),
    };
    prepare()?;
    package(&natives).map(|_| ())
}

/// Installs what the package needs, apart from the NDK.
pub(crate) fn prepare() -> Result<(), String> {
    maven::prepare()?;
    natives::prepare()
}

/// Builds the package, with native libraries if this machine has an NDK. Without one, the library is built and measured for each ABI.
pub(crate) fn build() -> Result<(), String> {
    let natives = Natives::with_ndk().unwrap_or_else(|why| {
        say!("    without native libraries: {why}");
        Natives::None
    });
    super::build::build()?;
    package(&natives)?;
    if natives.has_libraries() { Ok(()) } else { natives::measure() }
}

/// Runs the tests of the lifecycle with Android's own classes, checks the uses of Android in the package, and shrinks a program with it.
pub(crate) fn run() -> Result<(), String> {
    // A machine of the module's own loads the library without optimization.
    maven("-P android -pl client,android jar:jar surefire:test -Dsurefire.useFile=false")
        .args(&[
            "-Dtest=fh.client.android.*".to_string(),
            "-Dsurefire.failIfNoSpecifiedTests=false".to_string(),
            format!("-Dfh.arguments=-Dfh.client.library={}", Libraries::debug_file()?.display()),
        ])
        .go()?;
    let aar = Aar::read()?;
    let tools = Tools::install()?;
    tools.check_api_level(&aar)?;
    shrunk::run_program(&Program::of_android(&aar, &tools)?)
}

fn package(natives: &Natives) -> Result<Aar, String> {
    let libraries = natives.build(&folder()?.join("android/natives"))?;
    let aar = Aar::build(&libraries)?;
    aar.check(&libraries)?;
    say!("    the repository is {}", aar::repository()?.display());
    if libraries.is_empty() {
        say!("    the package has no native library: an app cannot use it");
    }
    Ok(aar)
}

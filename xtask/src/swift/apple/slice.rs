//! The library of each platform, with the symbols that Swift calls and without what no program needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::library::LIBRARY;
use super::platforms::{Architecture, IOS, MACOS, PLATFORMS, Version, triples};
use super::{fat, macho};
use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::Run;
use crate::{machine_paths, phones};

/// Builds the library of each platform in a folder, and returns their files in the order of the platforms.
pub(super) fn build(folder: &Path, functions: &[String]) -> Result<Vec<PathBuf>, String> {
    let built = folder.join("target");
    let version = |(major, minor): Version| format!("{major}.{minor}");
    phones::build("fh-uniffi", &triples(), &machine_paths::renaming()?, &built)
        .env("IPHONEOS_DEPLOYMENT_TARGET", &version(IOS))
        .env("MACOSX_DEPLOYMENT_TARGET", &version(MACOS))
        .go()?;
    let slices = empty_folder(&folder.join("slices"))?;
    PLATFORMS
        .iter()
        .map(|platform| {
            let reduced = |architecture: &Architecture| {
                let folder = slices.join(architecture.triple);
                let library = built.join(architecture.triple).join("phone").join(LIBRARY);
                let file = reduce(&library, &folder, functions)?;
                Ok((architecture.name, read(&file)?))
            };
            let libraries = platform.architectures.iter().map(reduced);
            let libraries = libraries.collect::<Result<Vec<_>, String>>()?;
            let bytes = match libraries.as_slice() {
                [(_, only)] => only.clone(),
                several => fat::join(several)?,
            };
            let file = slices.join(platform.identifier).join(LIBRARY);
            fs::create_dir_all(slices.join(platform.identifier)).map_err(|why| why.to_string())?;
            fs::write(&file, bytes).map_err(|why| format!("{}: {why}", file.display()))?;
            Ok(file)
        })
        .collect()
}

/// Writes a library of Rust anew, without information for debuggers, and without the members that no function of Swift needs: most of the
/// compiler's arithmetic. The symbols of Rust become local, so that a program can have another static library in Rust.
fn reduce(library: &Path, folder: &Path, functions: &[String]) -> Result<PathBuf, String> {
    let folder = empty_folder(folder)?;
    let path = library.display().to_string();
    Run::program(&tool("llvm-ar")?.display().to_string(), "x")
        .args(&[path])
        .in_folder(&folder)
        .go()?;
    let members =
        macho::members(&read(library)?).map_err(|why| format!("{}: {why}", library.display()))?;
    let needed = needed(&members, functions)?;
    let symbols = folder.join("functions.txt");
    let lines: String = functions.iter().map(|name| format!("_{name}\n")).collect();
    fs::write(&symbols, lines).map_err(|why| format!("{}: {why}", symbols.display()))?;
    let mut archived = Vec::new();
    for member in needed {
        // The arithmetic of the compiler, whose parts refer to each other, keeps its symbols.
        let has_functions = functions.iter().any(|name| member.defines(name));
        let hiding = format!("--strip-debug --keep-global-symbols={}", symbols.display());
        let options = if has_functions { &hiding } else { "--strip-debug" };
        Run::program(&tool("llvm-objcopy")?.display().to_string(), options)
            .args(std::slice::from_ref(&member.name))
            .in_folder(&folder)
            .go()?;
        archived.push(member.name.clone());
    }
    Run::program(
        &tool("llvm-ar")?.display().to_string(),
        &format!("rcsD --format=darwin {LIBRARY}"),
    )
    .args(&archived)
    .in_folder(&folder)
    .go()?;
    let file = folder.join(LIBRARY);
    let sizes = [library, &file].map(|file| fs::metadata(file).map_or(0, |found| found.len()));
    say!("    {}: {} of {} bytes, {} members", file.display(), sizes[1], sizes[0], archived.len());
    Ok(file)
}

/// Returns the members of a library that these functions need, as a linker finds them.
fn needed<'a>(
    members: &'a [macho::Member],
    functions: &[String],
) -> Result<Vec<&'a macho::Member>, String> {
    let mut wanted: Vec<String> = functions.iter().map(|name| format!("_{name}")).collect();
    let mut found = BTreeSet::new();
    while let Some(symbol) = wanted.pop() {
        // The system has the others.
        let Some(member) = members.iter().find(|member| member.defined.contains(&symbol)) else {
            continue;
        };
        if found.insert(&member.name) {
            wanted.extend(member.undefined.iter().cloned());
        }
    }
    if let Some(missing) = functions.iter().find(|name| !members.iter().any(|it| it.defines(name)))
    {
        return Err(format!("the library does not define {missing}"));
    }
    Ok(members.iter().filter(|member| found.contains(&member.name)).collect())
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|why| format!("{}: {why}", file.display()))
}

/// Returns a program of the toolchain for object files.
pub(super) fn tool(name: &str) -> Result<PathBuf, String> {
    let folder = Run::new("rustc --print target-libdir").output()?;
    let beside = Path::new(folder.trim()).with_file_name("bin");
    Ok(beside.join(name))
}

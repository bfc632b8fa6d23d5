//! The checks of a library that ships: its size, its sections, the libraries and the versions of symbols that it needs, and the paths of the
//! building machine.

use std::fs;
use std::path::Path;

use super::maven::folder;
use super::target::Target;
use crate::output::say;
use crate::shell::Run;
use crate::{install, machine_paths};

/// The size with the engines and the clients of three systems.
const MOST_BYTES: u64 = 4_800_000;
/// The parts of glibc, which are one package everywhere.
const GLIBC: [&str; 6] =
    ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "ld-linux-"];
/// The newest version of glibc whose symbols the library may need.
const NEWEST_GLIBC: (u32, u32) = (2, 17);

/// A program that loads the library with musl's loader, which must resolve every symbol.
const LOADER: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (!library || !dlsym(library, "JNI_OnLoad")) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    return 0;
}
"#;

/// Installs the tools of the checks.
pub(super) fn prepare() -> Result<(), String> {
    install::package("readelf --version", "binutils", "it shows what a library needs")?;
    install::package("musl-gcc --version", "musl-tools", "musl's loader loads the library")
}

/// Checks the library of a target, and returns its size in bytes.
pub(super) fn library(target: &Target, file: &Path) -> Result<u64, String> {
    let fault = |what: String| Err(format!("{}: {what}", file.display()));
    let size = fs::metadata(file).map_err(|why| format!("{}: {why}", file.display()))?.len();
    if size > MOST_BYTES {
        return fault(format!("it has {size} bytes, {MOST_BYTES} at most"));
    }
    machine_paths::check(file)?;
    if target.is_macos() {
        say!("    {} was not loaded: this machine cannot run it", target.triple);
        return Ok(size);
    }
    let shown = |options| {
        Run::new(&format!("readelf --wide {options}")).args(&[file.display().to_string()]).output()
    };
    let sections = shown("--section-headers")?;
    if let Some(name) = [".symtab", ".debug_info"].iter().find(|name| sections.contains(**name)) {
        return fault(format!("it is not stripped of {name}"));
    }
    let needed = needed(&shown("--dynamic")?);
    let is_libc = |name: &&String| match target.is_musl() {
        true => *name == "libc.so",
        false => GLIBC.iter().any(|part| name.starts_with(part)),
    };
    if needed.is_empty() || !needed.iter().all(|name| is_libc(&name)) {
        return fault(format!("it needs {needed:?}, not the C library alone"));
    }
    let newest = newest_glibc(&shown("--dyn-syms")?);
    if newest.is_some_and(|newest| newest > NEWEST_GLIBC) {
        return fault(format!("it needs glibc {newest:?}, {NEWEST_GLIBC:?} at most"));
    }
    if target.is_musl() && target.triple.starts_with(std::env::consts::ARCH) {
        load_with_musl(file)?;
    } else if target.is_musl() || !target.triple.starts_with(std::env::consts::ARCH) {
        say!("    {} was not loaded: this machine cannot run it", target.triple);
    }
    Ok(size)
}

/// Returns the libraries that a dynamic section names.
fn needed(section: &str) -> Vec<String> {
    let lines = section.lines().filter(|line| line.contains("(NEEDED)"));
    lines.filter_map(|line| Some(line.split_once('[')?.1.split(']').next()?.to_string())).collect()
}

/// Returns the newest version of glibc among the versions of symbols.
fn newest_glibc(symbols: &str) -> Option<(u32, u32)> {
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let version = rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
        let mut numbers = version.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    versions.max()
}

fn load_with_musl(library: &Path) -> Result<(), String> {
    let folder = folder()?.join("musl");
    let (source, program) = (folder.join("load.c"), folder.join("load"));
    let failed = |why: std::io::Error| format!("{}: {why}", source.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::write(&source, LOADER).map_err(failed)?;
    let [source, program] = [source, program].map(|path| path.display().to_string());
    Run::new("musl-gcc -o").args(&[program.clone(), source]).go()?;
    Run::program(&program, &library.display().to_string()).go()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_versions_are_read_from_readelf() {
        let dynamic = " 0x01 (NEEDED)   Shared library: [libc.so.6]\n 0x0e (SONAME)   Library soname: [x.so]\n 0x01 (NEEDED)   Shared library: [libgcc_s.so.1]\n";
        assert_eq!(needed(dynamic), ["libc.so.6", "libgcc_s.so.1"]);
        let symbols =
            "read@GLIBC_2.2.5 (2)\n clock_gettime@GLIBC_2.17 (3)\n x@GCC_3.0\n y@GLIBC_2.4\n";
        assert_eq!(newest_glibc(symbols), Some((2, 17)));
        assert_eq!(newest_glibc("x@GCC_3.0"), None);
    }
}

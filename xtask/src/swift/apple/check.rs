//! The checks of the libraries for Apple's systems, as far as a machine without these systems can make them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::platforms::{PLATFORMS, Platform};
use super::slice::tool;
use super::xcframework::{self, HEADERS, INFO, PRIVACY};
use super::{macho, privacy};
use crate::folders::empty_folder;
use crate::kotlin::library::zig;
use crate::output::say;
use crate::phones;
use crate::shell::Run;

/// A script that prints a property list as JSON.
const AS_JSON: &str =
    "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
/// The list of all functions of Apple's system library, in the environment with zig.
const SYSTEM: &str = "lib/libc/darwin/libSystem.tbd";

#[derive(Debug, Deserialize)]
struct Info {
    #[serde(rename = "XCFrameworkFormatVersion")]
    format: String,
    #[serde(rename = "CFBundlePackageType")]
    kind: String,
    #[serde(rename = "AvailableLibraries")]
    libraries: Vec<Library>,
}

/// The description of a library.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Library {
    binary_path: String,
    headers_path: String,
    library_identifier: String,
    library_path: String,
    supported_architectures: Vec<String>,
    supported_platform: String,
    supported_platform_variant: Option<String>,
}

/// Fails if the folder does not have a complete library for each platform, or if its description differs.
pub(super) fn check(xcframework: &Path, functions: &[String]) -> Result<(), String> {
    let info: Info = property_list(&xcframework.join(INFO))?;
    if (info.format.as_str(), info.kind.as_str()) != ("1.0", "XFWK") {
        return Err(format!("{INFO}: the form {} of {} is unknown", info.format, info.kind));
    }
    let identifiers: Vec<&str> =
        info.libraries.iter().map(|library| library.library_identifier.as_str()).collect();
    if identifiers != PLATFORMS.each_ref().map(|platform| platform.identifier) {
        return Err(format!("{INFO} describes {identifiers:?}"));
    }
    let system = system()?;
    let mut used = BTreeSet::new();
    for (platform, library) in PLATFORMS.iter().zip(&info.libraries) {
        let fault = |why: String| format!("{}: {why}", platform.identifier);
        platform.check_description(library).map_err(fault)?;
        let folder = xcframework.join(platform.identifier);
        headers(&folder.join(&library.headers_path)).map_err(fault)?;
        let file = folder.join(&library.library_path);
        used.extend(platform.check_library(&file, functions, &system).map_err(fault)?);
    }
    privacy::check(&property_list(&xcframework.join(PRIVACY))?, &used)
        .map_err(|why| format!("{PRIVACY}: {why}"))
}

impl Platform {
    fn check_description(&self, library: &Library) -> Result<(), String> {
        let architectures: Vec<&str> = self.architectures.iter().map(|own| own.name).collect();
        if library.supported_architectures != architectures
            || library.supported_platform != self.name
            || library.supported_platform_variant.as_deref() != self.variant
            || library.binary_path != library.library_path
            || library.headers_path != HEADERS
        {
            return Err(format!("{INFO} describes {library:?}"));
        }
        Ok(())
    }

    /// Checks a library, and returns the symbols of the system that it uses.
    fn check_library(
        &self,
        file: &Path,
        functions: &[String],
        system: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, String> {
        let bytes = fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
        let archives = macho::archives(&bytes)?;
        let names: Vec<&str> = archives.iter().map(|(name, _)| name.as_str()).collect();
        if names != self.architectures.iter().map(|own| own.name).collect::<Vec<_>>() {
            return Err(format!("the library is for {names:?}"));
        }
        let mut used = BTreeSet::new();
        for (architecture, archive) in archives {
            let own = self
                .check_archive(&architecture, archive, functions, system)
                .map_err(|why| format!("{architecture}: {why}"))?;
            used.extend(own);
        }
        Ok(used)
    }

    fn check_archive(
        &self,
        architecture: &str,
        archive: &[u8],
        functions: &[String],
        system: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, String> {
        let members = macho::members(archive)?;
        for member in &members {
            let is_for = (member.architecture.as_str(), member.platform, member.minimum);
            if is_for != (architecture, self.number, self.minimum) {
                return Err(format!("{} is for {is_for:?}", member.name));
            }
            if member.defined.contains("_rust_eh_personality") {
                return Err(format!("{} shows the symbols of Rust", member.name));
            }
        }
        let defines = |name: &String| members.iter().any(|member| member.defines(name));
        if let Some(missing) = functions.iter().find(|name| !defines(name)) {
            return Err(format!("it does not define {missing}, which Swift calls"));
        }
        let linked = self.link(architecture, archive, functions)?;
        let size = linked.len() as u64;
        let most = phones::most_bytes(architecture);
        if size > most {
            return Err(format!("an app grows by {size} bytes, {most} at most"));
        }
        let used = macho::member("linked", &linked)?.undefined;
        if let Some(other) = used.iter().find(|name| !system.contains(*name)) {
            return Err(format!("it needs {other}, which the system library does not have"));
        }
        say!(
            "    {} {architecture}: {size} bytes linked, an archive of {} bytes, {} functions, {} symbols of the system",
            self.identifier,
            archive.len(),
            functions.len(),
            used.len(),
        );
        Ok(used)
    }

    /// Links the functions that Swift calls, and what they need, without the rest. The size is that by which an app grows that calls all of them.
    fn link(
        &self,
        architecture: &str,
        archive: &[u8],
        functions: &[String],
    ) -> Result<Vec<u8>, String> {
        let folder = super::super::tree::folder()?.join("apple/linked");
        let folder = empty_folder(&folder)?;
        let (library, list, linked) =
            (folder.join("library.a"), folder.join("functions.txt"), folder.join("linked.dylib"));
        let lines: String = functions.iter().map(|name| format!("_{name}\n")).collect();
        fs::write(&library, archive)
            .and_then(|()| fs::write(&list, lines))
            .map_err(|why| format!("{}: {why}", folder.display()))?;
        let name = match self.variant {
            Some(variant) => format!("{}-{variant}", self.name),
            None => self.name.to_string(),
        };
        let minimum = format!("{}.{}", self.minimum.0, self.minimum.1);
        let [list, library, out] =
            [&list, &library, &linked].map(|path| path.display().to_string());
        // Without Apple's libraries, the linker leaves their symbols to the start of the program.
        let options = "-dylib -dead_strip -all_load -x -S -undefined dynamic_lookup -arch";
        Run::program(&tool("gcc-ld/ld64.lld")?.display().to_string(), options)
            .args(&[architecture.to_string(), "-platform_version".into(), name])
            .args(&[minimum.clone(), minimum, "-exported_symbols_list".into(), list])
            .args(&["-o".into(), out, library])
            .go()?;
        fs::read(&linked).map_err(|why| format!("{}: {why}", linked.display()))
    }
}

/// Fails if a folder lacks the header or the module, or has others.
fn headers(folder: &Path) -> Result<(), String> {
    for (name, source) in xcframework::headers() {
        let file = folder.join(&name);
        let read = |path: &Path| fs::read(path).map_err(|why| format!("{}: {why}", path.display()));
        if read(&file)? != read(&source)? {
            return Err(format!("{} is not that of the package", file.display()));
        }
    }
    Ok(())
}

/// Returns the symbols of Apple's system library for macOS. That of iOS has the same functions of C.
fn system() -> Result<BTreeSet<String>, String> {
    let environment = zig()?;
    let found = environment.run("-c print(__import__('ziglang').__file__)").output()?;
    let file = PathBuf::from(found.trim()).with_file_name(SYSTEM);
    let text = fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let names = text.split(|c: char| c.is_whitespace() || "[],'".contains(c));
    let names: BTreeSet<String> =
        names.filter(|name| name.starts_with('_')).map(str::to_string).collect();
    if names.len() < 1_000 {
        return Err(format!("{} has only {} symbols", file.display(), names.len()));
    }
    Ok(names)
}

fn property_list<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let fault = |why: String| format!("{}: {why}", file.display());
    let json = Run::new("python3 -c")
        .args(&[AS_JSON.to_string(), file.display().to_string()])
        .output()
        .map_err(fault)?;
    serde_json::from_str(&json).map_err(|why| fault(why.to_string()))
}

//! The native libraries for Android, which the NDK links.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::{Run, target_folder};
use crate::{install, machine_paths, phones};

/// The variables that name the folder of the NDK.
const VARIABLES: [&str; 2] = ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT"];
const CLANG: &str = "toolchains/llvm/prebuilt/linux-x86_64/bin";
/// The oldest version of Android's programming interface, 8.0.
pub(super) const MIN_SDK: u32 = 26;
/// Android loads a library on a device with pages of this size only if its segments are aligned to it.
const PAGE: u64 = 16_384;
/// The bytes that the NDK's unwinder of panics may take. It is LLVM's, all of which has 70,515 bytes for ARM and 77,825 for x86-64 in the
/// toolchain's targets with musl.
const UNWINDER: u64 = 78_000;
/// The options of the linker: functions with equal code are one, and the places that the loader changes take a byte each rather than 24.
const OPTIONS: [&str; 2] = ["--icf=all", "--pack-dyn-relocs=android"];
/// The libraries of Android that each process may load.
const SYSTEM: [&str; 4] = ["libc.so", "libdl.so", "liblog.so", "libm.so"];
const FILE: &str = "libfh_jni.so";

/// A kind of processor.
pub(super) struct Abi {
    /// The name of the toolchain.
    pub(super) triple: &'static str,
    /// The name of the folder in the package.
    folder: &'static str,
    /// The beginning of the compiler's name.
    clang: &'static str,
}

pub(super) const ABIS: [Abi; 3] = [
    Abi { triple: "aarch64-linux-android", folder: "arm64-v8a", clang: "aarch64-linux-android" },
    Abi {
        triple: "armv7-linux-androideabi",
        folder: "armeabi-v7a",
        clang: "armv7a-linux-androideabi",
    },
    Abi { triple: "x86_64-linux-android", folder: "x86_64", clang: "x86_64-linux-android" },
];

/// The source of the native libraries.
pub(super) enum Natives {
    /// The NDK in this folder builds them.
    Ndk(PathBuf),
    None,
}

/// A library and its place in the package.
pub(super) struct Library {
    pub(super) file: PathBuf,
    pub(super) name: String,
}

/// Installs what the libraries and their checks need, apart from the NDK.
pub(super) fn prepare() -> Result<(), String> {
    install::package("readelf --version", "binutils", "it shows what a library needs")?;
    phones::prepare()
}

impl Natives {
    /// Returns the NDK that a variable names.
    pub(super) fn with_ndk() -> Result<Self, String> {
        let named = VARIABLES.iter().find_map(std::env::var_os).map(PathBuf::from);
        let advice = "install Android's NDK and set ANDROID_NDK_HOME to its folder, or pass --without-natives";
        match named {
            Some(folder) if folder.join(CLANG).is_dir() => Ok(Self::Ndk(folder)),
            Some(folder) => Err(format!("{} has no {CLANG}: {advice}", folder.display())),
            None => Err(format!("{} is not set: {advice}", VARIABLES[0])),
        }
    }

    pub(super) fn has_libraries(&self) -> bool {
        matches!(self, Self::Ndk(_))
    }

    /// Builds and checks the libraries of all ABIs in a folder.
    pub(super) fn build(&self, folder: &Path) -> Result<Vec<Library>, String> {
        let folder = empty_folder(folder)?;
        let Self::Ndk(ndk) = self else { return Ok(Vec::new()) };
        ABIS.iter().map(|abi| abi.build(ndk, &folder)).collect()
    }
}

impl Abi {
    fn build(&self, ndk: &Path, folder: &Path) -> Result<Library, String> {
        let clang = ndk.join(CLANG).join(format!("{}{MIN_SDK}-clang", self.clang));
        let built = self.link(&clang, "-Wl,", &[])?;
        let name = format!("jni/{}/{FILE}", self.folder);
        let file = folder.join(&name);
        let failed = |why: std::io::Error| format!("{}: {why}", file.display());
        file.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::copy(built, &file).map_err(failed)?;
        check(&file, phones::most_bytes(self.folder))?;
        Ok(Library { file, name })
    }

    /// Builds the library with the linker of the toolchain and without the libraries of the NDK, so that its code is compiled and its size is
    /// known. It lacks the unwinder of the NDK, and no app can load it.
    fn measure(&self) -> Result<(), String> {
        let sysroot = Run::new("rustc --print target-libdir").output()?;
        let linker = Path::new(sysroot.trim()).with_file_name("bin").join("rust-lld");
        let empty = empty_folder(&target_folder().join("kotlin/android/empty"))?;
        for name in ["c", "dl", "gcc", "log", "m", "unwind"] {
            let file = empty.join(format!("lib{name}.a"));
            // An archive without members.
            fs::write(&file, "!<arch>\n").map_err(|why| format!("{}: {why}", file.display()))?;
        }
        let options = [
            "-Clinker-flavor=ld.lld".to_string(),
            format!("-Lnative={}", empty.display()),
            "-Clink-arg=--unresolved-symbols=ignore-all".to_string(),
        ];
        let built = self.link(&linker, "", &options)?;
        check(&built, phones::most_bytes(self.folder) - UNWINDER)
    }

    /// Builds the library, and returns its file. Options of the linker get a prefix.
    fn link(&self, linker: &Path, prefix: &str, options: &[String]) -> Result<PathBuf, String> {
        let variable =
            format!("CARGO_TARGET_{}_LINKER", self.triple.to_uppercase().replace('-', "_"));
        let own = [format!("-zmax-page-size={PAGE}"), format!("-soname={FILE}")];
        let own = own.iter().map(String::as_str).chain(OPTIONS);
        let mut flags = machine_paths::renaming()?;
        flags.extend(own.map(|option| format!("-Clink-arg={prefix}{option}")));
        flags.extend_from_slice(options);
        let folder = target_folder().join("kotlin/android/target");
        phones::build("fh-jni", &[self.triple], &flags, &folder)
            .args(&["--config=profile.phone.strip=true".to_string()])
            .env(&variable, &linker.display().to_string())
            .go()?;
        Ok(folder.join(self.triple).join("phone").join(FILE))
    }
}

/// Builds the library for each ABI as far as a machine without the NDK can, and checks its size.
pub(super) fn measure() -> Result<(), String> {
    ABIS.iter().try_for_each(Abi::measure)
}

/// Fails if a library is too large, needs more than Android has, or cannot be loaded on a device with large pages.
fn check(file: &Path, most_bytes: u64) -> Result<(), String> {
    let fault = |what: String| Err(format!("{}: {what}", file.display()));
    let size = fs::metadata(file).map_err(|why| format!("{}: {why}", file.display()))?.len();
    if size > most_bytes {
        return fault(format!("it has {size} bytes, {most_bytes} at most"));
    }
    machine_paths::check(file)?;
    let shown = |options: &str| {
        Run::new(&format!("readelf --wide {options}")).args(&[file.display().to_string()]).output()
    };
    if let Some(alignment) =
        smallest_alignment(&shown("--program-headers")?).filter(|found| *found < PAGE)
    {
        return fault(format!("its segments are aligned to {alignment} bytes, not {PAGE}"));
    }
    let dynamic = shown("--dynamic")?;
    let mut needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    if let Some(other) =
        needed.find(|line| !SYSTEM.iter().any(|own| line.contains(&format!("[{own}]"))))
    {
        return fault(format!("it needs {other}, not the libraries of Android alone"));
    }
    say!("    {}: {size} bytes", file.display());
    Ok(())
}

/// Returns the smallest alignment of the segments that `readelf` shows.
fn smallest_alignment(headers: &str) -> Option<u64> {
    let segments = headers.lines().filter(|line| line.trim_start().starts_with("LOAD"));
    let alignment = |line: &str| {
        u64::from_str_radix(line.split_whitespace().next_back()?.strip_prefix("0x")?, 16).ok()
    };
    segments.filter_map(alignment).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alignment_is_that_of_the_segment_with_the_smallest_one() {
        let headers = "  PHDR 0x000040 0x0 0x0 0x0002d8 0x0002d8 R   0x8\n  LOAD 0x000000 0x0 0x0 0x0e1a14 0x0e1a14 R   0x4000\n  \
                       LOAD 0x0e1a40 0x0 0x0 0x22a6c0 0x22a6c0 R E 0x1000\n";
        assert_eq!(smallest_alignment(headers), Some(0x1000));
        assert_eq!(smallest_alignment(""), None);
    }
}

//! The folder with the libraries of all platforms, as Xcode takes it.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::library::{self, LIBRARY};
use super::super::tree::PACKAGE;
use super::platforms::{PLATFORMS, Platform};
use crate::folders::empty_folder;
use crate::shell::root;

/// The name of the folder: that of the module of C with the functions.
pub(in super::super) const NAME: &str = "fh_uniffiFFI.xcframework";
/// The module, which the target of `Package.swift` is named after.
pub(super) const MODULE: &str = "fh_uniffiFFI";
pub(super) const INFO: &str = "Info.plist";
pub(super) const HEADERS: &str = "Headers";
/// The uses of functions for which Apple demands a reason.
pub(super) const PRIVACY: &str = "PrivacyInfo.xcprivacy";
const SOURCES: &str = "Sources/FeatureHub";

/// Writes the folder with these libraries, which are in the order of the platforms.
pub(super) fn write(folder: &Path, libraries: &[PathBuf]) -> Result<PathBuf, String> {
    let xcframework = empty_folder(&folder.join(NAME))?;
    for (platform, library) in PLATFORMS.iter().zip(libraries) {
        let own = xcframework.join(platform.identifier);
        copy(library, &own.join(LIBRARY))?;
        for (name, file) in headers() {
            copy(&file, &own.join(HEADERS).join(name))?;
        }
    }
    let privacy = root().join(PACKAGE).join(SOURCES).join(PRIVACY);
    copy(&privacy, &xcframework.join(PRIVACY))?;
    let info = xcframework.join(INFO);
    fs::write(&info, description()).map_err(|why| format!("{}: {why}", info.display()))?;
    Ok(xcframework)
}

/// Returns the files with the functions of C, and their places. Xcode puts the headers of all libraries of an app into one folder, so they are in
/// a folder with the name of the module, where the compiler looks for the module.
pub(super) fn headers() -> [(String, PathBuf); 2] {
    let [_, header] = library::generated();
    let map = header.with_file_name("module.modulemap");
    [header, map].map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (format!("{MODULE}/{name}"), file)
    })
}

fn description() -> String {
    let libraries: String = PLATFORMS.iter().map(described).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\t<key>AvailableLibraries</key>\n\t<array>\n{libraries}\t</array>\n\
         \t<key>CFBundlePackageType</key>\n\t<string>XFWK</string>\n\
         \t<key>XCFrameworkFormatVersion</key>\n\t<string>1.0</string>\n</dict>\n</plist>\n"
    )
}

fn described(platform: &Platform) -> String {
    let text = |key: &str, value: &str| {
        format!("\t\t\t<key>{key}</key>\n\t\t\t<string>{value}</string>\n")
    };
    let architectures = platform.architectures.iter();
    let architectures: String = architectures
        .map(|architecture| format!("\t\t\t\t<string>{}</string>\n", architecture.name))
        .collect();
    let members = [
        text("BinaryPath", LIBRARY),
        text("HeadersPath", HEADERS),
        text("LibraryIdentifier", platform.identifier),
        text("LibraryPath", LIBRARY),
        format!(
            "\t\t\t<key>SupportedArchitectures</key>\n\t\t\t<array>\n{architectures}\t\t\t</array>\n"
        ),
        text("SupportedPlatform", platform.name),
        platform.variant.map_or(String::new(), |it| text("SupportedPlatformVariant", it)),
    ];
    format!("\t\t<dict>\n{}\t\t</dict>\n", members.concat())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", from.display());
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::copy(from, to).map(|_| ()).map_err(failed)
}

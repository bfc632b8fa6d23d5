//! Reads static libraries for Apple's systems.

use std::collections::BTreeSet;

use object::macho::{self, CpuType, MachHeader64, Platform};
use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch as _, MachHeader as _, MachOFatFile32};
use object::{Endianness, Object as _, ObjectSymbol as _};

use super::platforms::Version;

/// An object file.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) architecture: String,
    pub(super) platform: Platform,
    /// The oldest version of the platform.
    pub(super) minimum: Version,
    /// The symbols that other object files see, and those that it needs, with the underscore of C.
    pub(super) defined: BTreeSet<String>,
    pub(super) undefined: BTreeSet<String>,
}

impl Member {
    /// Returns true if the member defines a function of C.
    pub(super) fn defines(&self, function: &str) -> bool {
        self.defined.contains(&format!("_{function}"))
    }
}

/// Returns the archives of a library, each with the name of its architecture.
pub(super) fn archives(library: &[u8]) -> Result<Vec<(String, &[u8])>, String> {
    if library.starts_with(&macho::FAT_MAGIC.to_be_bytes()) {
        let fat = MachOFatFile32::parse(library).map_err(text)?;
        let part =
            |part: &macho::FatArch32| Ok((name(part.cputype()), part.data(library).map_err(text)?));
        return fat.arches().iter().map(part).collect();
    }
    let members = members(library)?;
    let first = members.first().ok_or("the library is empty")?;
    Ok(vec![(first.architecture.clone(), library)])
}

/// Returns the object files of an archive.
pub(super) fn members(archive: &[u8]) -> Result<Vec<Member>, String> {
    let parsed = ArchiveFile::parse(archive).map_err(text)?;
    let mut found = Vec::new();
    for part in parsed.members() {
        let part = part.map_err(text)?;
        let name = String::from_utf8_lossy(part.name()).into_owned();
        let bytes = part.data(archive).map_err(text)?;
        found.push(member(&name, bytes).map_err(|why| format!("{name}: {why}"))?);
    }
    Ok(found)
}

/// Reads an object file, or a library that was linked.
pub(super) fn member(name: &str, bytes: &[u8]) -> Result<Member, String> {
    let header = MachHeader64::<Endianness>::parse(bytes, 0).map_err(text)?;
    let endian = header.endian().map_err(text)?;
    let mut commands = header.load_commands(endian, bytes, 0).map_err(text)?;
    let mut build = None;
    while let Some(command) = commands.next().map_err(text)? {
        if let Some((found, _)) = command.build_version(endian).map_err(text)? {
            build = Some((found.platform.get(endian), found.minos.get(endian)));
        }
    }
    let (platform, minimum) = build.ok_or("it has no LC_BUILD_VERSION")?;
    let file = object::File::parse(bytes).map_err(text)?;
    let (mut defined, mut undefined) = (BTreeSet::new(), BTreeSet::new());
    for symbol in file.symbols().filter(object::ObjectSymbol::is_global) {
        let symbols = if symbol.is_undefined() { &mut undefined } else { &mut defined };
        symbols.insert(symbol.name().map_err(text)?.to_string());
    }
    Ok(Member {
        name: name.to_string(),
        architecture: self::name(header.cputype(endian)),
        platform,
        minimum: (minimum.major(), minimum.minor()),
        defined,
        undefined,
    })
}

/// Returns the name of a kind of processor, as the linker has it.
fn name(processor: CpuType) -> String {
    match processor {
        macho::CPU_TYPE_ARM64 => "arm64".to_string(),
        macho::CPU_TYPE_X86_64 => "x86_64".to_string(),
        other => format!("{other:?}"),
    }
}

fn text(why: object::Error) -> String {
    why.to_string()
}

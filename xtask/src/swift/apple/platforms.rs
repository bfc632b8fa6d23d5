//! The platforms of Apple for which the package has a library.

/// A platform of Apple, for which the package has one library.
#[derive(Debug)]
pub(super) struct Platform {
    /// The folder of the library.
    pub(super) identifier: &'static str,
    /// The names in `Info.plist`.
    pub(super) name: &'static str,
    pub(super) variant: Option<&'static str>,
    /// The number of the platform in the load command of the build, and the oldest version.
    pub(super) number: object::macho::Platform,
    pub(super) minimum: Version,
    pub(super) architectures: &'static [Architecture],
}

/// A version of a system: the major and the minor number.
pub(super) type Version = (u16, u8);

/// A kind of processor.
#[derive(Debug)]
pub(super) struct Architecture {
    /// The name of the toolchain's target.
    pub(super) triple: &'static str,
    /// The name in `Info.plist`, which the linker has, too.
    pub(super) name: &'static str,
}

/// The oldest versions are those of `Package.swift`.
pub(super) const IOS: Version = (16, 0);
pub(super) const MACOS: Version = (13, 0);

pub(super) const PLATFORMS: [Platform; 3] = [
    Platform {
        identifier: "ios-arm64",
        name: "ios",
        variant: None,
        number: object::macho::PLATFORM_IOS,
        minimum: IOS,
        architectures: &[Architecture { triple: "aarch64-apple-ios", name: "arm64" }],
    },
    Platform {
        identifier: "ios-arm64_x86_64-simulator",
        name: "ios",
        variant: Some("simulator"),
        number: object::macho::PLATFORM_IOSSIMULATOR,
        minimum: IOS,
        architectures: &[
            Architecture { triple: "aarch64-apple-ios-sim", name: "arm64" },
            Architecture { triple: "x86_64-apple-ios", name: "x86_64" },
        ],
    },
    Platform {
        identifier: "macos-arm64_x86_64",
        name: "macos",
        variant: None,
        number: object::macho::PLATFORM_MACOS,
        minimum: MACOS,
        architectures: &[
            Architecture { triple: "aarch64-apple-darwin", name: "arm64" },
            Architecture { triple: "x86_64-apple-darwin", name: "x86_64" },
        ],
    },
];

/// Returns the targets of the toolchain.
pub(in super::super) fn triples() -> Vec<&'static str> {
    let architectures = PLATFORMS.iter().flat_map(|platform| platform.architectures);
    architectures.map(|architecture| architecture.triple).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_versions_are_those_of_the_package() {
        let manifest = std::fs::read_to_string(
            crate::shell::root().join(super::super::super::tree::PACKAGE).join("Package.swift"),
        );
        let platforms = format!(".iOS(.v{}), .macOS(.v{})", IOS.0, MACOS.0);
        assert!(manifest.unwrap().contains(&platforms), "{platforms}");
    }
}

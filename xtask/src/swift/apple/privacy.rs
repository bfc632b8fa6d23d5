//! The privacy manifest, which gives a reason for each use of a function that can tell devices from each other.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Apple's categories of functions for whose use an app must give a reason, with the reason of the client, if it has one, and the functions.
const CATEGORIES: [(&str, &str, &[&str]); 3] = [
    (
        "NSPrivacyAccessedAPICategoryFileTimestamp",
        "C617.1",
        &[
            "_stat",
            "_fstat",
            "_lstat",
            "_fstatat",
            "_getattrlist",
            "_fgetattrlist",
            "_getattrlistat",
            "_getattrlistbulk",
        ],
    ),
    (
        // The standard library reads the same clock by another function.
        "NSPrivacyAccessedAPICategorySystemBootTime",
        "35F9.1",
        &["_mach_absolute_time", "_clock_gettime", "_clock_gettime_nsec_np"],
    ),
    (
        "NSPrivacyAccessedAPICategoryDiskSpace",
        "",
        &["_statfs", "_fstatfs", "_statvfs", "_fstatvfs"],
    ),
];

#[derive(Debug, Deserialize)]
pub(super) struct Privacy {
    #[serde(rename = "NSPrivacyTracking")]
    is_tracking: bool,
    #[serde(rename = "NSPrivacyAccessedAPITypes")]
    accessed: Vec<Accessed>,
}

#[derive(Debug, Deserialize)]
struct Accessed {
    #[serde(rename = "NSPrivacyAccessedAPIType")]
    category: String,
    #[serde(rename = "NSPrivacyAccessedAPITypeReasons")]
    reasons: Vec<String>,
}

/// Fails if the manifest lacks a category of the client or a category of a symbol that the libraries use, or if it has another one.
pub(super) fn check(manifest: &Privacy, used: &BTreeSet<String>) -> Result<(), String> {
    if manifest.is_tracking {
        return Err("the client does not track".to_string());
    }
    let declared: Vec<(&str, &[String])> = manifest
        .accessed
        .iter()
        .map(|accessed| (accessed.category.as_str(), accessed.reasons.as_slice()))
        .collect();
    for (category, reason, symbols) in CATEGORIES {
        // The libraries for x86-64 have several versions of some functions, such as `_stat$INODE64`.
        let own = |name: &&String| symbols.contains(&name.split('$').next().unwrap_or_default());
        let found: Vec<&String> = used.iter().filter(own).collect();
        let reasons = declared.iter().find(|(name, _)| *name == category).map(|(_, all)| *all);
        match reasons {
            Some([only]) if only == reason && !found.is_empty() => {}
            None if reason.is_empty() && found.is_empty() => {}
            _ => {
                return Err(format!(
                    "{category} has the reasons {reasons:?}, and the libraries use {found:?}"
                ));
            }
        }
    }
    match declared.iter().find(|(name, _)| !CATEGORIES.iter().any(|(known, ..)| known == name)) {
        Some((other, _)) => Err(format!("the client does not need {other}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(accessed: &[(&str, &str)]) -> Privacy {
        let accessed = accessed.iter().map(|(category, reason)| Accessed {
            category: format!("NSPrivacyAccessedAPICategory{category}"),
            reasons: vec![(*reason).to_string()],
        });
        Privacy { is_tracking: false, accessed: accessed.collect() }
    }

    #[test]
    fn the_manifest_has_the_categories_of_the_symbols_and_no_other() {
        let files = ("FileTimestamp", "C617.1");
        let both = [files, ("SystemBootTime", "35F9.1")];
        let more = [both[0], both[1], ("UserDefaults", "CA92.1")];
        let used = |symbols: &[&str]| symbols.iter().map(ToString::to_string).collect();
        let own = used(&["_stat$INODE64", "_clock_gettime", "_malloc"]);
        assert_eq!(check(&manifest(&both), &own), Ok(()));
        for (accessed, used) in [
            (&both[..1], &own),
            (&both[1..], &own),
            (&more, &own),
            (&[("FileTimestamp", "DDA9.1"), both[1]], &own),
            (&both, &used(&["_stat", "_malloc"])),
            (&both, &used(&["_stat", "_clock_gettime", "_statfs"])),
        ] {
            assert!(check(&manifest(accessed), used).is_err(), "{accessed:?} {used:?}");
        }
    }
}

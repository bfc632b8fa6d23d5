//! Lists of today's exceptions from a rule, which may only shrink.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use crate::sources::root;

/// Compares findings with the list `xtask/tests/exceptions/NAME.txt`: lines of a place and the number of findings there.
///
/// `findings` holds a place and a description of each finding. A place with more findings than the list allows fails, and so does one
/// with fewer: its line has to be lowered, so that the list only shrinks. `FH_UPDATE_EXCEPTIONS=1` writes the list anew.
pub(crate) fn check(name: &str, findings: &[(String, String)]) {
    let path = root().join("xtask/tests/exceptions").join(name).with_extension("txt");
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, finding) in findings {
        found.entry(place).or_default().push(finding);
    }
    if std::env::var_os("FH_UPDATE_EXCEPTIONS").is_some() {
        let mut list = String::new();
        for (place, findings) in &found {
            writeln!(list, "{} {place}", findings.len()).unwrap();
        }
        fs::write(&path, list).unwrap();
        return;
    }
    let list = fs::read_to_string(&path).unwrap();
    let allowed: BTreeMap<&str, usize> = list
        .lines()
        .map(|line| {
            let (count, place) = line.split_once(' ').unwrap();
            (place, count.parse().unwrap())
        })
        .collect();
    let mut report = String::new();
    for (place, findings) in &found {
        let allowed = allowed.get(place).copied().unwrap_or(0);
        if findings.len() > allowed {
            writeln!(report, "{place}: {} found, {allowed} allowed:", findings.len()).unwrap();
            for finding in findings {
                writeln!(report, "    {finding}").unwrap();
            }
        }
    }
    assert!(report.is_empty(), "{name}: mend what is new of this:\n{report}");
    for (place, allowed) in &allowed {
        let count = found.get(place).map_or(0, Vec::len);
        assert!(
            count >= *allowed,
            "{place}: {count} found, the list allows {allowed}: FH_UPDATE_EXCEPTIONS=1 cargo test -p xtask lowers it"
        );
    }
}

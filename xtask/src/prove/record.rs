//! The deep parts that passed on this machine, with the inputs that they had. The record is a file of the target folder, beside the builds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell::target_folder;

/// The last pass of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    /// The digest of the inputs.
    pub(super) digest: String,
    /// The time in seconds since 1970.
    pub(super) at: u64,
}

/// The last pass of each part by its name.
#[derive(Default)]
pub(super) struct Record(pub(super) BTreeMap<String, Pass>);

impl Record {
    /// Reads the record. Lines that are damaged count as missing: their parts run again.
    pub(super) fn read() -> Self {
        Self::in_file(&file())
    }

    fn in_file(path: &Path) -> Self {
        Self::of(&fs::read_to_string(path).unwrap_or_default())
    }

    fn of(text: &str) -> Self {
        let pass = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let (digest, at) = (words.next()?.to_string(), words.next()?.parse().ok()?);
            Some((words.next()?.to_string(), Pass { digest, at }))
        };
        Self(text.lines().filter_map(pass).collect())
    }

    /// Records a pass.
    pub(super) fn pass(part: &str, digest: &str) -> Result<(), String> {
        Self::pass_in(&file(), part, digest)
    }

    /// The file is read again for each pass, because another run may have recorded passes meanwhile.
    fn pass_in(path: &Path, part: &str, digest: &str) -> Result<(), String> {
        let mut record = Self::in_file(path);
        let pass = Pass { digest: digest.to_string(), at: now() };
        record.0.insert(part.to_string(), pass);
        fs::write(path, record.text()).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn text(&self) -> String {
        let line = |(part, pass): (&String, &Pass)| format!("{} {} {part}\n", pass.digest, pass.at);
        self.0.iter().map(line).collect()
    }
}

fn file() -> PathBuf {
    target_folder().join("proved")
}

/// Returns the seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary_folder::TemporaryFolder;

    #[test]
    fn a_record_is_read_as_it_was_written_without_damaged_lines() {
        let pass = Pass { digest: "00ff".to_string(), at: 17 };
        let record = Record(BTreeMap::from([("web: Chromium".to_string(), pass.clone())]));
        let read = Record::of(&format!("{}damaged\n00ff x part\n", record.text()));
        assert_eq!(read.0, BTreeMap::from([("web: Chromium".to_string(), pass)]));
    }
    #[test]
    fn runs_at_the_same_time_keep_the_passes_of_each_other() {
        let folder = TemporaryFolder::create("fh-record").unwrap();
        let path = folder.path().join("proved");
        for part in ["a", "b", "a"] {
            Record::pass_in(&path, part, "00ff").unwrap();
        }
        let passed: Vec<String> = Record::in_file(&path).0.into_keys().collect();
        assert_eq!(passed, ["a", "b"]);
    }
}

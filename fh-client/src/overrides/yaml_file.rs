//! The path and the format of the local features file.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use fh_files::{Content, FileContent, Limits, Member, Node, Position, Unreadable};

/// The environment variable that holds the path of the local features file.
const VARIABLE: &str = "FEATUREHUB_LOCAL_YAML";
/// The file in the working directory that holds the features if the variable `FEATUREHUB_LOCAL_YAML` is empty or not set.
const USUAL: &str = "featurehub-features.yaml";
/// The member of the local features file that holds the features.
const ROOT: &str = "flagValues";
/// The maximum size of a local features file in bytes. A larger file is treated as an invalid file.
pub(crate) const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Returns the path of the local features file. The path is the value of the environment variable `FEATUREHUB_LOCAL_YAML`. If
/// the variable is empty or not set, the path is `featurehub-features.yaml` in the working directory.
#[must_use]
pub fn usual_yaml_path() -> PathBuf {
    chosen(std::env::var_os(VARIABLE).map(PathBuf::from))
}

fn chosen(named: Option<PathBuf>) -> PathBuf {
    named.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| USUAL.into())
}

/// The reason why a local features file is not used. Its `Display` names the file and, where known, the line and column of the
/// error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlProblem {
    path: PathBuf,
    position: Option<Position>,
    what: String,
    is_missing: bool,
}

impl YamlProblem {
    /// Returns the path of the local features file that is not used.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the position of the error in the file. Returns `None` if the error concerns the whole file, or a line that is
    /// not UTF-8.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns true if the file did not exist when it was read. This is usual, because most programs run without a local
    /// features file.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        self.is_missing
    }
}

impl fmt::Display for YamlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, position, what, .. } = self;
        match position {
            Some(position) => write!(f, "{}, {position}: {what}", path.display()),
            None => write!(f, "{}: {what}", path.display()),
        }
    }
}

impl std::error::Error for YamlProblem {}

/// The members of the file's map `flagValues`, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct FlagValues {
    members: Vec<Member>,
}

impl FlagValues {
    /// Parses the content of a local features file. Returns the problem if the file could not be read, or if the content of the
    /// file is invalid.
    pub(crate) fn of(
        path: &Path,
        found: Result<FileContent, Unreadable>,
    ) -> Result<Self, YamlProblem> {
        let found = found.map_err(|error| YamlProblem {
            path: path.to_owned(),
            position: None,
            what: error.to_string(),
            is_missing: error.is_missing(),
        })?;
        Self::parse(path, &found.bytes)
    }

    /// Parses the text of a local features file. Returns an error if the text is not UTF-8 or cannot be parsed as YAML (for
    /// example because a key occurs twice), or if its member `flagValues` is missing or is neither a map nor null.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, YamlProblem> {
        let wrong = |position, what: String| YamlProblem {
            path: path.to_owned(),
            position,
            what,
            is_missing: false,
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
                return Err(wrong(None, format!("line {line} is not UTF-8")));
            }
        };
        let root = Node::parse(text, &Limits::default())
            .map_err(|error| wrong(Some(error.position), error.what))?;
        let missing = || wrong(None, format!("the file has no member {ROOT}"));
        let values = root.get(ROOT).ok_or_else(missing)?;
        match &values.content {
            Content::Map(members) => Ok(Self { members: members.clone() }),
            Content::Null => Ok(Self::default()),
            _ => Err(wrong(Some(values.position), format!("{ROOT} is not a map"))),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.members.iter().map(|member| (&*member.name, &*member.node))
    }

    /// Converts each value with `turn`, and returns the results by feature key.
    pub(crate) fn by_key<T>(&self, turn: impl Fn(&Node) -> T) -> HashMap<Box<str>, T> {
        self.members.iter().map(|member| (member.name.clone(), turn(&member.node))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: impl AsRef<[u8]>) -> String {
        match FlagValues::parse(Path::new("f.yaml"), yaml.as_ref()) {
            Ok(values) => {
                let shown = values.iter().map(|(key, node)| format!("{key}={}", node.to_json()));
                shown.collect::<Vec<_>>().join(" ")
            }
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn features_stand_under_their_root() {
        for (yaml, expected) in [
            ("flagValues:\n  B: true\n  A: 1.50\n", "B=true A=1.50"),
            ("other: 1\nflagValues: {A: null}\n", "A=null"),
            ("flagValues:\n  true: x\n  17: y\n", "true=\"x\" 17=\"y\""),
            ("flagValues:\n", ""),
            ("flagValues: {}\n", ""),
            ("", "f.yaml: the file has no member flagValues"),
            ("# nothing\n", "f.yaml: the file has no member flagValues"),
            ("other: {A: 1}\n", "f.yaml: the file has no member flagValues"),
            ("flagvalues: {A: 1}\n", "f.yaml: the file has no member flagValues"),
            ("- flagValues\n", "f.yaml: the file has no member flagValues"),
            ("flagValues: [A]\n", "f.yaml, line 1, column 13: flagValues is not a map"),
            ("flagValues: A\n", "f.yaml, line 1, column 13: flagValues is not a map"),
            (
                "flagValues:\n  A: 1\n  B: 2\n  A: 3\n",
                "f.yaml, line 4, column 3: \"A\" is defined twice, first in line 2: remove one of the two",
            ),
        ] {
            assert_eq!(parse(yaml), expected, "{yaml:?}");
        }
        assert_eq!(parse(b"flagValues:\n  A: \xff\n"), "f.yaml: line 2 is not UTF-8");
    }

    #[test]
    fn the_file_is_chosen_by_the_variable() {
        assert_eq!(chosen(None), Path::new("featurehub-features.yaml"));
        assert_eq!(chosen(Some("".into())), Path::new("featurehub-features.yaml"));
        assert_eq!(chosen(Some("/etc/flags.yml".into())), Path::new("/etc/flags.yml"));
    }
}

//! The sources of settings, in order of precedence: the flag, the variable of this project, and FeatureHub's property. A property is
//! looked up in the order of FeatureHub's servers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::kubernetes;
use super::properties::{PropertyFile, USUAL};
use super::setting::{Form, Setting};

/// The texts of all settings, by source.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The texts of the flags, by the names of their settings.
    pub(crate) flags: BTreeMap<&'static str, Vec<String>>,
    /// The environment variables, without those that are not UTF-8.
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) files: Vec<PropertyFile>,
}

/// The place that gives a setting: a flag, an environment variable, or a line of a property file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Flag(&'static str),
    Variable(String),
    File { name: &'static str, path: PathBuf, line: usize },
}

impl Source {
    /// Returns the rank in the order of precedence. The source with the lowest rank takes precedence.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Variable(_) => 1,
            Self::File { .. } => 2,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => write!(f, "{name} in the environment"),
            Self::File { name, path, line } => {
                write!(f, "{name} in {} line {line}", path.display())
            }
        }
    }
}

/// The texts of one setting that was given, and their source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenSetting {
    pub(crate) source: Source,
    pub(crate) texts: Vec<String>,
}

impl Sources {
    /// Creates the sources with the environment of this process.
    pub(crate) fn new(flags: BTreeMap<&'static str, Vec<String>>) -> Self {
        let variables = std::env::vars_os();
        let text = |name: std::ffi::OsString| name.into_string().ok();
        let variables = variables.filter_map(|(name, value)| Some((text(name)?, text(value)?)));
        Self { flags, variables: variables.collect(), files: Vec::new() }
    }

    /// Reads the named property files. If no files are named, reads those property files of FeatureHub's images that exist.
    pub(crate) fn read_files(&mut self, named: Option<Vec<String>>) -> Result<(), String> {
        let paths: Vec<PathBuf> = match named {
            Some(named) => {
                named.iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect()
            }
            None => USUAL.map(PathBuf::from).into_iter().filter(|path| is_there(path)).collect(),
        };
        self.files = paths.iter().map(|path| PropertyFile::read(path)).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Returns the texts of a setting from the source that takes precedence, or `None` if no source gives the setting.
    pub(crate) fn find(&self, setting: &Setting) -> Option<GivenSetting> {
        if let Some(texts) = self.flags.get(setting.name) {
            return Some(GivenSetting { source: Source::Flag(setting.name), texts: texts.clone() });
        }
        let own = setting.variable();
        if let Some(text) = self.variable(&own) {
            return Some(GivenSetting {
                source: Source::Variable(own),
                texts: texts(setting, text),
            });
        }
        let property = setting.property?;
        let (source, text) = self.property(property.name)?;
        (text.trim() != property.none).then(|| GivenSetting { source, texts: texts(setting, text) })
    }

    /// Finds a property in the order of FeatureHub's servers: the variable with exactly its name, the last of the files that
    /// have the property, then the variables with its upper-case names. Blank texts count as absent.
    fn property(&self, name: &'static str) -> Option<(Source, &str)> {
        let variable = |name: String| {
            let text = self.variable(&name)?;
            Some((Source::Variable(name), text))
        };
        let in_files = || {
            let (file, entry) =
                self.files.iter().rev().find_map(|file| Some((file, file.get(name)?)))?;
            let source = Source::File { name, path: file.path.clone(), line: entry.line };
            (!entry.text.trim().is_empty()).then_some((source, entry.text.as_str()))
        };
        variable(name.to_string())
            .or_else(in_files)
            .or_else(|| variable(name.to_uppercase()))
            .or_else(|| variable(snake(name)))
    }

    /// Returns the name of the environment variable that sets a property, in one of its three spellings. Returns `None` if
    /// no such variable is set. For properties that begin with `cache.`, only the first spelling counts.
    pub(super) fn in_environment(&self, property: &str) -> Option<String> {
        // Other programs also use variables with such names in upper case.
        let is_common = property.starts_with("cache.");
        let spellings = [property.to_string(), property.to_uppercase(), snake(property)];
        let most = if is_common { 1 } else { 3 };
        spellings.into_iter().take(most).find(|name| self.variable(name).is_some())
    }

    /// Returns all properties in files, each with its file and line.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, String)> {
        self.files.iter().flat_map(|file| {
            let place = |line| format!("{} line {line}", file.path.display());
            file.entries.iter().map(move |entry| (entry.name.as_str(), place(entry.line)))
        })
    }

    /// Returns the names of variables that begin with `FH_EDGE_` and that Kubernetes has not set.
    pub(super) fn own_variables(&self) -> impl Iterator<Item = &str> {
        let own = |(name, text): &(&String, &String)| {
            name.starts_with("FH_EDGE_") && !kubernetes::sets(name, text)
        };
        self.variables.iter().filter(own).map(|(name, _)| name.as_str())
    }

    /// Returns the text of a variable. An empty variable counts as absent, and so does the port of a Kubernetes Service.
    fn variable(&self, name: &str) -> Option<&str> {
        let text = self.variables.get(name)?;
        let is_service = kubernetes::is_port_of_service(name, text);
        (!text.trim().is_empty() && !is_service).then_some(text)
    }
}

fn texts(setting: &Setting, text: &str) -> Vec<String> {
    match setting.form {
        Form::Many(_) => text.split_whitespace().map(str::to_string).collect(),
        Form::Lines(_) => lines(text).map(str::to_string).collect(),
        Form::One(_) | Form::Switch => vec![text.to_string()],
    }
}

/// Returns the lines that are not blank.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn snake(name: &str) -> String {
    name.to_uppercase().replace(['.', '-'], "_")
}

fn is_there(path: &Path) -> bool {
    path.is_file()
}

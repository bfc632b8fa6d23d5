//! Where the features of a server come from.

use std::path::{Path, PathBuf};

use fh_edge::EdgeHandle;
use fh_edge::state::State;
use fh_edge::state::file::{self, ExtraAccount, Parsed, Problem, StateFileError};
use fh_edge::state::{Permission, ServiceKey};
use tracing::{error, info, warn};

use super::settings::Settings;
use crate::failure::Failure;

/// More warnings of one reading are not logged one by one.
const MOST_WARNINGS: usize = 20;

/// Where features come from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    File(StateFile),
}

/// A file, and how it is read.
#[derive(Debug, Clone)]
pub(crate) struct StateFile {
    path: PathBuf,
    options: file::Options,
}

/// Why a file cannot be served.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// It cannot be read: one sentence with its name.
    Unreadable(String),
    /// What stands in it is wrong.
    Wrong(StateFileError),
}

impl Origin {
    /// Opens it; what it holds, if that is known already.
    pub(crate) fn open(settings: &Settings) -> Result<(Self, Option<State>), Failure> {
        let Some(path) = &settings.state else {
            return Err(Failure::Input(
                "nothing to serve: say --state FILE; `fh init` writes one to start from"
                    .to_string(),
            ));
        };
        let file = StateFile::new(path, settings);
        let parsed = file.read().map_err(|unfit| Failure::Input(file.words(&unfit)))?;
        file.log_warnings(&parsed.warnings);
        Ok((Self::File(file), Some(parsed.state)))
    }

    /// Reads it again. What is wrong changes nothing.
    pub(crate) async fn reload(&self, handle: &EdgeHandle) {
        let Self::File(file) = self;
        let path = file.path.display();
        match file.read() {
            Ok(parsed) => {
                file.log_warnings(&parsed.warnings);
                match handle.reload(parsed.state).await {
                    Ok(()) => info!(file = %path, "the state was read again"),
                    Err(why) => error!(file = %path, %why, "the state in force stays"),
                }
            }
            Err(why) => error!(why = file.words(&why), "the state in force stays"),
        }
    }
}

impl StateFile {
    pub(crate) fn new(path: &Path, settings: &Settings) -> Self {
        let options = file::Options::new().process_environment().profile(settings.edge.profile);
        let options = match settings.keys.as_slice() {
            [] => options,
            keys => options.account(account(keys)),
        };
        Self { path: path.to_path_buf(), options }
    }

    pub(crate) fn read(&self) -> Result<Parsed, Unfit> {
        let found = fh_files::read(&self.path, file::MOST_BYTES);
        let unreadable = |error| Unfit::Unreadable(format!("{}: {error}", self.path.display()));
        let found = found.map_err(unreadable)?;
        State::from_bytes(&found.bytes, &self.options).map_err(Unfit::Wrong)
    }

    /// What is wrong, on one line.
    fn words(&self, unfit: &Unfit) -> String {
        let path = self.path.display();
        match unfit {
            Unfit::Unreadable(words) => words.clone(),
            Unfit::Wrong(error) => match error.problems() {
                [first, _, others @ ..] => format!(
                    "{path}: {first}; and {} more, which `fh serve --check {path}` shows",
                    others.len() + 1
                ),
                _ => format!("{path}: {error}"),
            },
        }
    }

    fn log_warnings(&self, warnings: &[Problem]) {
        for warning in warnings.iter().take(MOST_WARNINGS) {
            warn!(file = %self.path.display(), "{warning}");
        }
        if let Some(more) = warnings.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
            warn!(file = %self.path.display(), more, "there are more warnings: --check shows all");
        }
    }
}

/// Whoever has these keys may read.
fn account(keys: &[ServiceKey]) -> ExtraAccount {
    let (client_keys, server_keys) =
        keys.iter().cloned().partition(ServiceKey::is_client_evaluated);
    ExtraAccount {
        name: "command line".into(),
        client_keys,
        server_keys,
        filters: Default::default(),
        permissions: [Permission::Read].into_iter().collect(),
    }
}

//! Reads state files, and reports the errors in a file with their positions and paths.
//!
//! A state file is YAML 1.2 or JSON. Numbers keep all their digits. The file has three main parts, each of which is optional:
//!
//! ```yaml
#![doc = include_str!("example.yaml")]
//! ```
//!
//! `${NAME}` in API keys and in ids of environments is replaced by a secret, and `$$` by a dollar sign. In all other members of a file,
//! `${NAME}` is ordinary text, because programs may use it in their own texts. Inside YAML's `{ }`, `${NAME}` needs quotes.
//!
//! `percentage` may be a text that ends in `%`. Top-level members whose names begin with `x-` are ignored, so that they may hold anchors.
//! Any other unknown member is an error. In a strategy or rule, an unknown member is an error only if its name is similar to a known one,
//! and at most a warning otherwise.
//!
//! Files of other FeatureHub programs are read, too: see [`Form`].

mod account;
mod environment;
mod feature;
mod foreign;
mod ids;
mod keys;
mod names;
mod options;
mod part;
mod problem;
mod review;
mod secrets;
mod strategy;
mod typed;
mod value;

use std::sync::Arc;

use fh_eval::Profile;
use fh_files::{Limits, Node, Position};

pub use foreign::Form;
pub(crate) use ids::value_id;
pub use options::{ExtraAccount, Options};
pub use problem::{Problem, StateFileError};

use super::{
    CLIENT_LIMIT, Environment, Feature, FeatureValue, Json, LARGE_ANSWER, State, answer_size,
    mebibytes,
};
use account::Accounts;
use environment::Environments;
use feature::Features;
use foreign::Contents;
use part::{Part, Reading};
use problem::Path;
use review::{Review, Reviewed};

/// The maximum length of a state's text in bytes. A longer text is an error.
pub(crate) const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// A state that was read from a text, and the warnings about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parsed {
    /// The state that was read.
    pub state: State,
    /// The form of the text from which the state was read.
    pub form: Form,
    /// The warnings, in the order of the text. At most 1,000 warnings are kept; further ones are left out.
    pub warnings: Vec<Problem>,
}

impl State {
    /// Reads a state from a text of any [`Form`]. [The module](self) describes the form of state files.
    ///
    /// ```
    /// use fh_edge::state::State;
    /// use fh_edge::state::file::Options;
    /// let text = "
    /// features: [{ key: NEW_CHECKOUT, type: BOOLEAN }]
    /// environments: [{ name: dev, values: { NEW_CHEKOUT: true } }]
    /// ";
    /// let error = State::from_text(text, &Options::new()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 3, column 39, environments[0].values.NEW_CHEKOUT: there is no such feature under `features`; did you mean NEW_CHECKOUT?"
    /// );
    /// ```
    ///
    /// # Errors
    /// Returns [`StateFileError`], which lists the first 100 problems that were found, with their positions and paths.
    pub fn from_text(text: &str, options: &Options) -> Result<Parsed, StateFileError> {
        if text.len() as u64 > MOST_BYTES {
            return Err(whole(format!("the text is larger than {MOST_BYTES} bytes")));
        }
        let root = Part::root(parse(text)?);
        let mut reading = Reading::new(options);
        let form = Form::of(&root);
        let (revision, mut contents) = match form {
            Form::State => native(&mut reading, &root),
            _ => (0, foreign::read(&mut reading, &root, form)),
        };
        contents.accounts.add_extra(&mut reading, &options.accounts, &contents.environments);
        if contents.accounts.list.is_empty() && !options.is_without_accounts {
            let what = match form {
                Form::State => "there are no accounts, so no client can read anything: add one with a key below `accounts`".to_owned(),
                _ => {
                    format!(
                        "{form} contains no keys: configure keys as well, otherwise no client can read anything"
                    )
                }
            };
            reading.warn(&root, what);
        }
        for environment in &contents.environments {
            let size = answer_size(&contents.features, environment);
            if size > LARGE_ANSWER {
                reading.warn(&root, large_answer(environment, size));
            }
        }
        let warnings = reading.finish()?;
        let Contents { features, environments, accounts } = contents;
        let state = Self { revision, features, environments, accounts: accounts.list };
        state.check().map_err(|duplicate| whole(duplicate.to_string()))?;
        Ok(Parsed { state, form, warnings })
    }

    /// Reads a state from bytes, which must be UTF-8 text.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::from_text`], and an error with the position of the first byte that is not UTF-8.
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Parsed, StateFileError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_text(text, options),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let (above, line) = match good.iter().rposition(|byte| *byte == b'\n') {
                    Some(end) => good.split_at(end + 1),
                    None => (&[][..], good),
                };
                let lines = above.iter().filter(|byte| **byte == b'\n').count();
                // Each character has one byte that does not continue it.
                let characters = line.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
                let position = Position { line: lines + 1, column: characters + 1 };
                Err(StateFileError::at(
                    position,
                    "the text is not UTF-8: save the file as UTF-8".to_owned(),
                ))
            }
        }
    }
}

/// Reads a JSON list of strategies for a feature, in an environment with this profile. The strategies have the form that state files use.
///
/// # Errors
/// Returns the same [`StateFileError`] as a state file with these strategies. The paths of problems in strategies begin with `strategies`,
/// and positions are those in `json`.
pub(crate) fn read_strategies(
    json: &str,
    feature: &Feature,
    profile: Profile,
) -> Result<Vec<Json>, StateFileError> {
    let options = Options::new().profile(profile);
    let mut reading = Reading::new(&options);
    let path = Path::default().member("strategies");
    let list = Part { node: parse(json)?, path };
    let items = reading.list(&list, "strategies");
    let strategies = items.iter().map(|part| strategy::read(&mut reading, part, feature.kind));
    let value = FeatureValue { strategies: strategies.collect(), ..FeatureValue::default() };
    let reviewed = Reviewed { part: &list, strategies: Some(&list), has_value_id: true };
    Review::new(&options, Some(profile)).value(&mut reading, feature, &value, &reviewed);
    reading.finish()?;
    Ok(value.strategies)
}

fn large_answer(environment: &Environment, size: usize) -> String {
    let Environment { name, id, .. } = environment;
    let named = if name.is_empty() { id.to_string() } else { name.clone() };
    format!(
        "an answer with all features of the environment {named} has about {}, and clients refuse answers above {} unless their setting \
         `limits.bytes` is larger: remove or shorten features, or limit the accounts by filters",
        mebibytes(size),
        mebibytes(CLIENT_LIMIT)
    )
}

/// Returns an error that concerns a text as a whole.
fn whole(what: String) -> StateFileError {
    StateFileError::at(Position::START, what)
}

/// Parses a text with at most 100 levels, 2,000,000 values, and a size of 16 MiB plus five times the text's length. The size is limited
/// because YAML aliases can multiply it.
fn parse(text: &str) -> Result<Arc<Node>, StateFileError> {
    const ALIASES: usize = 16 * 1024 * 1024;
    // Without aliases, the weight of a document is smaller than this limit, however short its values are.
    let limits = Limits { depth: 100, weight: ALIASES + 5 * text.len(), values: 2_000_000 };
    Node::parse(text, &limits).map_err(|error| StateFileError::at(error.position, error.what))
}

/// Reads a document in the form of this project's state files. Returns its revision and its contents.
fn native(reading: &mut Reading<'_>, root: &Part) -> (u64, Contents) {
    let known = &["features", "environments", "accounts", "revision", "$schema"];
    if root.is_null() {
        reading.error(root, "the document is empty: write `features`, `environments` and `accounts`; `fh init` writes an example");
    } else if !reading.map_with(root, "a state", known, |name| name.starts_with("x-")) {
        return (0, Contents::default());
    }
    let features = root.get("features").map(|part| Features::read(reading, &part));
    let features = features.unwrap_or_default();
    let environments = root.get("environments");
    let environments =
        environments.map(|part| Environments::read(reading, &part, &features)).unwrap_or_default();
    let accounts = root.get("accounts").filter(|_| !reading.options.is_without_accounts);
    let accounts =
        accounts.map(|part| Accounts::read(reading, &part, &environments)).unwrap_or_default();
    let revision = root.get("revision").and_then(|part| reading.count(&part, "a revision"));
    let contents = Contents { features: features.list, environments: environments.list, accounts };
    (revision.unwrap_or(0), contents)
}

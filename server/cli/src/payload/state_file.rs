//! State files, and files of other programs that hold a whole state, in the form of a payload. They also hold the ids of
//! values, which no payload holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fh_edge::internal::without_accounts;
use fh_edge::state::file::{Form, Options, Parsed, StateFileError};
use fh_edge::state::{Environment, Feature, FeatureValue, Json, State};
use fh_eval::featurehub::HashIds;
use fh_eval::internal::wire::name;
use fh_eval::{Kind, Place};
use fh_files::{Content, Limits, Node};

/// The members of which a state file has at least one.
const MEMBERS: [&str; 3] = ["features", "environments", "accounts"];

/// A document that holds a state, and the environments in it.
#[derive(Debug)]
pub(crate) struct StateFile {
    environments: Vec<StateEnvironment>,
    /// The tree of the document, which gives the lines of findings. `None` if the document could not be parsed again.
    root: Option<Arc<Node>>,
}

#[derive(Debug)]
struct StateEnvironment {
    id: String,
    /// The name, or the id if the environment has no name.
    name: String,
    /// The ids of the features' values, by feature key.
    value_ids: HashIds,
    /// The names of the checks whose warnings a value accepts, by feature key.
    accepted: HashMap<String, BTreeSet<String>>,
    /// The keys of retired features, which SDKs do not receive.
    retired: Vec<String>,
}

/// Returns true if a text that is not JSON is a map with a member of state files.
pub(crate) fn is_state(text: &str) -> bool {
    let limits = Limits { values: 2_000_000, ..Limits::default() };
    Node::parse(text, &limits).is_ok_and(|root| MEMBERS.iter().any(|name| root.get(name).is_some()))
}

/// Returns the error of a text that is not YAML.
pub(crate) fn syntax_error(text: &str) -> Option<String> {
    Node::parse(text, &Limits::default()).err().map(|error| error.to_string())
}

/// A state that was read from a text.
pub(crate) struct ReadState {
    pub(crate) file: StateFile,
    /// The features of all environments as a payload.
    pub(crate) payload: String,
    form: Form,
}

impl ReadState {
    /// Returns false if the text is a payload, which can also be read as a state.
    pub(crate) const fn is_state(&self) -> bool {
        !matches!(self.form, Form::FeatureList | Form::EnvironmentList)
    }
}

/// Reads a state without its accounts. The API keys of the accounts may be secrets that are not set here.
pub(crate) fn read(text: &str) -> Result<ReadState, StateFileError> {
    let options = without_accounts(Options::new().process_environment());
    let Parsed { state, form, .. } = State::from_text(text, &options)?;
    let payload: Vec<String> =
        state.environments.iter().map(|each| payload(&state, each)).collect();
    let environments = state.environments.iter().map(StateEnvironment::of).collect();
    let limits = Limits { depth: 100, weight: usize::MAX, values: 2_000_000 };
    let file = StateFile { environments, root: Node::parse(text, &limits).ok() };
    Ok(ReadState { file, payload: format!("[{}]", payload.join(",\n")), form })
}

impl StateEnvironment {
    fn of(environment: &Environment) -> Self {
        let id = environment.id.to_string();
        let name = if environment.name.is_empty() { id.clone() } else { environment.name.clone() };
        let values = environment.values.iter();
        let value_ids = values
            .clone()
            .filter_map(|(key, value)| Some((key.to_string(), value.value_id.clone()?)))
            .collect();
        let accepted = values
            .clone()
            .filter(|(_, value)| !value.accept.is_empty())
            .map(|(key, value)| (key.to_string(), value.accept.clone()))
            .collect();
        let retired = values.filter(|(_, value)| value.retired).map(|(key, _)| key.to_string());
        Self { id, name, value_ids, accepted, retired: retired.collect() }
    }
}

/// Returns an environment as the Edge sends it to a client-evaluated key that may read all features.
fn payload(state: &State, environment: &Environment) -> String {
    let features = state.features.iter().filter_map(|definition| {
        let value = environment.values.get(&definition.key);
        (!value.is_some_and(|value| value.retired)).then(|| feature(definition, value))
    });
    let features: Vec<String> = features.collect();
    format!("{{\"id\":\"{}\",\"features\":[{}]}}", environment.id, features.join(",\n"))
}

fn feature(definition: &Feature, value: Option<&FeatureValue>) -> String {
    let unset = FeatureValue {
        value: (definition.kind == Kind::Boolean).then(|| Json::boolean(false)),
        ..FeatureValue::default()
    };
    let value = value.unwrap_or(&unset);
    let mut json = format!(
        "{{\"{}\":\"{}\",\"{}\":{},\"{}\":{},\"{}\":{},\"{}\":\"{}\"",
        name::ID,
        definition.id,
        name::KEY,
        Json::text(&definition.key).as_str(),
        name::LOCKED,
        value.locked,
        name::VERSION,
        value.version.unwrap_or(0),
        name::TYPE,
        definition.kind
    );
    let mut member = |name: &str, text: &str| {
        json.push_str(&format!(",\"{name}\":{text}"));
    };
    if let Some(value) = &value.value {
        member(name::VALUE, value.as_str());
    }
    let strategies: Vec<&str> = value.strategies.iter().map(Json::as_str).collect();
    member(name::STRATEGIES, &format!("[{}]", strategies.join(",")));
    json.push('}');
    json
}

impl StateFile {
    /// Returns the id of the environment with this name or id.
    pub(crate) fn id_of(&self, wanted: &str) -> Option<&str> {
        let named = |each: &&StateEnvironment| each.id == wanted || each.name == wanted;
        self.environments.iter().find(named).map(|each| each.id.as_str())
    }

    /// Returns the names of all environments. An environment without a name is listed by its id.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|each| each.name.as_str())
    }

    fn environment(&self, id: Option<&str>) -> Option<&StateEnvironment> {
        self.environments.iter().find(|each| Some(each.id.as_str()) == id)
    }

    /// Returns the name of the environment with this id.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        self.environment(Some(id)).map(|each| each.name.as_str())
    }

    /// Returns the ids of the values in the environment with this id, by feature key.
    pub(crate) fn value_ids(&self, id: Option<&str>) -> Option<&HashIds> {
        self.environment(id).map(|each| &each.value_ids)
    }

    /// Returns true if the value at this place accepts warnings of the check with this name.
    pub(crate) fn accepts(&self, place: &Place, check: &str) -> bool {
        let environment = self.environment(place.environment.as_deref());
        let accepted = environment.and_then(|each| each.accepted.get(&*place.feature));
        accepted.is_some_and(|accepted| accepted.contains(check))
    }

    /// Returns true if the feature is retired in the environment with this id.
    pub(crate) fn is_retired(&self, id: Option<&str>, key: &str) -> bool {
        self.environment(id).is_some_and(|each| each.retired.iter().any(|known| known == key))
    }

    /// Returns the line on which a part of a feature begins. Returns `None` for files of other programs, and for parts that the
    /// file does not hold.
    pub(crate) fn line_of(&self, place: &Place) -> Option<usize> {
        let root = self.root.as_deref()?;
        let position = self
            .environments
            .iter()
            .position(|each| Some(each.id.as_str()) == place.environment.as_deref())?;
        let environment = item(root.get("environments")?, position)?;
        let value = environment.get("values")?.get(&place.feature)?;
        let strategy = place.strategy.and_then(|at| item(value.get("strategies")?, at as usize));
        let rule = strategy
            .zip(place.rule)
            .and_then(|(strategy, at)| item(strategy.get(name::RULES)?, at as usize));
        Some(rule.or(strategy).unwrap_or(value).position.line)
    }
}

/// Returns the item at a position of a list. A node that is no list counts as a list of one item.
fn item(list: &Arc<Node>, position: usize) -> Option<&Arc<Node>> {
    match &list.content {
        Content::List(items) => items.get(position),
        _ => (position == 0).then_some(list),
    }
}

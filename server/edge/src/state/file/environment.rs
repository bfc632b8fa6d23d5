//! Reads the member `environments` of a state file. Environments contain the values of features.

use std::collections::{HashMap, HashSet};

use fh_eval::Profile;
use http::HeaderValue;
use uuid::Uuid;

use super::feature::{Features, NO_UUID, uuid};
use super::ids::environment_id;
use super::names::check_name;
use super::part::{Part, Reading};
use super::review::Review;
use super::value;
use crate::state::Environment;
use crate::state::unique::Uniques;

/// The environments of a document.
#[derive(Default)]
pub(super) struct Environments {
    pub(super) list: Vec<Environment>,
    uniques: Uniques,
    /// The ids of the environments in `list`.
    ids: HashSet<Uuid>,
    names: HashMap<String, Vec<Uuid>>,
    /// True if an environment could not be read. An unknown name or id may then refer to that environment.
    has_gaps: bool,
}

/// The reason why a text does not identify an environment.
pub(super) enum Unnamed {
    /// No environment has this name or id.
    None,
    /// Several environments have this name.
    Several,
}

impl Environments {
    /// Reads the environments of a state file. An environment that cannot be read is left out, and an error is added.
    pub(super) fn read(reading: &mut Reading<'_>, part: &Part, features: &Features) -> Self {
        let mut environments = Self::default();
        for part in reading.list(part, "environments") {
            match environment(reading, &part, features) {
                Some(environment) => environments.add(reading, &part, environment),
                None => environments.has_gaps = true,
            }
        }
        environments
    }

    fn add(&mut self, reading: &mut Reading<'_>, part: &Part, environment: Environment) {
        if let Err(what) = self.uniques.environment(environment.id, &part.path.to_string()) {
            return reading
                .error(part, format!("{what}, or both environments have the same name and no id"));
        }
        self.ids.insert(environment.id);
        if !environment.name.is_empty() {
            self.names.entry(environment.name.clone()).or_default().push(environment.id);
        }
        self.list.push(environment);
    }

    /// Returns the id of the environment with this id or name. `Ok(None)` means that the text may refer to an environment that could not be
    /// read.
    pub(super) fn find(&self, named: &str) -> Result<Option<Uuid>, Unnamed> {
        if let Some(id) = uuid(named).filter(|id| self.ids.contains(id)) {
            return Ok(Some(id));
        }
        match self.names.get(named).map(Vec::as_slice) {
            Some([id]) => Ok(Some(*id)),
            Some(_) => Err(Unnamed::Several),
            None if self.has_gaps => Ok(None),
            None => Err(Unnamed::None),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

fn environment(reading: &mut Reading<'_>, part: &Part, features: &Features) -> Option<Environment> {
    let known = &["name", "id", "cacheControl", "stale", "profile", "values"];
    if !reading.map_of(part, "an environment", known) {
        return None;
    }
    let name = part.get("name").filter(|name| name.text() != Some(""));
    let name = name.map(|part| {
        let name = reading.text(&part, "a name")?;
        check_name(reading, &part, "this name", name);
        Some(name.to_owned())
    });
    let id = match (part.get("id"), &name) {
        (Some(part), _) => id(reading, &part),
        (None, Some(name)) => name.as_deref().map(environment_id),
        (None, None) => {
            reading.error(part, "this environment has neither a name nor an id: write name: NAME");
            None
        }
    };
    let cache_control = part.get("cacheControl").and_then(|part| cache_control(reading, &part));
    let stale = reading.flag(part.get("stale").as_ref(), "stale");
    let profile = part.get("profile").and_then(|part| profile(reading, &part));
    let mut review = Review::new(reading.options, profile);
    let values = part.get("values");
    // The values are read even if the environment has no id, so that errors in them are reported.
    let values = values.map(|values| {
        value::values(reading, &values, id.unwrap_or_default(), features, &mut review)
    });
    review.finish(reading, part);
    Some(Environment {
        id: id?,
        name: name.flatten().unwrap_or_default(),
        cache_control,
        stale,
        profile,
        values: values.unwrap_or_default(),
    })
}

fn id(reading: &mut Reading<'_>, part: &Part) -> Option<Uuid> {
    let text = reading.text(part, "the id of an environment")?;
    let id = reading.options.complete(text).map_err(|error| error.to_string());
    let id = id.and_then(|id| {
        uuid(&id).ok_or_else(|| {
            format!("the id of an environment is a UUID, not {}{NO_UUID}", part.shown())
        })
    });
    id.map_err(|what| reading.error(part, what)).ok()
}

/// Reads the value of a `cache-control` header. If the part is not a text that a header can contain, an error is added and the result is
/// `None`.
pub(super) fn cache_control(reading: &mut Reading<'_>, part: &Part) -> Option<String> {
    let text = reading.text(part, "cacheControl")?;
    if HeaderValue::from_str(text).is_err() {
        reading.error(part, "cacheControl contains characters that are not allowed in headers");
        return None;
    }
    Some(text.to_owned())
}

fn profile(reading: &mut Reading<'_>, part: &Part) -> Option<Profile> {
    let profile = part.text().and_then(|text| text.parse().ok());
    if profile.is_none() {
        reading.error(part, format!("a profile is client or edge, not {}", part.shown()));
    }
    profile
}

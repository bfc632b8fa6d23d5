//! The data of the Edge: environments and their features, their changes, and their form for a key.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use fh_session::KeyKind;

use crate::random::Random;

/// The names of users. A context holds one of them, or none.
pub const USERS: [Option<&str>; 4] = [None, Some("fred"), Some("mary"), Some("a,b")];

/// API keys of a client, and the environments that they open.
pub struct Keys {
    pub texts: &'static [&'static str],
    pub environments: &'static [usize],
    pub kind: KeyKind,
}

const fn keys(
    texts: &'static [&'static str],
    environments: &'static [usize],
    kind: KeyKind,
) -> Keys {
    Keys { texts, environments, kind }
}

macro_rules! e {
    ($secret:literal) => {
        concat!("e0000000-1111-4111-8111-111111111111", $secret)
    };
}

macro_rules! f {
    ($secret:literal) => {
        concat!("f0000000-1111-4111-8111-111111111111", $secret)
    };
}

macro_rules! g {
    ($secret:literal) => {
        concat!("f9000000-1111-4111-8111-111111111111", $secret)
    };
}

/// The ids of the environments, in the form that an Edge sends.
pub const NAMES: [&str; 3] = [e!(""), f!(""), g!("")];

pub const KEYS: [Keys; 9] = [
    keys(&[e!("/k*")], &[0], KeyKind::ClientEvaluated),
    keys(&[e!("/k")], &[0], KeyKind::ServerEvaluated),
    keys(&[e!("/k*"), f!("/k*")], &[0, 1], KeyKind::ClientEvaluated),
    keys(&[f!("/k*")], &[1], KeyKind::ClientEvaluated),
    keys(&[f!("/k")], &[1], KeyKind::ServerEvaluated),
    keys(&[e!("/other*")], &[0], KeyKind::ClientEvaluated),
    keys(&[e!("/other")], &[0], KeyKind::ServerEvaluated),
    keys(&[f!("/k"), e!("/k"), g!("/k")], &[1, 0, 2], KeyKind::ServerEvaluated),
    keys(&[f!("/k*"), e!("/k*")], &[1, 0], KeyKind::ClientEvaluated),
];

/// A feature, as the Edge has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Feature {
    pub id: String,
    pub key: u8,
    pub version: i64,
    value: u64,
    /// The number of the strategy; 0 stands for none.
    strategy: u64,
    locked: bool,
    retired: bool,
}

/// An update that streams send.
#[derive(Clone)]
pub enum EdgeEvent {
    Feature(Feature),
    /// A delete, with the version that it names: none, 0, or that of the feature.
    Delete(Feature, Option<i64>),
}

pub struct Environment {
    pub name: &'static str,
    pub features: Vec<Feature>,
    /// Former states, the oldest first, as an outdated replica has them.
    past: VecDeque<Vec<Feature>>,
    born: u64,
}

const SLOTS: u8 = 6;

impl Feature {
    fn open(&self) -> bool {
        !self.retired
    }

    /// Writes the JSON of the feature for this kind of key and this user.
    pub fn render(&self, kind: KeyKind, user: Option<&str>, out: &mut String) {
        let (id, key, locked, version) = (&self.id, self.key, self.locked, self.version);
        let _ = write!(
            out,
            r#"{{"id":"{id}","key":"K{key}","l":{locked},"version":{version},"type":"STRING""#
        );
        match kind {
            KeyKind::ClientEvaluated => {
                if self.value > 0 {
                    let _ = write!(out, r#","value":"{}","strategies":["#, self.value);
                    if self.strategy > 0 {
                        let strategy = self.strategy;
                        let _ = write!(
                            out,
                            r#"{{"id":"s{strategy}","attributes":[{{"conditional":"EQUALS","fieldName":"userkey","values":["fred"],"type":"STRING"}}],"value":"{strategy}"}}"#
                        );
                    }
                    out.push(']');
                }
            }
            KeyKind::ServerEvaluated => {
                let user = user.unwrap_or("none");
                if self.value > 0 {
                    let _ = write!(out, r#","value":"{}@{user}""#, self.value);
                }
                if self.strategy > 0 {
                    let _ = write!(out, r#","v":"s{}@{user}""#, self.strategy);
                }
            }
        }
        out.push('}');
    }
}

impl EdgeEvent {
    /// Returns the id of the feature, and the version by which the update is ordered; 0 or less stands for none.
    pub fn version(&self) -> (&str, i64) {
        match self {
            Self::Feature(feature) => (&feature.id, feature.version),
            Self::Delete(feature, version) => (&feature.id, version.unwrap_or(0)),
        }
    }

    /// Returns true if this update makes an earlier one outdated: it concerns the same feature and has a higher version, or it is a delete
    /// of the same version (D-73).
    pub fn outdates(&self, earlier: &Self) -> bool {
        let ((id, version), (other, older)) = (self.version(), earlier.version());
        let is_newer = match self {
            Self::Feature(_) => version > older,
            Self::Delete(..) => version >= older,
        };
        id == other && older > 0 && is_newer
    }

    pub fn render(&self, kind: KeyKind, user: Option<&str>) -> (&'static str, String) {
        let mut out = String::new();
        match self {
            Self::Feature(feature) => {
                feature.render(kind, user, &mut out);
                ("feature", out)
            }
            Self::Delete(Feature { id, key, .. }, version) => {
                let _ = write!(out, r#"{{"id":"{id}","key":"K{key}","l":false"#);
                if let Some(version) = version {
                    let _ = write!(out, r#","version":{version}"#);
                }
                out.push_str(r#","type":"STRING"}"#);
                ("delete_feature", out)
            }
        }
    }
}

impl Environment {
    pub fn new(name: &'static str, random: &mut Random) -> Self {
        let mut new = Self { name, features: Vec::new(), past: VecDeque::new(), born: 0 };
        for _ in 0..random.between(1, 4) {
            new.create(random);
        }
        new
    }

    fn free_key(&self, random: &mut Random) -> Option<u8> {
        let free: Vec<u8> =
            (0..SLOTS).filter(|key| self.features.iter().all(|other| other.key != *key)).collect();
        (!free.is_empty()).then(|| random.pick(&free))
    }

    fn born(&mut self, key: u8, random: &mut Random) -> Feature {
        self.born += 1;
        let value = random.below(5);
        Feature {
            id: format!("{}{}", self.name, self.born),
            key,
            version: i64::from(value > 0),
            value,
            strategy: 0,
            locked: false,
            retired: false,
        }
    }

    fn create(&mut self, random: &mut Random) -> Vec<EdgeEvent> {
        let Some(key) = self.free_key(random) else { return Vec::new() };
        let feature = self.born(key, random);
        self.features.push(feature.clone());
        vec![EdgeEvent::Feature(feature)]
    }

    /// Changes something, usually. Returns the updates for streams.
    pub fn change(&mut self, random: &mut Random) -> Vec<EdgeEvent> {
        let before = self.features.clone();
        let news = self.changed(random);
        if self.features != before {
            self.past.push_back(before);
            if self.past.len() > 6 {
                self.past.pop_front();
            }
        }
        news
    }

    fn changed(&mut self, random: &mut Random) -> Vec<EdgeEvent> {
        if self.features.is_empty() || random.percent(8) {
            return self.create(random);
        }
        let at = random.index(self.features.len());
        let free = self.free_key(random);
        let another = random.between(1, 9);
        let feature = &mut self.features[at];
        let kind = random.below(100);
        match kind {
            0..35 => {
                feature.version += 1;
                feature.value = feature.value % 1000 + another;
            }
            35..42 => {
                feature.version += 1;
                feature.locked = !feature.locked;
            }
            42..50 => {
                // Several features may share a strategy. If it changes, their versions stay the same (sdk-behaviour 2.2).
                feature.strategy = (feature.strategy + another) % 12;
                feature.value = feature.value.max(1);
                feature.version = feature.version.max(1);
            }
            50..54 => feature.version += 1,
            54..72 => {
                // The delete of a retired feature may have the version of the feature that clients hold.
                let keeps_version = !feature.retired && feature.version > 0 && random.percent(40);
                feature.version += i64::from(!keeps_version);
                feature.retired = !feature.retired;
                feature.value = feature.value.max(1);
            }
            72..80 => match free {
                Some(key) => feature.key = key,
                None => feature.version += 1,
            },
            80..90 => {
                let gone = self.features.remove(at);
                let version = random.pick(&[Some(0), Some(0), None]);
                return vec![EdgeEvent::Delete(gone, version)];
            }
            _ => {
                let key = feature.key;
                let gone = self.features.remove(at);
                let again = self.born(key, random);
                self.features.insert(at, again.clone());
                return vec![EdgeEvent::Delete(gone, Some(0)), EdgeEvent::Feature(again)];
            }
        }
        let feature = feature.clone();
        let version = feature.version;
        vec![match feature.retired {
            true => EdgeEvent::Delete(feature, Some(version)),
            false => EdgeEvent::Feature(feature),
        }]
    }

    /// Returns the current features that clients can see.
    pub fn visible(&self) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(|feature| feature.open())
    }

    /// Returns a former state, or the current one if there is none.
    pub fn former(&self, random: &mut Random) -> &[Feature] {
        match self.past.len() {
            0 => &self.features,
            many => &self.past[random.index(many)],
        }
    }

    /// Makes at least one feature visible. Returns the updates for streams.
    pub fn fill(&mut self, random: &mut Random) -> Vec<EdgeEvent> {
        if self.visible().next().is_some() {
            return Vec::new();
        }
        let Some(hidden) = self.features.first_mut() else { return self.create(random) };
        hidden.retired = false;
        hidden.version += 1;
        vec![EdgeEvent::Feature(hidden.clone())]
    }
}

/// Returns a JSON list of features.
pub fn list<'a>(
    features: impl Iterator<Item = &'a Feature>,
    kind: KeyKind,
    user: Option<&str>,
) -> String {
    let mut out = String::from("[");
    for feature in features.filter(|feature| feature.open()) {
        if out.len() > 1 {
            out.push(',');
        }
        feature.render(kind, user, &mut out);
    }
    out.push(']');
    out
}

/// Environment and JSON of features, by key.
pub type View = BTreeMap<String, (&'static str, String)>;

/// Returns the features that a client with these keys must serve for this user. If several environments have a feature key, the environment
/// of the earliest API key answers (D-61).
pub fn view(world: &[Environment], keys: &Keys, user: Option<&str>) -> View {
    let mut view = BTreeMap::new();
    for environment in keys.environments.iter().map(|at| &world[*at]) {
        for feature in environment.visible() {
            let mut text = String::new();
            feature.render(keys.kind, user, &mut text);
            view.entry(format!("K{}", feature.key)).or_insert((environment.name, text));
        }
    }
    view
}

//! The objects of a program besides clients.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fh_client::overrides::{
    EnvironmentOverrides, MemoryOverrides, YamlOverrides, environment_overrides, usual_yaml_path,
};
use fh_client::testing::MemoryEdge;
use fh_client::{Flow, InterceptedRead, Interceptor, Profile, Timestamp};
use fh_eval::Ruleset;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Failure};
use super::later::Later;
use super::{edge, lifecycle, overrides, rules};
use crate::lifecycle::Lifecycle;

/// An object of a program. Clones are handles of the same object.
#[derive(Clone)]
pub enum Object {
    /// An Edge in memory, for tests.
    Edge(MemoryEdge),
    /// Overrides that a program sets and deletes.
    Overrides(MemoryOverrides),
    /// Overrides from a file.
    Yaml(YamlOverrides),
    /// Overrides from environment variables; `None` if these do not turn overrides on.
    Environment(Option<Arc<EnvironmentOverrides>>),
    /// A time of day that stands still until the program sets it.
    Clock(Arc<AtomicI64>),
    /// The lifecycle of an app.
    Lifecycle(Arc<Mutex<Lifecycle>>),
    /// Compiled features, which are evaluated without a client.
    Rules(Arc<Ruleset>),
}

/// A request for a new object.
#[derive(Deserialize)]
#[serde(
    tag = "new",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
enum New {
    Edge,
    Overrides,
    Yaml { path: Option<String> },
    Environment,
    Clock { millis: i64 },
    Lifecycle,
    Rules { payload: String, profile: ProfileName },
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum ProfileName {
    Client,
    Edge,
}

/// A request for a clock.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum ClockRequest {
    Set { millis: i64 },
    Now,
}

/// A request for overrides that only tell what they are.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum LocalRequest {
    /// The reason why the version of the file that was read last is not in use.
    Problem,
    /// True if the environment variables turn overrides on.
    IsOn,
}

/// The forms to give in place of a payload of FeatureHub that cannot be read.
pub const PAYLOAD_FORM: &str = "give the answer of an Edge to /features, or a list of features";

impl Object {
    /// Returns the object of a request, such as `{"new": "edge"}`.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the request is wrong.
    pub fn of(request: &str) -> Result<Self, Failure> {
        Ok(match serde_json::from_str(request)? {
            New::Edge => Self::Edge(MemoryEdge::new()),
            New::Overrides => Self::Overrides(MemoryOverrides::new()),
            New::Yaml { path } => Self::Yaml(YamlOverrides::open(
                path.map_or_else(usual_yaml_path, std::path::PathBuf::from),
            )),
            New::Environment => Self::Environment(environment_overrides().map(Arc::new)),
            New::Clock { millis } => Self::Clock(Arc::new(AtomicI64::new(millis))),
            New::Lifecycle => Self::Lifecycle(Arc::default()),
            New::Rules { payload, profile } => {
                let profile = match profile {
                    ProfileName::Client => Profile::Client,
                    ProfileName::Edge => Profile::Edge,
                };
                let rules = Ruleset::from_json(payload.as_bytes(), profile);
                let unreadable = |why| Failure::invalid(format!("payload: {why}: {PAYLOAD_FORM}"));
                Self::Rules(Arc::new(rules.map_err(unreadable)?))
            }
        })
    }

    /// Performs an operation of the object.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the request is not an operation of the object.
    pub fn perform(&self, request: &str) -> Answer {
        match self {
            Self::Edge(edge) => edge::perform(edge, request),
            Self::Overrides(overrides) => overrides::perform(overrides, request),
            Self::Rules(rules) => rules::perform(rules, request),
            Self::Lifecycle(app) => {
                lifecycle::perform(&mut app.lock().unwrap_or_else(PoisonError::into_inner), request)
            }
            Self::Clock(millis) => Ok(match serde_json::from_str(request)? {
                ClockRequest::Set { millis: now } => json!(millis.store(now, Ordering::Relaxed)),
                ClockRequest::Now => json!(millis.load(Ordering::Relaxed)),
            }),
            Self::Yaml(yaml) => match serde_json::from_str(request)? {
                LocalRequest::Problem => Ok(json!(yaml.problem().map(|why| why.to_string()))),
                LocalRequest::IsOn => Err(Failure::invalid("a file of overrides is always on")),
            },
            Self::Environment(own) => match serde_json::from_str(request)? {
                LocalRequest::IsOn => Ok(json!(own.is_some())),
                LocalRequest::Problem => Ok(json!(null)),
            },
        }
    }

    /// Begins an operation of the object that ends later.
    ///
    /// # Errors
    /// As for [`Self::perform`].
    pub fn begin(&self, request: &str) -> Result<Later, Failure> {
        match self {
            Self::Edge(edge) => edge::begin(edge, request),
            _ => Err(Failure::invalid("the object has no operation that ends later")),
        }
    }

    /// Returns the interceptor that the object is.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the object is no interceptor.
    pub fn interceptor(&self) -> Result<Arc<dyn Interceptor>, Failure> {
        Ok(match self {
            Self::Overrides(overrides) => Arc::new(overrides.clone()),
            Self::Yaml(overrides) => Arc::new(overrides.clone()),
            Self::Environment(Some(overrides)) => Arc::clone(overrides) as Arc<dyn Interceptor>,
            Self::Environment(None) => Arc::new(Off),
            _ => return Err(Failure::invalid("the object is no interceptor")),
        })
    }

    /// Returns the Edge that the object is.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the object is no Edge.
    pub fn edge(&self) -> Result<MemoryEdge, Failure> {
        match self {
            Self::Edge(edge) => Ok(edge.clone()),
            _ => Err(Failure::invalid("the object is no Edge in memory")),
        }
    }

    /// Returns the function that reads the clock that the object is.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the object is no clock.
    pub fn clock(&self) -> Result<impl Fn() -> Timestamp + Send + Sync + use<>, Failure> {
        let Self::Clock(millis) = self else {
            return Err(Failure::invalid("the object is no clock"));
        };
        let millis = Arc::clone(millis);
        Ok(move || Timestamp::from_millis(millis.load(Ordering::Relaxed)))
    }
}

/// The overrides of environment variables that are off.
struct Off;

impl Interceptor for Off {
    fn name(&self) -> &str {
        "environment"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        Flow::Continue
    }
}

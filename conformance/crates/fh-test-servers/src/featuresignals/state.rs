//! The state that all threads of one server share.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::server::{FaultPlan, Recorder, locked};
use fh_test::json::Json;

use crate::featuresignals::fault::{Fault, Route};
use crate::featuresignals::project::{EnvironmentState, Project, find};
use crate::featuresignals::record::Record;
use crate::featuresignals::stream_queue::{Item, StreamQueue};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) recorder: Recorder<Record>,
    released: Condvar,
}

impl Shared {
    /// Waits until the test has released answers more often, or has stopped the server.
    pub(crate) fn wait_for_release(&self, releases: u64) {
        let state = locked(&self.state);
        let is_held = |state: &mut State| state.releases == releases;
        drop(self.released.wait_while(state, is_held).unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn release(&self) {
        locked(&self.state).releases += 1;
        self.released.notify_all();
    }
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) project: Project,
    pub(crate) environments: Vec<EnvironmentState>,
    pub(crate) faults: FaultPlan<(Fault, Route)>,
    /// The time of evaluations in nanoseconds since 1970. None for the computer's clock.
    pub(crate) time: Option<i128>,
    /// The time after which a stream loses its next event.
    pub(crate) stream_lifetime: Duration,
    streams: Vec<OpenStream>,
    /// The number of times that the test has released the answers that wait.
    pub(crate) releases: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            project: Project::default(),
            environments: Vec::new(),
            faults: FaultPlan::default(),
            time: None,
            // The write timeout of the server.
            stream_lifetime: Duration::from_secs(30),
            streams: Vec::new(),
            releases: 0,
        }
    }
}

#[derive(Debug)]
struct OpenStream {
    environment: String,
    queue: Arc<StreamQueue>,
}

impl State {
    /// Returns the time of evaluations in nanoseconds since 1970.
    pub(crate) fn now(&self) -> i128 {
        self.time.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
        })
    }

    /// Adds an environment whose id and keys are numbered.
    pub(crate) fn add_numbered_environment(&mut self, slug: &str) {
        let number = self.environments.len() + 1;
        self.environments.push(EnvironmentState::new(
            slug.to_owned(),
            format!("00000000-0000-4000-8000-{number:012x}"),
            format!("fs_srv_{number:048x}"),
            format!("fs_cli_{number:048x}"),
        ));
    }

    pub(crate) fn environment(&mut self, slug: &str) -> Option<&mut EnvironmentState> {
        self.environments.iter_mut().find(|environment| environment.slug == slug)
    }

    pub(crate) fn owner_of(&self, key: &str) -> Option<&EnvironmentState> {
        self.environments.iter().find(|environment| environment.has_key(key))
    }

    /// Returns the ruleset of the environment that owns a key.
    pub(crate) fn ruleset(&mut self, key: &str) -> Option<Arc<Json>> {
        let Self { environments, project, .. } = self;
        let owner = environments.iter_mut().find(|environment| environment.has_key(key))?;
        Some(owner.ruleset(project))
    }

    /// Evicts the ruleset of an environment, and sends an event to its streams. The database does so for each written state.
    pub(crate) fn notify(&mut self, slug: &str, action: &str, flag_id: &str) {
        let Some(environment) = self.environment(slug) else { return };
        environment.evict();
        let id = environment.id.clone();
        let quoted = fh_test::json::quoted;
        let event = format!(
            "event: flag-update\ndata: {{\"action\":\"{action}\",\"env_id\":{},\"flag_id\":{},\"type\":\"flag_update\"}}\n\n",
            quoted(&id),
            quoted(flag_id)
        );
        for stream in self.streams.iter().filter(|stream| stream.environment == id) {
            stream.queue.send(Item::Event(event.clone()));
        }
    }

    /// Replaces flags, segments and the states of one environment. Each state that differs is an event.
    pub(crate) fn replace(&mut self, slug: &str, ruleset: &Json) {
        let part = |name: &str| ruleset.get(name).map_or(&[][..], Json::members).to_vec();
        let states = part("states");
        let Some(environment) = self.environment(slug) else { return };
        let old = std::mem::replace(&mut environment.states, states.clone());
        let written = states.iter().filter_map(|(key, state)| match find(&old, key) {
            None => Some((key, "INSERT")),
            Some(before) if before != state => Some((key, "UPDATE")),
            Some(_) => None,
        });
        let deleted = old.iter().filter(|(key, _)| find(&states, key).is_none());
        let changes: Vec<(String, &str, String)> = written
            .chain(deleted.map(|(key, _)| (key, "DELETE")))
            .map(|(key, action)| (key.clone(), action, self.project.flag_id(key)))
            .collect();
        self.project = Project { flags: part("flags"), segments: part("segments") };
        for environment in &mut self.environments {
            environment.evict();
        }
        for (key, action, old_id) in changes {
            let id = if action == "DELETE" { old_id } else { self.project.flag_id(&key) };
            self.notify(slug, action, &id);
        }
    }

    /// Adds a stream, which gets events from now on.
    pub(crate) fn open(&mut self, environment: &str, queue: &Arc<StreamQueue>) {
        let environment = environment.to_owned();
        self.streams.push(OpenStream { environment, queue: Arc::clone(queue) });
    }

    pub(crate) fn close(&mut self, queue: &Arc<StreamQueue>) {
        self.streams.retain(|stream| !Arc::ptr_eq(&stream.queue, queue));
    }

    pub(crate) fn queues(&self) -> Vec<Arc<StreamQueue>> {
        self.streams.iter().map(|stream| Arc::clone(&stream.queue)).collect()
    }
}

//! The calls that a function gets.

use std::sync::Arc;

use fh_client::{
    Attributes, Client, ClientBuilder, Detail, Dispatch, Failed, Observer, Subscription,
    UsageEvent, UsageOptions,
};

use super::call::{Call, Callback};
use super::event::Event;

/// The events of which a listener is notified.
#[derive(Debug, Clone)]
pub enum Listener {
    /// Changes of a feature's value or lock, without a context or for the context with these attributes.
    Changes(Arc<str>, Option<Arc<Attributes>>),
    /// The readiness of the client.
    Readiness,
    /// The readiness, the connection and the problem of the client.
    Status,
    /// Updates that change features visibly.
    NewState,
    /// The unchanged text of updates.
    Raw,
    /// Unusual events.
    Notices,
}

impl Listener {
    /// Returns the kind of listener that a setting with this name registers. The setting for changes is a map of keys to functions, so it is
    /// not among them.
    #[must_use]
    pub fn of_setting(name: &str) -> Option<Self> {
        Some(match name {
            "on_readiness" => Self::Readiness,
            "on_status" => Self::Status,
            "on_new_state" => Self::NewState,
            "on_raw" => Self::Raw,
            "on_notice" => Self::Notices,
            _ => return None,
        })
    }

    /// Adds the listener to the builder of a client.
    pub(super) fn add_to<F: Callback>(
        self,
        builder: ClientBuilder,
        call: Call<F>,
    ) -> ClientBuilder {
        match self {
            // A builder has no listeners for contexts.
            Self::Changes(key, _) => builder.on_change(&*key, move |change| call.change(change)),
            Self::Readiness => {
                builder.on_readiness(move |event| call.listener(Event::Readiness(event.clone())))
            }
            Self::Status => {
                builder.on_status(move |event| call.listener(Event::Status(event.clone())))
            }
            Self::NewState => {
                builder.on_new_state(move |event| call.listener(Event::NewState(event)))
            }
            Self::Raw => builder.on_raw(move |event| call.listener(Event::Raw(event.clone()))),
            Self::Notices => {
                builder.on_notice(move |event| call.listener(Event::Notice(event.clone())))
            }
        }
    }

    /// Registers the listener with a client that runs.
    fn register<F: Callback>(&self, client: &Client, call: Call<F>) -> Subscription {
        match self {
            Self::Changes(key, Some(attributes)) => client
                .context_of(Arc::clone(attributes))
                .on_change(key, move |change| call.change(change)),
            Self::Changes(key, None) => client.on_change(key, move |change| call.change(change)),
            Self::Readiness => {
                client.on_readiness(move |event| call.listener(Event::Readiness(event.clone())))
            }
            Self::Status => {
                client.on_status(move |event| call.listener(Event::Status(event.clone())))
            }
            Self::NewState => {
                client.on_new_state(move |event| call.listener(Event::NewState(event)))
            }
            Self::Raw => client.on_raw(move |event| call.listener(Event::Raw(event.clone()))),
            Self::Notices => {
                client.on_notice(move |event| call.listener(Event::Notice(event.clone())))
            }
        }
    }
}

type Register<F> = Box<dyn Fn(&Client, Call<F>) -> Subscription + Send + Sync>;

/// The calls that a function gets, and its registration with a client. A forked child process registers it again, with its own client.
pub struct Interest<F> {
    register: Register<F>,
    /// The feature of a listener for changes, and the context in which it is read.
    feature: Option<(Arc<str>, Option<Arc<Attributes>>)>,
}

impl<F: Callback> Interest<F> {
    /// Returns the interest of a listener.
    #[must_use]
    pub fn listener(listener: Listener) -> Self {
        let feature = match &listener {
            Listener::Changes(key, attributes) => Some((Arc::clone(key), attributes.clone())),
            _ => None,
        };
        Self { register: Box::new(move |client, call| listener.register(client, call)), feature }
    }

    /// Returns the interest of an observer that gets its events in lists.
    #[must_use]
    pub fn observer(options: UsageOptions) -> Self {
        Self::other(move |client, call| {
            client.observe(Arc::new(BatchObserver(call)), options.clone())
        })
    }

    /// Returns another interest, with the function that registers it.
    pub fn other(
        register: impl Fn(&Client, Call<F>) -> Subscription + Send + Sync + 'static,
    ) -> Self {
        Self { register: Box::new(register), feature: None }
    }

    pub(super) fn register(&self, client: &Client, call: Call<F>) -> Subscription {
        (self.register)(client, call)
    }

    /// Returns what a listener for changes sees now; `None` for another interest.
    pub(super) fn peek(&self, client: &Client) -> Option<Detail> {
        let (key, attributes) = self.feature.as_ref()?;
        Some(match attributes {
            Some(attributes) => client.context_of(Arc::clone(attributes)).peek(key),
            None => client.peek(key),
        })
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.feature.as_ref().map(|(key, _)| &**key)
    }
}

/// An observer whose function gets lists of events, on a thread of the pump.
pub(super) struct BatchObserver<F>(pub(super) Call<F>);

impl<F: Callback> Observer for BatchObserver<F> {
    fn observe(&self, event: &UsageEvent) {
        let _ = self.0.observer(Event::Usage(vec![Arc::new(event.clone())]));
    }

    fn try_observe_batch(&self, events: &[Arc<UsageEvent>]) -> Result<(), Failed> {
        self.0.observer(Event::Usage(events.to_vec()))
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Batched
    }
}

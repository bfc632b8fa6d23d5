//! Contexts, which hold the attributes of the user, device or request that features are read for.

use std::fmt;
use std::sync::Arc;

use fh_eval::{AttributeText, Attributes, AttributesBuilder, Kind, Number, Value};
use fh_repository::problem::Problem;
#[cfg(feature = "featbit")]
use fh_repository::system::System;
use fh_repository::{Change, ContextValues, Detail, ExplainedDetail, Params, Subscription};
use serde::de::DeserializeOwned;

use crate::changes::Changes;
use crate::client::Client;
use crate::command::Command;
use crate::feature::Feature;
use crate::reads::reads;
use crate::shared_state::SharedState;
use crate::snapshot::Snapshot;

/// Functions that return and set contexts.
impl Client {
    /// Returns a builder for a context, which holds the attributes of the user, device or request that features are read for.
    pub fn context(&self) -> ContextBuilder {
        ContextBuilder::new(Arc::clone(self.shared()))
    }

    /// Returns a context with these attributes. With a server-evaluated key, reads that no interceptor overrides return
    /// defaults unless the client serves the features of a context with equal attributes; see [`Self::set_context`].
    #[must_use]
    pub fn context_of(&self, attributes: impl Into<Arc<Attributes>>) -> Context {
        Context::new(Arc::clone(self.shared()), attributes.into())
    }

    /// Sets the context of a server-evaluated key, and returns the context once the Edge has evaluated the features for it. The
    /// context stays in use until a later context replaces it. With a client-evaluated key the client itself evaluates every
    /// context, so no request is sent. An offline client sends no request either.
    ///
    /// While the Edge evaluates a context that was set earlier, at most one other context waits. If a newer context replaces
    /// the waiting context, the call that set the waiting context fails with [`Problem::Superseded`]. A program with a context
    /// for each request needs a client-evaluated key, a [pool](Self::context_pool), or several clients ([`Self::isolated`]).
    ///
    /// # Errors
    /// - [`Problem::Superseded`] if a newer context replaced this context before this context's features arrived.
    /// - [`Problem::TimedOut`] if the Edge does not answer within [`Limits::poll`](crate::Limits::poll) (by default 12 s). The
    ///   context stays set.
    /// - Another [`Problem`] if the request failed. The context stays set, and its features arrive when a later request
    ///   succeeds.
    /// - [`Problem::Context`] if the context has too many attributes. The former context stays set.
    /// - [`Problem::Stale`] if the Edge wants no requests at present. The context stays set only if its request was sent.
    /// - [`Problem::Closed`] if the client is closed.
    pub async fn set_context(
        &self,
        attributes: impl Into<Arc<Attributes>>,
    ) -> Result<Context, Problem> {
        let attributes = attributes.into();
        let sent = Arc::clone(&attributes);
        self.shared().perform_command(|reply| Command::Context(sent, reply)).await?;
        Ok(Context::new(Arc::clone(self.shared()), attributes))
    }
}

/// A client together with the attributes of one user, device or request. Reads of a context return the values for these
/// attributes.
///
/// A context is immutable and cheap to clone; build one context for each request or user. With a client-evaluated key any
/// number of contexts share the connection of one client. With a server-evaluated key only one context has values: the context
/// for which the client's present features were evaluated. Reads of other contexts that no interceptor overrides return
/// defaults, with the reason `NOT_READY`, so that no user gets the values of another user. With
/// [`WhileSwitching::Keep`](crate::WhileSwitching::Keep), the newest context also has the values of the former context until
/// its own values arrive. [`Client::context_pool`] keeps several contexts of a server-evaluated key at the same time.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # let edge = MemoryEdge::new();
/// # edge.set("NEW_CHECKOUT", true);
/// # edge.set("COLOUR", "red");
/// # let client = edge.client().start()?;
/// # client.wait_ready(std::time::Duration::from_secs(5))?;
/// let fred = client.context().user_key("fred").country("new_zealand").attribute("plan", ["gold"]).build();
/// if fred.is_enabled("NEW_CHECKOUT") {
///     println!("in {}", fred.string_or("COLOUR", "blue"));
/// }
/// println!("{}", fred.explain("NEW_CHECKOUT"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Context {
    shared: Arc<SharedState>,
    attributes: Arc<Attributes>,
}

reads!(Context, |self| self.shared.repository.read(), Some(&self.attributes));

impl Context {
    pub(crate) const fn new(shared: Arc<SharedState>, attributes: Arc<Attributes>) -> Self {
        Self { shared, attributes }
    }

    /// Returns the attributes for which this context reads features.
    #[must_use]
    pub const fn attributes(&self) -> &Arc<Attributes> {
        &self.attributes
    }

    /// Returns the client that this context belongs to.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::from_shared(Arc::clone(&self.shared))
    }

    /// Returns a builder for another context, which starts with the attributes of this context.
    pub fn with(&self) -> ContextBuilder {
        ContextBuilder {
            shared: Arc::clone(&self.shared),
            attributes: Attributes::clone(&self.attributes).into(),
        }
    }

    /// Returns a handle that reads one feature for this context. The feature need not exist.
    #[must_use]
    pub fn feature(&self, key: &str) -> Feature {
        Feature::new(Arc::clone(&self.shared), key, Some(Arc::clone(&self.attributes)))
    }

    /// Returns the present features as a snapshot for this context. Reads of the snapshot use the same features even if
    /// updates arrive in the meantime.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.repository.snapshot(), Some(Arc::clone(&self.attributes)))
    }

    /// Registers a listener that is called when the value of this feature for this context, or the feature's lock, changes.
    ///
    /// By default the listener is called on a thread of the client's own. The listener is not called with the value at
    /// registration, and may miss a value that was replaced quickly. While the client has no features for this context, the
    /// listener is called only for overrides. Dropping the returned guard ends the subscription. A closure that holds a client
    /// or a context keeps the client alive.
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.shared.repository.on_change(key, Some(&self.attributes), call)
    }

    /// Returns the changes of this feature for this context as a stream; see [`Changes`].
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.shared.repository, key, Some(&self.attributes))
    }

    /// Reports an event with this name and these parameters to observers, except those that get summaries. The event contains
    /// the features with their values for this context. A call by an observer has no effect.
    pub fn record(&self, name: &str, params: Params) {
        self.shared.repository.record(name, params, Some(&self.attributes));
    }
}

/// The function for metrics of FeatBit.
#[cfg(feature = "featbit")]
impl Context {
    /// Reports a metric of the context's user to FeatBit, for its experiments. The event is queued, and is sent with others within 5 seconds.
    /// It is dropped if the client reports no insights.
    ///
    /// # Errors
    /// [`TrackError`](crate::featbit::TrackError) if the client is no client of FeatBit, if the name of the event is blank, if the value is
    /// not a finite number of 32 bits, or if the context has no user key.
    ///
    /// ```no_run
    /// # use fh_client::{Client, featbit};
    /// # let client = Client::featbit(featbit::Settings::from_environment()).start()?;
    /// let bob = client.context().user_key("bob").build();
    /// bob.track("checkout", 12.5)?;
    /// assert!(bob.track("checkout", f64::NAN).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn track(&self, event: &str, value: f64) -> Result<(), crate::featbit::TrackError> {
        if self.shared.settings.system() != System::FeatBit {
            return Err(crate::featbit::TrackError::OtherSystem);
        }
        let insights = self.shared.insights.clone();
        let insights = insights.unwrap_or_else(crate::featbit::Insights::new);
        insights.track(&self.attributes, event, value, self.shared.settings.now())
    }
}

impl From<&Context> for Arc<Attributes> {
    fn from(context: &Context) -> Self {
        Self::clone(&context.attributes)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the attributes' names are printed, because their values are personal data.
        let names: Vec<&str> = self.attributes.iter().map(|(name, _)| name).collect();
        f.debug_struct("Context").field("attributes", &names).finish_non_exhaustive()
    }
}

/// A builder for a context; see [`Client::context`]. If the program sets an attribute twice, the second call replaces the
/// values of the first call.
#[derive(Clone)]
#[must_use = "call `build`"]
pub struct ContextBuilder {
    shared: Arc<SharedState>,
    attributes: AttributesBuilder,
}

macro_rules! well_known {
    ($($(#[$doc:meta])* $name:ident = $attribute:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(self, value: impl AsRef<str>) -> Self {
            self.attribute($attribute, value.as_ref())
        }
    )*};
}

impl ContextBuilder {
    pub(crate) fn new(shared: Arc<SharedState>) -> Self {
        Self { shared, attributes: Attributes::builder() }
    }

    well_known! {
        /// Sets the id of the user's session. Percentage rollouts of profile `client` hash the session in preference to the user
        /// key, unless a rollout names other attributes. Percentage rollouts of profile `edge` prefer the attribute `sessionkey`
        /// instead.
        session = "session";
        /// Sets the user's country. The value is a [`Country`](fh_eval::Country) or any other text.
        country = "country";
        /// Sets the kind of the user's device. The value is a [`Device`](fh_eval::Device) or any other text.
        device = "device";
        /// Sets the platform of the user's device. The value is a [`Platform`](fh_eval::Platform) or any other text.
        platform = "platform";
        /// Sets the version of the program that the user runs.
        version = "version";
    }

    /// Sets the user's key: the attribute `userkey` of FeatureHub, `keyId` of FeatBit, or `key` of FeatureSignals. Percentage rollouts of profile `client` of
    /// FeatureHub hash the user key if the context has no session, unless a rollout names other attributes. Flags of FeatBit have no value
    /// for a context without a user key.
    pub fn user_key(self, value: impl AsRef<str>) -> Self {
        let name = self.shared.settings.system().user_key();
        self.attribute(name, value.as_ref())
    }

    /// Sets the attribute with this name. The values are a text, a number, a boolean, or a list of them. Without a value, for
    /// example from `None` or an empty list, the attribute is removed. An attribute of FeatBit has one value, so that a list becomes its JSON
    /// text. One of FeatureSignals becomes the text that its server makes of a list, such as `[a b]`. For both, an empty list is a value.
    pub fn attribute(mut self, name: &str, values: impl AttributeText) -> Self {
        self.attributes = self.attributes.remove(name);
        let system = self.shared.settings.system();
        system.add_attribute(&mut self.attributes, name, &values);
        self
    }

    /// Sets several attributes. Attributes that have been set earlier under other names are kept.
    pub fn attributes<N: AsRef<str>, V: AttributeText>(
        self,
        attributes: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        attributes
            .into_iter()
            .fold(self, |builder, (name, values)| builder.attribute(name.as_ref(), values))
    }

    /// Removes the attribute with this name. Has no effect if the attribute is not set.
    pub fn remove(mut self, name: &str) -> Self {
        self.attributes = self.attributes.remove(name);
        self
    }

    /// Removes all attributes from the builder, including the user key.
    pub fn clear(mut self) -> Self {
        self.attributes = Attributes::builder();
        self
    }

    /// Returns the context. With a server-evaluated key, reads that no interceptor overrides return defaults until the Edge has
    /// evaluated the features for its attributes; see [`Self::activate`].
    #[must_use]
    pub fn build(self) -> Context {
        Context::new(self.shared, Arc::new(self.attributes.build()))
    }

    /// Builds the context and sets it with [`Client::set_context`]. Returns the context once the Edge has evaluated the
    /// features for it.
    ///
    /// # Errors
    /// The errors of [`Client::set_context`].
    pub async fn activate(self) -> Result<Context, Problem> {
        let client = Client::from_shared(Arc::clone(&self.shared));
        client.set_context(self.attributes.build()).await
    }
}

impl fmt::Debug for ContextBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextBuilder").finish_non_exhaustive()
    }
}

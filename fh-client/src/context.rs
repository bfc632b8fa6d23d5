//! Contexts: who features are read for.

use std::fmt;
use std::sync::Arc;

use fh_eval::{AttributeText, Attributes, AttributesBuilder, Kind, Number, Value};
use fh_session::{Change, ContextValues, Detail, Explained, Params, Subscription};
use serde::de::DeserializeOwned;

use crate::changes::Changes;
use crate::client::{Client, Inner};
use crate::feature::Feature;
use crate::frozen::Snapshot;
use crate::reads::reads;

/// A client, bound to the attributes of somebody: reads answer what that one sees.
///
/// Cheap to clone and immutable; make one per request or user. Any number of contexts share the connection of a client with a
/// client-evaluated key. With a server-evaluated key only the context given to [`Client::set_context`] has values; others answer defaults,
/// with the reason `NOT_READY`, never the values of another user (D-62). [`Client::context_pool`] has several such contexts at once.
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
    inner: Arc<Inner>,
    attributes: Arc<Attributes>,
}

reads!(Context, |self| self.inner.hub, Some(&self.attributes));

impl Context {
    pub(crate) const fn new(inner: Arc<Inner>, attributes: Arc<Attributes>) -> Self {
        Self { inner, attributes }
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(&self) -> &Arc<Attributes> {
        &self.attributes
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::from_inner(Arc::clone(&self.inner))
    }

    /// Begins another context with these attributes.
    pub fn with(&self) -> ContextBuilder {
        ContextBuilder {
            inner: Arc::clone(&self.inner),
            attributes: Attributes::clone(&self.attributes).into(),
        }
    }

    /// One feature, for this context. It need not exist.
    #[must_use]
    pub fn feature(&self, key: &str) -> Feature {
        Feature::new(Arc::clone(&self.inner), key, Some(Arc::clone(&self.attributes)))
    }

    /// The present state, for several reads of one state.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.inner.hub.snapshot(), Some(Arc::clone(&self.attributes)))
    }

    /// Calls when the value that this context sees becomes another, or the feature's lock flips (D-63).
    ///
    /// Called on a thread of the client's own. The listener is not called at once, and may skip states that did not last. Drop the guard to
    /// end it; a closure that holds a client or context keeps it alive.
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.hub.on_change(key, Some(&self.attributes), call)
    }

    /// The changes that [`Self::on_change`] tells, as a stream.
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.inner.hub, key, Some(&self.attributes))
    }

    /// Reports something to observers, with all features as they are for this context (sdk-behaviour 3.3).
    pub fn record(&self, name: &str, params: Params) {
        self.inner.hub.record(name, params, Some(&self.attributes));
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: the values are people's data.
        let names: Vec<&str> = self.attributes.iter().map(|(name, _)| name).collect();
        f.debug_struct("Context").field("attributes", &names).finish_non_exhaustive()
    }
}

/// Collects attributes; see [`Client::context`]. A name given again replaces what it had.
#[derive(Clone)]
#[must_use = "call `build`"]
pub struct ContextBuilder {
    inner: Arc<Inner>,
    attributes: AttributesBuilder,
}

macro_rules! well_known {
    ($($(#[$doc:meta])* $name:ident = $attribute:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, value: impl AsRef<str>) -> Self {
            self.attributes = self.attributes.remove($attribute).$name(value);
            self
        }
    )*};
}

impl ContextBuilder {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, attributes: Attributes::builder() }
    }

    well_known! {
        /// Who the user is: the default percentage key (after the session).
        user_key = "userkey";
        /// The session, which goes before the user key when percentages are drawn.
        session = "session";
        /// A [`Country`](fh_eval::Country) or any other text.
        country = "country";
        /// A [`Device`](fh_eval::Device) or any other text.
        device = "device";
        /// A [`Platform`](fh_eval::Platform) or any other text.
        platform = "platform";
        /// The version of the user's program.
        version = "version";
    }

    /// Any attribute: text, numbers, booleans, or lists of them.
    pub fn attribute(mut self, name: &str, values: impl AttributeText) -> Self {
        self.attributes = self.attributes.remove(name).attribute(name, values);
        self
    }

    /// Several attributes; others stay.
    pub fn attributes<N: AsRef<str>, V: AttributeText>(
        self,
        attributes: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        attributes
            .into_iter()
            .fold(self, |builder, (name, values)| builder.attribute(name.as_ref(), values))
    }

    /// Takes an attribute away.
    pub fn remove(mut self, name: &str) -> Self {
        self.attributes = self.attributes.remove(name);
        self
    }

    /// Takes all attributes away, the user key as well.
    pub fn clear(mut self) -> Self {
        self.attributes = Attributes::builder();
        self
    }

    /// The context. With a server-evaluated key it has no values before [`Client::set_context`] was given its attributes; see
    /// [`Self::activate`].
    #[must_use]
    pub fn build(self) -> Context {
        Context::new(self.inner, Arc::new(self.attributes.build()))
    }

    /// The context, once it has values: as [`Client::set_context`].
    ///
    /// # Errors
    /// As [`Client::set_context`].
    pub async fn activate(self) -> Result<Context, fh_session::Problem> {
        let client = Client::from_inner(Arc::clone(&self.inner));
        client.set_context(self.attributes.build()).await
    }
}

impl fmt::Debug for ContextBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextBuilder").finish_non_exhaustive()
    }
}

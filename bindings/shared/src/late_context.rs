//! Contexts that a binding makes only when something needs them. Many programs make a context for each request, read one feature and drop it,
//! so that the first read converts only the attributes that the feature reads.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_client::internal::with_repository;
use fh_client::{Client, Context, Number, Value};
use fh_eval::Attributes;

pub use fh_client::internal::{GivenAttributes, RepositorySnapshot};
pub use fh_eval::AttributesBuilder;

thread_local! {
    /// The builder for first reads of this thread. It is absent during a read, so that a read within a read takes another one.
    static BUILDER: Cell<Option<AttributesBuilder>> = const { Cell::new(None) };
}

/// Calls a function with the builder that the thread keeps.
fn with_builder<R>(call: impl FnOnce(&mut AttributesBuilder) -> R) -> R {
    let mut builder = BUILDER.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let result = call(&mut builder);
    // A thread that ends keeps nothing.
    let _ = BUILDER.try_with(|kept| kept.set(Some(builder)));
    result
}

/// Reads for attributes that are in no context yet; `None` if the read needs the whole context.
pub fn first_read<R>(
    client: &Client,
    read: impl FnOnce(&RepositorySnapshot, &mut AttributesBuilder) -> Option<R>,
) -> Option<R> {
    with_repository(client, |snapshot| with_builder(|builder| read(snapshot, builder)))
}

/// Returns all attributes that a program has given.
pub fn attributes(given: &impl GivenAttributes) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    given.add(&mut builder, &|_| true);
    Arc::new(builder.build())
}

/// Whether a context was read.
#[derive(Debug, Default)]
pub struct WasRead(AtomicBool);

impl WasRead {
    /// Returns the state of a context that was not read yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Returns true for the first call.
    pub fn is_first_read(&self) -> bool {
        !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed)
    }
}

/// A context of a binding, which is made by its second read, or when something else needs it. The binding keeps the attributes in its own form.
pub trait LateContext {
    /// The attributes in the form of the binding.
    type Given<'a>: GivenAttributes;

    /// Calls a function for the first read of the context, as [`first_read`] does. Returns `None` if the context was made or read before.
    fn first_read<R>(
        &self,
        read: impl FnOnce(&RepositorySnapshot, &Self::Given<'_>, &mut AttributesBuilder) -> Option<R>,
    ) -> Option<R>;

    /// Returns the context, which is made if it does not exist yet.
    fn context(&self) -> &Context;
}

/// The reads of a context that is made late. All methods of [`Context`] that are not repeated here make it.
#[derive(Debug, Clone, Copy)]
pub struct LateReads<'a, C>(pub &'a C);

impl<C: LateContext> Deref for LateReads<'_, C> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.0.context()
    }
}

macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident, $first:ident -> $type:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self, key: &str) -> Option<$type> {
            let first = self.0.first_read(|snapshot, given, builder| snapshot.$first(key, given, builder));
            first.unwrap_or_else(|| self.0.context().$name(key))
        }
    )*};
}

impl<C: LateContext> LateReads<'_, C> {
    /// Returns the value of [`Context::is_enabled`].
    #[must_use]
    pub fn is_enabled(&self, key: &str) -> bool {
        self.boolean(key) == Some(true)
    }

    reads! {
        /// Returns the value of [`Context::boolean`].
        boolean, first_boolean -> bool;
        /// Returns the value of [`Context::string`].
        string, first_string -> Arc<str>;
        /// Returns the value of [`Context::number`].
        number, first_number -> f64;
        /// Returns the value of [`Context::decimal`].
        decimal, first_decimal -> Number;
        /// Returns the value of [`Context::raw_json`].
        raw_json, first_json -> Arc<str>;
        /// Returns the value of [`Context::value`].
        value, first_value -> Value;
    }
}

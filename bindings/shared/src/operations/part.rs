//! The functions and the objects that a program gives to a client: listeners, observers, interceptors, a clock, and an Edge in memory.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{
    Client, ClientBuilder, Deduplicate, LockPolicy, Subscription, System, UsageOptions,
};
use serde::Deserialize;

use super::answer::Failure;
use super::context::{Given, attributes};
use super::object::Object;
use crate::callbacks::{
    ConstructorCallbacks, Decides, FunctionInterceptor, Interest, Listener, Registration, Registry,
    Reports,
};

/// The most evaluations that an observer remembers to leave repetitions out.
const REMEMBERED: usize = 10_000;

/// A function or an object, as a request describes it.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Part {
    Change { key: String, context: Option<Given> },
    Readiness,
    Status,
    NewState,
    Raw,
    Notice,
    Observer { queue: Option<usize>, one_of: Option<NonZeroU32>, deduplicate_millis: Option<u64> },
    Interceptor { name: String, locks: Locks },
    Overrides { object: i64, locks: Locks },
    Clock(Callee),
    Edge(Callee),
}

/// The number of the program's object that is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Callee {
    object: i64,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Locks {
    Respect,
    Override,
    Decide,
}

impl From<Locks> for LockPolicy {
    fn from(locks: Locks) -> Self {
        match locks {
            Locks::Respect => Self::Respect,
            Locks::Override => Self::Override,
            Locks::Decide => Self::Decide,
        }
    }
}

impl Part {
    /// Returns the listener that the part is for a client of this system, or the part itself.
    fn listener(self, system: System) -> Result<Listener, Self> {
        Ok(match self {
            Self::Change { key, context } => {
                Listener::Changes(key.into(), context.map(|given| attributes(&given, system)))
            }
            Self::Readiness => Listener::Readiness,
            Self::Status => Listener::Status,
            Self::NewState => Listener::NewState,
            Self::Raw => Listener::Raw,
            Self::Notice => Listener::Notices,
            other => return Err(other),
        })
    }
}

fn options(
    queue: Option<usize>,
    one_of: Option<NonZeroU32>,
    deduplicate_millis: Option<u64>,
) -> UsageOptions {
    let default = UsageOptions::default();
    UsageOptions {
        queue: queue.unwrap_or(default.queue),
        one_of: one_of.unwrap_or(default.one_of),
        deduplicate: deduplicate_millis.map(|millis| Deduplicate {
            window: Duration::from_millis(millis),
            remembered: REMEMBERED,
        }),
    }
}

fn without_function() -> Failure {
    Failure::invalid("the function is missing")
}

/// The objects of a program, by the numbers that requests have for them.
pub type Objects<'a> = &'a dyn Fn(i64) -> Option<Object>;

fn object(objects: Objects<'_>, number: i64) -> Result<Object, Failure> {
    objects(number).ok_or_else(|| Failure::invalid(format!("there is no object {number}")))
}

/// The functions and the objects that a program gives to the constructor of a client.
pub struct Parts<'a, F> {
    /// The descriptions in JSON, in the order of the program.
    pub described: &'a [String],
    /// The functions of those that have one, in the same order.
    pub functions: Vec<F>,
    /// The objects.
    pub objects: Objects<'a>,
}

impl<F: Decides> Parts<'_, F> {
    /// Adds the parts to the builder of a client.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`](super::FailureKind::Invalid) if a description is wrong.
    pub fn add_to(
        self,
        mut builder: ClientBuilder,
        callbacks: &ConstructorCallbacks<F>,
    ) -> Result<ClientBuilder, Failure> {
        let mut functions = self.functions.into_iter();
        for json in self.described {
            let part: Part = serde_json::from_str(json)?;
            let mut function = || functions.next().ok_or_else(without_function);
            // Only a context depends on the system, and a builder has no listeners for contexts.
            builder = match part.listener(System::default()) {
                Ok(listener) => callbacks.add_listener(builder, listener, function()?),
                Err(Part::Observer { queue, one_of, deduplicate_millis }) => {
                    let options = options(queue, one_of, deduplicate_millis);
                    callbacks.add_observer(builder, options, function()?)
                }
                Err(Part::Interceptor { name, locks }) => {
                    let call = callbacks.keep(function()?, Reports::first());
                    builder.interceptor(FunctionInterceptor::new(name, call), locks.into())
                }
                Err(Part::Overrides { object: number, locks }) => {
                    let overrides = object(self.objects, number)?.interceptor()?;
                    builder.interceptor(overrides, locks.into())
                }
                Err(Part::Clock(Callee { object: number })) => {
                    builder.clock(object(self.objects, number)?.clock()?)
                }
                Err(Part::Edge(Callee { object: number })) => {
                    builder.transport(object(self.objects, number)?.edge()?)
                }
                // The listeners.
                Err(_) => builder,
            };
        }
        Ok(builder)
    }
}

/// A part that is registered with a running client.
pub enum Registered<F: Decides> {
    /// A function.
    Function(Registration<F>),
    /// Overrides of the program.
    Object(Subscription),
}

impl<F: Decides> Registered<F> {
    /// Ends the registration. A call that has begun may still run.
    pub fn cancel(self) {
        match self {
            Self::Function(registration) => registration.cancel(),
            Self::Object(subscription) => drop(subscription),
        }
    }

    /// Leaves the registration to the client, which ends it.
    pub fn detach(self) {
        match self {
            // A registration lasts until it is cancelled.
            Self::Function(_) => {}
            Self::Object(subscription) => subscription.detach(),
        }
    }
}

/// Registers a function or an object with a running client.
///
/// # Errors
/// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the description is wrong.
pub fn register<F: Decides>(
    client: &Client,
    registry: &Arc<Registry<F>>,
    described: &str,
    function: Option<F>,
    objects: Objects<'_>,
) -> Result<Registered<F>, Failure> {
    let part: Part = serde_json::from_str(described)?;
    let (interest, reports) = match part.listener(client.system()) {
        Ok(listener) => (Interest::listener(listener), Reports::Each),
        Err(Part::Observer { queue, one_of, deduplicate_millis }) => {
            let options = options(queue, one_of, deduplicate_millis);
            (Interest::observer(options), Reports::first())
        }
        Err(Part::Interceptor { name, locks }) => {
            let interest = Interest::other(move |client, call| {
                let interceptor = FunctionInterceptor::new(name.clone(), call);
                client.intercept(Arc::new(interceptor), locks.into())
            });
            (interest, Reports::first())
        }
        Err(Part::Overrides { object: number, locks }) => {
            let overrides = object(objects, number)?.interceptor()?;
            return Ok(Registered::Object(client.intercept(overrides, locks.into())));
        }
        Err(_) => {
            return Err(Failure::invalid("only a constructor takes a clock or an Edge in memory"));
        }
    };
    let function = function.ok_or_else(without_function)?;
    Ok(Registered::Function(registry.add(client, function, reports, interest)))
}

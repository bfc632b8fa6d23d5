use crate::workload::{User, Workload};
use arc_swap::ArcSwap;

/// The way an engine evaluates all flags for one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum All {
    /// One flag after the other, through the single call.
    Singly,
    /// W5 is measured with [`Engine::all`].
    Own,
    /// W5 is measured with single calls, and [`Engine::all`] in a row with this name.
    Also(&'static str),
}

/// One way to call one engine.
pub trait Engine: Sized + Send + Sync + 'static {
    /// The user in the form that evaluations take, prepared as far as the engine allows.
    type Context: Send + Sync + 'static;
    /// The reference to a flag: its key, or a handle that was resolved once.
    type Flag: Send + Sync + 'static;

    /// The name of the row in the tables.
    const NAME: &'static str;
    /// The support of an evaluate-all call.
    const ALL: All = All::Singly;

    /// Returns the payload in the engine's format. `None` if the format cannot express it.
    fn render(workload: &Workload) -> Option<String>;

    /// Parses and compiles a payload.
    ///
    /// # Errors
    /// If the engine rejects the payload.
    fn load(payload: String) -> Result<Self, String>;

    /// Returns the reference to a flag.
    fn flag(&self, key: &str) -> Self::Flag;

    /// Builds a context of five attributes.
    fn context(&self, user: &User) -> Self::Context;

    /// Evaluates one flag.
    fn is_on(&self, flag: &Self::Flag, context: &Self::Context) -> bool;

    /// Evaluates all flags. Returns how many are on.
    fn all(&self, context: &Self::Context) -> usize {
        let _ = context;
        unreachable!("{} has no evaluate-all call", Self::NAME)
    }
}

/// The members of an [`Engine`] whose flags are given by key.
#[macro_export]
macro_rules! by_key {
    () => {
        type Flag = String;

        fn flag(&self, key: &str) -> String {
            key.to_owned()
        }
    };
}

/// An engine behind a pointer that another thread may exchange at any time, as in an application.
pub struct Swapped<E>(pub ArcSwap<E>);

/// An engine that is also measured [`Swapped`].
pub trait Live: Engine {
    /// The name of the row of the swapped form.
    const LIVE_NAME: &'static str;
}

impl<E: Live> Engine for Swapped<E> {
    type Context = E::Context;
    type Flag = E::Flag;
    const NAME: &'static str = E::LIVE_NAME;
    const ALL: All = E::ALL;

    fn render(workload: &Workload) -> Option<String> {
        E::render(workload)
    }
    fn load(payload: String) -> Result<Self, String> {
        E::load(payload).map(|engine| Self(ArcSwap::from_pointee(engine)))
    }
    fn flag(&self, key: &str) -> E::Flag {
        self.0.load().flag(key)
    }
    fn context(&self, user: &User) -> E::Context {
        self.0.load().context(user)
    }
    #[inline]
    fn is_on(&self, flag: &E::Flag, context: &E::Context) -> bool {
        self.0.load().is_on(flag, context)
    }
    fn all(&self, context: &E::Context) -> usize {
        self.0.load().all(context)
    }
}

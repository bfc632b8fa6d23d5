use arc_swap::ArcSwap;
use workload::{User, Workload};

/// How an engine evaluates all flags for one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum All {
    /// Flag by flag through the single call.
    Singly,
    /// W5 is measured through [`Engine::all`].
    Own,
    /// W5 is measured singly, and [`Engine::all`] in a row of this name.
    Also(&'static str),
}

/// One way of asking one engine.
pub trait Engine: Sized + Send + Sync + 'static {
    /// What evaluations are given of a user, prepared as far as the engine can.
    type Context: Send + Sync + 'static;
    /// How the caller names a flag: its key, or a handle resolved once.
    type Flag: Send + Sync + 'static;

    /// Its row in the tables.
    const NAME: &'static str;
    /// Whether there is an evaluate-all call.
    const ALL: All = All::Singly;

    /// The payload in the engine's format, `None` if it cannot express it.
    fn render(workload: &Workload) -> Option<String>;

    /// Parses and compiles.
    ///
    /// # Errors
    /// If the engine refuses the payload.
    fn load(payload: String) -> Result<Self, String>;

    /// Names a flag.
    fn flag(&self, key: &str) -> Self::Flag;

    /// Builds a context of five attributes.
    fn context(&self, user: &User) -> Self::Context;

    /// The single call.
    fn is_on(&self, flag: &Self::Flag, context: &Self::Context) -> bool;

    /// The evaluate-all call: how many flags are on.
    fn all(&self, context: &Self::Context) -> usize {
        let _ = context;
        unreachable!("{} has no evaluate-all call", Self::NAME)
    }
}

/// An engine behind a pointer that another thread may exchange at any time: what an application has.
pub struct Swapped<E>(pub ArcSwap<E>);

/// An engine that is also measured [`Swapped`].
pub trait Live: Engine {
    /// The row of the swapped form.
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

//! The engine with the rules of each system, and the crate of FeatBit, each behind the adapter of the benches.

use fh_eval::featbit::{self, Compiler, Document, Profile};
use fh_eval::featuresignals;
use fh_eval::{Attributes, Ruleset, Subject, Timestamp};
use harness::workload::{User, Workload, render};
use harness::{All, Engine};

pub use engines::{FeatBit as Peer, FhEval as FeatureHub};

/// The time of evaluations. No rule depends on it.
pub const NOW: Timestamp = Timestamp::from_millis(0);

/// The engine under test in profile `server`.
pub struct Ours(pub Ruleset);

impl Ours {
    /// Builds a user with four properties.
    pub fn user(user: &User) -> featbit::User {
        featbit::User::builder(&user.userkey)
            .property("country", user.country)
            .property("version", user.version_number.as_str())
            .property("email", user.email.as_str())
            .property("plan", user.plan)
            .build()
    }
}

/// Compiles a payload.
///
/// # Errors
/// If the payload cannot be read.
pub fn compile(payload: &str) -> Result<Ruleset, String> {
    let document = Document::parse(payload.as_bytes()).map_err(|why| why.to_string())?;
    Ok(Compiler::new(Profile::Server).compile(&document))
}

#[inline]
fn is_on(ruleset: &Ruleset, flag: &str, context: &Attributes) -> bool {
    let subject = Subject::new(context, NOW);
    ruleset.get(flag).is_some_and(|flag| flag.evaluate(&subject).is_enabled())
}

/// Evaluates all flags, and returns the number of those that are on.
fn all(ruleset: &Ruleset, context: &Attributes) -> usize {
    let mut on = 0;
    ruleset.evaluate_all(&Subject::new(context, NOW), |_, evaluation| {
        on += usize::from(evaluation.is_enabled());
    });
    on
}

impl Engine for Ours {
    type Context = Attributes;
    harness::by_key!();
    const NAME: &'static str = "fh-eval";
    const ALL: All = All::Own;

    fn render(workload: &Workload) -> Option<String> {
        Some(render::featbit::render(workload))
    }
    fn load(payload: String) -> Result<Self, String> {
        compile(&payload).map(Self)
    }
    fn context(&self, user: &User) -> Attributes {
        Self::user(user).attributes().clone()
    }
    #[inline]
    fn is_on(&self, flag: &String, context: &Attributes) -> bool {
        is_on(&self.0, flag, context)
    }
    fn all(&self, context: &Attributes) -> usize {
        all(&self.0, context)
    }
}

/// The engine with the rules of FeatureSignals.
pub struct FeatureSignals(pub Ruleset);

impl FeatureSignals {
    /// Builds a context of five attributes.
    pub fn user(user: &User) -> featuresignals::Context {
        featuresignals::Context::builder(&user.userkey)
            .attribute("country", user.country)
            .attribute("version", user.version_number.as_str())
            .attribute("email", user.email.as_str())
            .attribute("plan", user.plan)
            .build()
    }
}

impl Engine for FeatureSignals {
    type Context = Attributes;
    harness::by_key!();
    const NAME: &'static str = "FeatureSignals";
    const ALL: All = All::Own;

    fn render(workload: &Workload) -> Option<String> {
        Some(render::featuresignals::render(workload))
    }
    fn load(payload: String) -> Result<Self, String> {
        let document = featuresignals::Document::parse(payload.as_bytes());
        let document = document.map_err(|why| why.to_string())?;
        Ok(Self(featuresignals::Compiler::new().compile(&document)))
    }
    fn context(&self, user: &User) -> Attributes {
        Self::user(user).attributes().clone()
    }
    #[inline]
    fn is_on(&self, flag: &String, context: &Attributes) -> bool {
        is_on(&self.0, flag, context)
    }
    fn all(&self, context: &Attributes) -> usize {
        all(&self.0, context)
    }
}

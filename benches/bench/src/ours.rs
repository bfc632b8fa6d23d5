use fh_eval::{Attributes, FeatureRef, Profile, Ruleset, Subject, Timestamp};
use harness::workload::{User, Workload, render};
use harness::{All, Engine, Live};

/// The engine under test.
pub struct FhEval(pub Ruleset);

/// The time of evaluations. No rule of the payload depends on it.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn attributes(user: &User) -> Attributes {
    Attributes::builder()
        .user_key(&user.userkey)
        .country(user.country)
        .version(&user.version)
        .attribute("email", user.email.as_str())
        .attribute("plan", user.plan)
        .build()
}

impl FhEval {
    fn read(payload: &str) -> Result<Ruleset, String> {
        let ruleset = Ruleset::from_json(payload.as_bytes(), Profile::Client)
            .map_err(|error| error.to_string())?;
        let unread = ruleset.diagnostics().next().map(|diagnostic| format!("{diagnostic:?}"));
        unread.map_or(Ok(ruleset), Err)
    }
}

fn on(ruleset: &Ruleset, context: &Attributes) -> usize {
    let mut on = 0;
    ruleset.evaluate_all(&Subject::new(context, NOW), |_, evaluation| {
        on += usize::from(evaluation.is_enabled());
    });
    on
}

impl Engine for FhEval {
    type Context = Attributes;
    harness::by_key!();
    const NAME: &'static str = "fh-eval, no swap";
    const ALL: All = All::Own;

    fn render(workload: &Workload) -> Option<String> {
        Some(render::featurehub::render(workload))
    }
    fn load(payload: String) -> Result<Self, String> {
        Self::read(&payload).map(Self)
    }
    fn context(&self, user: &User) -> Attributes {
        attributes(user)
    }
    #[inline]
    fn is_on(&self, flag: &String, context: &Attributes) -> bool {
        self.0
            .get(flag)
            .is_some_and(|feature| feature.evaluate(&Subject::new(context, NOW)).is_enabled())
    }
    fn all(&self, context: &Attributes) -> usize {
        on(&self.0, context)
    }
}

/// Evaluation by key, behind a pointer that can be exchanged. The goals are about this row.
impl Live for FhEval {
    const LIVE_NAME: &'static str = "fh-eval";
}

/// Evaluation of features that were resolved once, as a binding holds them during the life of a snapshot.
pub struct FhEvalByHandle(&'static Ruleset);

impl Engine for FhEvalByHandle {
    type Context = Attributes;
    type Flag = FeatureRef<'static>;
    const NAME: &'static str = "fh-eval, by handle, no swap";

    fn render(workload: &Workload) -> Option<String> {
        FhEval::render(workload)
    }
    /// Leaks the rules, because handles borrow from them.
    fn load(payload: String) -> Result<Self, String> {
        FhEval::read(&payload).map(|ruleset| Self(Box::leak(Box::new(ruleset))))
    }
    fn flag(&self, key: &str) -> FeatureRef<'static> {
        self.0.get(key).expect("a key of the payload")
    }
    fn context(&self, user: &User) -> Attributes {
        attributes(user)
    }
    #[inline]
    fn is_on(&self, flag: &FeatureRef<'static>, context: &Attributes) -> bool {
        evaluate(*flag, context)
    }
}

/// Evaluates a feature. The signature shortens `FeatureRef<'static>` to the lifetime of the context.
#[inline]
fn evaluate<'a>(feature: FeatureRef<'a>, context: &'a Attributes) -> bool {
    feature.evaluate(&Subject::new(context, NOW)).is_enabled()
}

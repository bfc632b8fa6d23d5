use std::collections::HashMap;

use harness::Engine;
use harness::workload::{User, Workload, render};
use launchdarkly_server_sdk_evaluation::{
    Context, ContextBuilder, Flag, FlagValue, Segment, Store, evaluate,
};

/// LaunchDarkly's evaluation crate over a plain map. The whole SDK also clones the flag and queues an event.
pub struct LaunchDarkly(Flags);

struct Flags(HashMap<String, Flag>);

impl Store for Flags {
    fn flag(&self, key: &str) -> Option<Flag> {
        self.0.get(key).cloned()
    }
    fn segment(&self, _: &str) -> Option<Segment> {
        None
    }
}

impl Engine for LaunchDarkly {
    type Context = Context;
    harness::by_key!();
    const NAME: &'static str = "launchdarkly";

    fn render(workload: &Workload) -> Option<String> {
        Some(render::launchdarkly::render(workload))
    }

    fn load(payload: String) -> Result<Self, String> {
        let flags = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        Ok(Self(Flags(flags)))
    }

    fn context(&self, user: &User) -> Context {
        ContextBuilder::new(user.userkey.as_str())
            .set_string("country", user.country)
            .set_string("version", user.version.as_str())
            .set_string("email", user.email.as_str())
            .set_string("plan", user.plan)
            .build()
            .expect("a plain user")
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &Context) -> bool {
        self.0.0.get(flag).is_some_and(|flag| {
            matches!(evaluate(&self.0, flag, context, None).value, Some(FlagValue::Bool(true)))
        })
    }
}

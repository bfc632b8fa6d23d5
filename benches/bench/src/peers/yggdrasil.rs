use std::collections::HashMap;

use harness::workload::{User, Workload, render};
use harness::{All, Engine};
use unleash_yggdrasil::{Context, EngineState, UpdateMessage};

/// Unleash's engine. `is_enabled` records no metrics; [`YggdrasilCounting`] does.
pub struct Yggdrasil(EngineState);

impl Engine for Yggdrasil {
    type Context = Context;
    harness::by_key!();
    const NAME: &'static str = "yggdrasil";
    const ALL: All = All::Also("yggdrasil resolve_all");

    fn render(workload: &Workload) -> Option<String> {
        Some(render::unleash::render(workload))
    }

    fn load(payload: String) -> Result<Self, String> {
        let state = EngineState::default();
        let features = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        match state.take_state(UpdateMessage::FullResponse(features)) {
            None => Ok(Self(state)),
            Some(warnings) => Err(format!("{:?}", warnings.first())),
        }
    }

    fn context(&self, user: &User) -> Context {
        let properties = HashMap::from([
            ("country".to_owned(), user.country.to_owned()),
            ("version".to_owned(), user.version.clone()),
            ("email".to_owned(), user.email.clone()),
            ("plan".to_owned(), user.plan.to_owned()),
        ]);
        Context {
            user_id: Some(user.userkey.clone()),
            session_id: None,
            environment: None,
            app_name: None,
            current_time: None,
            remote_address: None,
            properties: Some(properties),
        }
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &Context) -> bool {
        self.0.is_enabled(flag, context, &None)
    }

    fn all(&self, context: &Context) -> usize {
        let resolved = self.0.resolve_all(context, &None).unwrap_or_default();
        resolved.values().filter(|toggle| toggle.enabled).count()
    }
}

/// Unleash's engine with the count of evaluations that its SDKs keep.
pub struct YggdrasilCounting(Yggdrasil);

impl Engine for YggdrasilCounting {
    type Context = Context;
    harness::by_key!();
    const NAME: &'static str = "yggdrasil + count_toggle";

    fn render(workload: &Workload) -> Option<String> {
        Yggdrasil::render(workload)
    }

    fn load(payload: String) -> Result<Self, String> {
        Yggdrasil::load(payload).map(Self)
    }

    fn context(&self, user: &User) -> Context {
        self.0.context(user)
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &Context) -> bool {
        let on = self.0.is_on(flag, context);
        self.0.0.count_toggle(flag, on);
        on
    }
}

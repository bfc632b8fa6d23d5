use std::sync::Arc;

use chrono::Utc;
use eppo_core::ufc::{AssignmentValue, UniversalFlagConfig, VariationType};
use eppo_core::{Attributes, Configuration, SdkMetadata, Str, eval::get_assignment};
use harness::Engine;
use harness::workload::{User, Workload, render};

/// Eppo's core, called as its own evaluator calls it: with the current time.
pub struct Eppo(Configuration);

impl Engine for Eppo {
    type Context = (Str, Arc<Attributes>);
    harness::by_key!();
    const NAME: &'static str = "eppo";

    fn render(workload: &Workload) -> Option<String> {
        render::eppo::render(workload)
    }

    fn load(payload: String) -> Result<Self, String> {
        let metadata = SdkMetadata { name: "bench", version: "0" };
        let flags = UniversalFlagConfig::from_json(metadata, payload.into_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self(Configuration::from_server_response(flags, None)))
    }

    fn context(&self, user: &User) -> Self::Context {
        let attributes: Attributes = [
            (Str::from("country"), user.country.into()),
            (Str::from("version"), user.version.as_str().into()),
            (Str::from("email"), user.email.as_str().into()),
            (Str::from("plan"), user.plan.into()),
        ]
        .into_iter()
        .collect();
        (Str::from(user.userkey.as_str()), Arc::new(attributes))
    }

    #[inline]
    fn is_on(&self, flag: &String, (key, attributes): &Self::Context) -> bool {
        let assignment = get_assignment(
            Some(&self.0),
            flag,
            key,
            attributes,
            Some(VariationType::Boolean),
            Utc::now(),
        );
        matches!(
            assignment,
            Ok(Some(assignment)) if matches!(assignment.value, AssignmentValue::Boolean(true))
        )
    }
}

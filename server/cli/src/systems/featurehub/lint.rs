//! Finds parts of a payload that cannot be used, and parts that are probably mistakes. The checks are those of the Edge, which also warns
//! about the strategies that it serves.

use fh_edge::internal as edge;

use crate::failure::Failure;
use crate::payload::{Input, Payload};
use crate::profile::ProfileArgs;
use crate::systems::flag_system::Checked;
use fh_edge::internal::{Finding, Level};

/// Returns the findings about an environment, or about all environments.
pub(super) fn run(
    input: Input<'_>,
    environment: Option<&str>,
    profile: ProfileArgs,
) -> Result<Checked, Failure> {
    let payload = input.read()?;
    let environments = match environment {
        Some(id) => vec![payload.environment(Some(id), "--environment")?],
        None => payload.environments()?,
    };
    let text = payload.is_verbatim.then(|| payload.json());
    let mut findings = edge::lint(&environments, profile.of_featurehub()?, text);
    let before = findings.len();
    findings.retain(|each| each.level == Level::Error || !payload.accepts(&each.place, each.code));
    for finding in &mut findings {
        name_places(&payload, finding);
    }
    Ok(Checked {
        name: payload.name.clone(),
        parts: vec![("features", environments.iter().map(|each| each.features.len()).sum())],
        accepted: before - findings.len(),
        findings,
        is_one_environment: environments.len() < 2,
    })
}

/// Adds the line in a state file to a finding, and replaces the id of an environment by its name.
fn name_places(payload: &Payload, finding: &mut Finding) {
    finding.line = finding.line.or_else(|| payload.state_line_of(&finding.place));
    let environment = finding.place.environment.take();
    finding.place.environment = environment.map(|id| payload.environment_name(&id).into());
}

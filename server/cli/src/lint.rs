//! Finds parts of a payload that cannot be used, and parts that are probably mistakes. The checks are those of the Edge, which also warns
//! about the strategies that it serves.

use fh_edge::internal as edge;
pub(crate) use fh_edge::internal::{CODES, Finding, Level};
use fh_eval::Profile;
use fh_eval::featurehub::Environment;

use crate::payload::Payload;

/// Returns the findings about these environments of a payload.
pub(crate) fn lint(
    payload: &Payload,
    environments: &[Environment<'_>],
    profile: Profile,
) -> Vec<Finding> {
    edge::lint(environments, profile, payload.is_verbatim.then(|| payload.json()))
}

//! The scenarios that every Edge must pass (conformance 2.9, S).
//!
//! A scenario gets a server with a [`Setup`] from a [`Bench`] and sends requests to it. The caller provides a [`ServerLauncher`]: one that starts
//! servers ([`Program`]), or one for a running server ([`Running`], [`Administered`]). A scenario that needs more than the lab can do is
//! reported as not run, which is not a success.

mod administered;
mod check;
mod evaluated;
mod launcher;
mod many;
mod operations;
mod poll;
mod program;
mod put;
mod scenario_client;
mod served;
mod state;
mod stream;

pub use administered::Administered;
pub use check::{Failure, Outcome};
pub use launcher::{Bench, Running, ServerLauncher, Setup, Subject};
pub use program::Program;
pub use scenario_client::ScenarioClient;
pub use state::{Evaluated, environment, key, standard};

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The scenario's id in the list.
    pub id: &'static str,
    /// A short name of the tested behaviour.
    pub name: &'static str,
    run: fn(&Bench<'_>) -> Outcome,
}

impl Scenario {
    /// Runs the scenario with servers of `launcher`.
    ///
    /// # Errors
    /// The difference between expected and actual behaviour, or what the lab cannot do.
    pub fn run(&self, launcher: &dyn ServerLauncher) -> Outcome {
        (self.run)(&Bench::new(launcher, self.id))
    }

    /// Returns the scenario with this id.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|each| each.id == id)
    }
}

const fn scenario(
    id: &'static str,
    name: &'static str,
    run: fn(&Bench<'_>) -> Outcome,
) -> Scenario {
    Scenario { id, name, run }
}

/// All scenarios, in the order of the list.
pub const ALL: &[Scenario] = &[
    scenario("S-GET-001", "ok", poll::ok),
    scenario("S-GET-002", "trailing-slash", poll::trailing_slash),
    scenario("S-GET-003", "sdkUrl-alias", poll::sdk_url),
    scenario("S-GET-004", "no-keys", poll::no_keys),
    scenario("S-GET-005", "unparsable-key", poll::unparsable_key),
    scenario("S-GET-006", "unknown-key", poll::unknown_key),
    scenario("S-GET-007", "mixed-keys", poll::mixed_keys),
    scenario("S-GET-008", "duplicate-key", poll::duplicate_key),
    scenario("S-GET-009", "two-envs", poll::two_environments),
    scenario("S-GET-010", "three-part-key", poll::three_part_key),
    scenario("S-GET-011", "304", poll::not_modified),
    scenario("S-GET-012", "304-after-change", poll::not_modified_after_change),
    scenario("S-GET-013", "etag-other-context", poll::etag_of_another_context),
    scenario("S-GET-014", "etag-garbage", poll::etag_garbage),
    scenario("S-GET-015", "server-eval", evaluated::strategy),
    scenario("S-GET-016", "server-eval-none", evaluated::no_context),
    scenario("S-GET-017", "server-eval-encoding", evaluated::encoding),
    scenario("S-GET-018", "server-eval-percentage", evaluated::percentage),
    scenario("S-GET-019", "server-eval-session", evaluated::session),
    scenario("S-GET-020", "server-eval-poison", evaluated::poison),
    scenario("S-GET-021", "attributes-limit", evaluated::attributes_limit),
    scenario("S-GET-022", "ip-no-dns", evaluated::names_are_no_addresses),
    scenario("S-GET-023", "cache-control", served::cache_control),
    scenario("S-GET-024", "null-and-unset", served::unset),
    scenario("S-GET-025", "retired-deleted", served::retired),
    scenario("S-GET-026", "properties", served::properties),
    scenario("S-GET-027", "filters", served::filters),
    scenario("S-GET-028", "stale", served::stale),
    scenario("S-GET-029", "not-ready", served::not_ready),
    scenario("S-GET-030", "gzip", served::compression),
    scenario("S-GET-031", "head-options", served::head_and_options),
    scenario("S-GET-032", "hostile", served::hostile),
    scenario("S-GET-033", "revoke", served::revoked),
    scenario("S-SSE-001", "open", stream::open),
    scenario("S-SSE-002", "features-id", stream::resumed),
    scenario("S-SSE-003", "update", stream::update),
    scenario("S-SSE-004", "no-gap", many::no_gap),
    scenario("S-SSE-005", "order", many::order),
    scenario("S-SSE-006", "delete-retire", stream::delete_and_retire),
    scenario("S-SSE-007", "unknown-key", stream::unknown_key),
    scenario("S-SSE-008", "bye", stream::bye),
    scenario("S-SSE-009", "heartbeat", stream::heartbeat),
    scenario("S-SSE-010", "server-eval", stream::evaluated),
    scenario("S-SSE-011", "isolation", stream::isolation),
    scenario("S-SSE-012", "fan-out", many::fan_out),
    scenario("S-SSE-013", "slow-reader", many::slow_reader),
    scenario("S-SSE-014", "disconnects", many::disconnects),
    scenario("S-SSE-015", "revoke-live", stream::revoked),
    scenario("S-SSE-016", "restart", operations::restart),
    scenario("S-SSE-017", "stale", stream::stale),
    scenario("S-SSE-018", "flush", stream::flush),
    scenario("S-PUT-001", "change", put::change),
    scenario("S-PUT-002", "no-change", put::no_change),
    scenario("S-PUT-003", "locked", put::locked),
    scenario("S-PUT-004", "unlock-and-change", put::unlock_and_change),
    scenario("S-PUT-005", "empty", put::empty),
    scenario("S-PUT-006", "reader", put::reader),
    scenario("S-PUT-007", "role-matrix", put::role_matrix),
    scenario("S-PUT-008", "types", put::types),
    scenario("S-PUT-009", "null", put::null),
    scenario("S-PUT-010", "number-forms", put::number_forms),
    scenario("S-PUT-011", "unknown", put::unknown),
    scenario("S-PUT-012", "key-forms", put::key_forms),
    scenario("S-PUT-013", "json-duplicates", put::json_duplicates),
    scenario("S-PUT-014", "concurrent", many::concurrent_writers),
    scenario("S-PUT-015", "body-limits", put::body_limits),
    scenario("S-OPS-001", "health", operations::health),
    scenario("S-OPS-002", "version", operations::version),
    scenario("S-OPS-003", "graceful", operations::graceful),
    scenario("S-OPS-004", "no-secrets", operations::no_secrets),
    scenario("S-OPS-005", "cors-stream", operations::cors_stream),
];

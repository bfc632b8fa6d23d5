//! The scenarios that every Edge must pass.
//!
//! A scenario gets a server with a [`Setup`] from a [`Bench`] and sends requests to it. The caller provides a [`ServerLauncher`]: one that
//! starts servers ([`Program`]), or one for a running server ([`Running`], [`Administered`]). A scenario that needs more than the launcher
//! can do is reported as not run, which is not a success.

mod administered;
mod check;
mod evaluated;
mod identifiers;
mod launcher;
mod listing;
mod many;
mod operations;
mod poll;
mod program;
mod put;
mod relay;
mod row;
mod runner;
mod scenario_client;
mod served;
mod state;
mod stream;

pub use administered::Administered;
use check::label_of;
pub use check::{Difference, Failure, Outcome};
pub use identifiers::{AccountKeys, FeatureType, Identifiers, KnownEnvironment, StateKnowledge};
pub use launcher::{Bench, Running, ServerLauncher, Setup, Subject};
pub use listing::{to_lines, to_markdown};
pub use program::Program;
pub use relay::Relay;
pub use row::{Reproduction, row_of};
pub use runner::{ScenarioRun, run_all};
pub use scenario_client::ScenarioClient;
pub use state::{Evaluated, standard};

use crate::server::wire::Journal;

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The scenario's id in the list.
    pub id: &'static str,
    /// A short name of the tested behaviour.
    pub name: &'static str,
    /// What the scenario checks.
    pub checks: &'static str,
    run: fn(&Bench<'_>) -> Outcome,
}

impl Scenario {
    /// Runs the scenario with servers of `launcher`.
    ///
    /// # Errors
    /// The difference between expected and actual behaviour, or what the launcher cannot do.
    pub fn run(&self, launcher: &dyn ServerLauncher) -> Outcome {
        self.run_noting(launcher, &Journal::new(launcher.redactor()))
    }

    /// Runs the scenario, and notes requests and answers in a journal.
    ///
    /// # Errors
    /// As [`Scenario::run`].
    pub fn run_noting(&self, launcher: &dyn ServerLauncher, journal: &Journal) -> Outcome {
        let outcome = (self.run)(&Bench::new(launcher, self.id, journal.clone()));
        outcome.and(launcher.restore())
    }

    /// Returns the group: `S-GET`, `S-SSE`, `S-PUT` or `S-OPS`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.rsplit_once('-').map_or(self.id, |(group, _)| group)
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
    checks: &'static str,
    run: fn(&Bench<'_>) -> Outcome,
) -> Scenario {
    Scenario { id, name, checks, run }
}

/// All scenarios, in the order of the list.
pub const ALL: &[Scenario] = &[
    scenario(
        "S-GET-001",
        "ok",
        "200 with one environment, all members of each feature and its strategies, and a quoted etag",
        poll::ok,
    ),
    scenario(
        "S-GET-002",
        "trailing-slash",
        "`/features/` is the same resource as `/features`",
        poll::trailing_slash,
    ),
    scenario(
        "S-GET-003",
        "sdkUrl-alias",
        "`sdkUrl` is the old name of `apiKey`; if both are present, `apiKey` is ignored",
        poll::sdk_url,
    ),
    scenario("S-GET-004", "no-keys", "400 without a body or with a short text", poll::no_keys),
    scenario(
        "S-GET-005",
        "unparsable-key",
        "404 without a body or with a short text, for every text that is not a valid key",
        poll::unparsable_key,
    ),
    scenario(
        "S-GET-006",
        "unknown-key",
        "404 with the same response whichever part of the key is wrong",
        poll::unknown_key,
    ),
    scenario(
        "S-GET-007",
        "mixed-keys",
        "environments in the order of the keys; those of unknown keys without features",
        poll::mixed_keys,
    ),
    scenario(
        "S-GET-008",
        "duplicate-key",
        "a duplicate key gives one environment, and the same etag as a single key",
        poll::duplicate_key,
    ),
    scenario(
        "S-GET-009",
        "two-envs",
        "both environments in the order of the request, in body and etag; 304 for both; each key evaluated by its own kind",
        poll::two_environments,
    ),
    scenario(
        "S-GET-010",
        "three-part-key",
        "the cache name in a three-part key is ignored; ids may be in capitals",
        poll::three_part_key,
    ),
    scenario(
        "S-GET-011",
        "304",
        "304 without a body and with the same etag, for both kinds of key",
        poll::not_modified,
    ),
    scenario(
        "S-GET-012",
        "304-after-change",
        "after a change, 200 with a new etag, which then gives 304",
        poll::not_modified_after_change,
    ),
    scenario(
        "S-GET-013",
        "etag-other-context",
        "an etag is valid for its context, with attributes in any order, and for no other context",
        poll::etag_of_another_context,
    ),
    scenario(
        "S-GET-014",
        "etag-garbage",
        "200 for 14 malformed etags; the current etag with `W/` or in a list may give 304",
        poll::etag_garbage,
    ),
    scenario(
        "S-GET-015",
        "server-eval",
        "the value of the strategy, its id as `v`, and no strategies in the body",
        evaluated::strategy,
    ),
    scenario(
        "S-GET-016",
        "server-eval-none",
        "without a context, the base value and no `v`",
        evaluated::no_context,
    ),
    scenario(
        "S-GET-017",
        "server-eval-encoding",
        "17 ways to write a context: encoded commas and equals signs, lists, blanks, `&`, malformed percent-encoding, two header lines",
        evaluated::encoding,
    ),
    scenario(
        "S-GET-018",
        "server-eval-percentage",
        "1,000 users get the values that the hash of the feature's id (`client`) or of the value's id (`edge`) predicts",
        evaluated::percentage,
    ),
    scenario(
        "S-GET-019",
        "server-eval-session",
        "percentages use `session` or `sessionkey` rather than `userkey` (`client`); `sessionkey` rather than `userkey` (`edge`)",
        evaluated::session,
    ),
    scenario(
        "S-GET-020",
        "server-eval-poison",
        "an invalid regular expression affects only its own feature",
        evaluated::poison,
    ),
    scenario(
        "S-GET-021",
        "attributes-limit",
        "the 30th attribute is used, the 31st is ignored",
        evaluated::attributes_limit,
    ),
    scenario(
        "S-GET-022",
        "ip-no-dns",
        "`localhost` and other host names match no network, and are never resolved",
        evaluated::names_are_no_addresses,
    ),
    scenario(
        "S-GET-023",
        "cache-control",
        "`max-age` of the environment, on 200 and 304",
        served::cache_control,
    ),
    scenario(
        "S-GET-024",
        "null-and-unset",
        "a feature that was never set is listed without a value (BOOLEAN: `false`), with version 0 or higher",
        served::unset,
    ),
    scenario(
        "S-GET-025",
        "retired-deleted",
        "absent while retired or deleted, and back with a higher version; a PUT brings a retired feature back",
        served::retired,
    ),
    scenario(
        "S-GET-026",
        "properties",
        "`fp` only for accounts that may read extended data",
        served::properties,
    ),
    scenario(
        "S-GET-027",
        "filters",
        "lists, streams, updates and PUT are limited to the features that the account may see",
        served::filters,
    ),
    scenario("S-GET-028", "stale", "236 with the features", served::stale),
    scenario(
        "S-GET-029",
        "not-ready",
        "503 and never 404 before there is a state; streams wait for the state, and get `bye` if the server stops first",
        served::not_ready,
    ),
    scenario(
        "S-GET-030",
        "gzip",
        "compressed only if the client accepts gzip, and then with `vary`",
        served::compression,
    ),
    scenario(
        "S-GET-031",
        "head-options",
        "HEAD answers as GET does; preflights for polls, streams and PUT; exposed headers; no credentials",
        served::head_and_options,
    ),
    scenario(
        "S-GET-032",
        "hostile",
        "14 malformed or unusual requests: an answer below 500 or a closed connection, and the server works after each",
        served::hostile,
    ),
    scenario(
        "S-GET-033",
        "revoke",
        "404 after an account or an environment was removed; a key that is missing in a reloaded file can read for a few more seconds",
        served::revoked,
    ),
    scenario(
        "S-SSE-001",
        "open",
        "200 `text/event-stream`; `ack`, then `features` with the content of a poll, in the exact form; its id is valid as an etag",
        stream::open,
    ),
    scenario(
        "S-SSE-002",
        "features-id",
        "with the newest id in quotes only later changes are sent; with an older id, or without quotes, the whole list",
        stream::resumed,
    ),
    scenario(
        "S-SSE-003",
        "update",
        "`feature` with a higher version, with the content of a poll and the members of the list",
        stream::update,
    ),
    scenario(
        "S-SSE-004",
        "no-gap",
        "of 100 changes during connects, each is in the list or sent as an event",
        many::no_gap,
    ),
    scenario(
        "S-SSE-005",
        "order",
        "50 changes without pause: versions rise, and the last change is sent",
        many::order,
    ),
    scenario(
        "S-SSE-006",
        "delete-retire",
        "`delete_feature` with the id: with its real version if retired, with 0 if deleted; `feature` when the feature is back",
        stream::delete_and_retire,
    ),
    scenario(
        "S-SSE-007",
        "unknown-key",
        "200, `ack`, `failure`, then the end of the stream; 404 if the environment id is no UUID",
        stream::unknown_key,
    ),
    scenario(
        "S-SSE-008",
        "bye",
        "`bye` and a clean end of the stream after the drop time",
        stream::bye,
    ),
    scenario(
        "S-SSE-009",
        "heartbeat",
        "`ack` with a heart at each heartbeat period, with changes in between",
        stream::heartbeat,
    ),
    scenario(
        "S-SSE-010",
        "server-eval",
        "context in the header or the query, where the query takes precedence; no strategies in lists and updates",
        stream::evaluated,
    ),
    scenario(
        "S-SSE-011",
        "isolation",
        "no event of another environment is sent",
        stream::isolation,
    ),
    scenario("S-SSE-012", "fan-out", "1,000 streams get each change exactly once", many::fan_out),
    scenario(
        "S-SSE-013",
        "slow-reader",
        "12 MB of changes: a client that does not read is disconnected and nothing is queued for it; other clients get all changes",
        many::slow_reader,
    ),
    scenario(
        "S-SSE-014",
        "disconnects",
        "after 1,000 connections were cut, the gauge of open streams returns to its earlier value",
        many::disconnects,
    ),
    scenario(
        "S-SSE-015",
        "revoke-live",
        "`failure` when the key or the environment is revoked, `bye` when permissions change; other streams continue",
        stream::revoked,
    ),
    scenario(
        "S-SSE-016",
        "restart",
        "`bye` or the end of the stream when the server stops; after the restart the current state",
        operations::restart,
    ),
    scenario("S-SSE-017", "stale", "`config` with `edge.stale` after the list", stream::stale),
    scenario(
        "S-SSE-018",
        "flush",
        "events are sent at once, even if nothing else happens on the server",
        stream::flush,
    ),
    scenario(
        "S-SSE-019",
        "untouched",
        "`cache-control` of streams forbids storing and transforming, whatever the environment sets",
        stream::untouched,
    ),
    scenario(
        "S-PUT-001",
        "change",
        "200; the change is in the next poll and on streams, with both kinds of key",
        put::change,
    ),
    scenario(
        "S-PUT-002",
        "no-change",
        "200 or 202 without a new version, an event or another etag",
        put::no_change,
    ),
    scenario("S-PUT-003", "locked", "412, and the feature is unchanged", put::locked),
    scenario(
        "S-PUT-004",
        "unlock-and-change",
        "value and lock change in one step",
        put::unlock_and_change,
    ),
    scenario(
        "S-PUT-005",
        "empty",
        "400 for a body that requests no change, and for one that is not a valid object",
        put::empty,
    ),
    scenario("S-PUT-006", "reader", "403 `no write roles`, and nothing changes", put::reader),
    scenario(
        "S-PUT-007",
        "role-matrix",
        "8 sets of permissions × 6 requests × locked or not, compared with the table of edge-protocol 5.3",
        put::role_matrix,
    ),
    scenario("S-PUT-008", "types", "10 values that are refused, 11 that are converted", put::types),
    scenario("S-PUT-009", "null", "a null value clears all types except BOOLEAN", put::null),
    scenario(
        "S-PUT-010",
        "number-forms",
        "numbers are stored with all their digits; the same number in another form is no change",
        put::number_forms,
    ),
    scenario(
        "S-PUT-011",
        "unknown",
        "404 for an unknown feature, key or environment, and for an id that is no UUID",
        put::unknown,
    ),
    scenario("S-PUT-012", "key-forms", "7 ways to write the key", put::key_forms),
    scenario(
        "S-PUT-013",
        "json-duplicates",
        "400 if the JSON of a value has an object with a duplicate member",
        put::json_duplicates,
    ),
    scenario(
        "S-PUT-014",
        "concurrent",
        "20 concurrent writers: all are acknowledged, versions rise, and the final value is the last value of one of them",
        many::concurrent_writers,
    ),
    scenario(
        "S-PUT-015",
        "body-limits",
        "a body of 10 MiB, also in chunks, and other content types: nothing changes, and the server works afterwards",
        put::body_limits,
    ),
    scenario(
        "S-OPS-001",
        "health",
        "live while it loads, ready afterwards, in both spellings of the path",
        operations::health,
    ),
    scenario("S-OPS-002", "version", "name and version as JSON", operations::version),
    scenario(
        "S-OPS-003",
        "graceful",
        "a request in flight is answered completely, streams get `bye` and end cleanly, idle connections are closed",
        operations::graceful,
    ),
    scenario(
        "S-OPS-004",
        "no-secrets",
        "no key in error bodies, headers, metrics or events",
        operations::no_secrets,
    ),
    scenario(
        "S-OPS-005",
        "cors-stream",
        "a browser may read a stream from another origin",
        operations::cors_stream,
    ),
];

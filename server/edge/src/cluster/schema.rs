//! The two tables of a cluster, and the statements on them.

/// The format of the tables and of the JSON in them that this version writes. A server does not use tables of a higher format.
pub(super) const FORMAT: i32 = 1;

/// The statements on the tables of one schema.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    pub(super) create: String,
    pub(super) exists: String,
    pub(super) first: String,
    pub(super) head: String,
    pub(super) lock: String,
    pub(super) whole: String,
    pub(super) rows: String,
    pub(super) contains: String,
    pub(super) insert: String,
    pub(super) advance: String,
    pub(super) store: String,
    pub(super) prune: String,
    pub(super) count: String,
    /// The connections whose last statement names the schema, by the names of their servers.
    pub(super) servers: String,
    pub(super) listen: String,
    /// Wakes the other servers and ends the transaction. It fails in a transaction that has failed before, in which COMMIT alone would
    /// succeed and store nothing.
    pub(super) commit: String,
    /// Ends a transaction without a commit. The comment names the schema, as all other statements do, so that the list of servers finds the
    /// connection.
    pub(super) rollback: String,
}

/// Begins a transaction that a stopped server cannot hold for longer than two seconds. `synchronous_commit` is raised only if it is weaker
/// than `on`, since `on` would weaken `remote_apply`.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL statement_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '2s'; \
     SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') IN ('off', 'local')";
/// Gives a transaction with a whole state more time.
pub(super) const LONGER: &str =
    "SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30s'";

impl Statements {
    /// Returns the statements for the schema with this name.
    pub(super) fn of(schema: &str) -> Self {
        let name = format!("\"{}\"", schema.replace('"', "\"\""));
        let text = format!("'{}'", schema.replace('\'', "''"));
        let head = "id, format, revision, commit_id";
        Self {
            create: format!(
                "CREATE SCHEMA IF NOT EXISTS {name}; \
                 CREATE TABLE {name}.cluster (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), id text NOT NULL, \
                 format integer NOT NULL, revision bigint NOT NULL, commit_id text NOT NULL, state text, state_revision bigint NOT NULL, \
                 log_rows bigint NOT NULL DEFAULT 0, log_bytes bigint NOT NULL DEFAULT 0); \
                 CREATE TABLE {name}.log (revision bigint PRIMARY KEY, revision_before bigint NOT NULL, commit_id text NOT NULL, \
                 time timestamptz NOT NULL DEFAULT now(), server text NOT NULL, changes text)"
            ),
            exists: format!(
                "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = {text} AND tablename = 'cluster')"
            ),
            first: format!(
                "INSERT INTO {name}.cluster (id, format, revision, commit_id, state, state_revision) VALUES ($1, $2, $3, $4, $5, $3)"
            ),
            head: format!("SELECT {head}, state IS NOT NULL FROM {name}.cluster"),
            lock: format!(
                "SELECT {head}, state IS NOT NULL, log_rows, log_bytes FROM {name}.cluster FOR UPDATE"
            ),
            whole: format!(
                "SELECT {head}, state IS NOT NULL, state, state_revision FROM {name}.cluster"
            ),
            rows: format!(
                "SELECT revision, revision_before, commit_id, changes FROM {name}.log WHERE revision >= $1 ORDER BY revision"
            ),
            contains: format!(
                "SELECT EXISTS (SELECT 1 FROM {name}.log WHERE revision > $1 AND commit_id = $2)"
            ),
            insert: format!(
                "INSERT INTO {name}.log (revision, revision_before, commit_id, server, changes) VALUES ($1, $2, $3, $4, $5)"
            ),
            advance: format!(
                "UPDATE {name}.cluster SET revision = $1, commit_id = $2, log_rows = log_rows + 1, log_bytes = log_bytes + $3"
            ),
            store: format!(
                "UPDATE {name}.cluster SET revision = $1, commit_id = $2, state = $3, state_revision = $1, log_rows = 0, log_bytes = 0"
            ),
            prune: format!(
                "DELETE FROM {name}.log WHERE time < now() - interval '30 days' AND revision < \
                 (SELECT revision FROM {name}.cluster)"
            ),
            count: format!("SELECT count(*) FROM {name}.log"),
            servers: format!(
                "SELECT application_name, coalesce(client_addr::text, 'local') FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND strpos(query, {text}) > 0 ORDER BY 1, 2"
            ),
            listen: format!("LISTEN {name}; SELECT pg_backend_pid()"),
            commit: format!("NOTIFY {name}; COMMIT"),
            rollback: format!("ROLLBACK /* {} */", schema.replace("*/", "")),
        }
    }
}

-- Writes a ruleset into an empty database of the server. The table `input` has one row: the ruleset, the slug of the environment, and the
-- API key's digest and first characters.
BEGIN;

-- A list that is null is empty.
CREATE FUNCTION pg_temp.texts(list JSON) RETURNS TEXT[] LANGUAGE SQL AS $$
    SELECT CASE json_typeof(list) WHEN 'array' THEN ARRAY(SELECT json_array_elements_text(list)) ELSE '{}' END
$$;

INSERT INTO organizations (name, slug, plan) VALUES ('Live', 'live', 'enterprise');

INSERT INTO projects (org_id, name, slug)
SELECT id, 'Live', 'live' FROM organizations WHERE slug = 'live';

INSERT INTO environments (org_id, project_id, name, slug)
SELECT project.org_id, project.id, input.environment, input.environment
FROM input, projects AS project;

INSERT INTO api_keys (org_id, env_id, key_hash, key_prefix, name, type)
SELECT environment.org_id, environment.id, input.key_hash, input.key_prefix, 'Live', 'server'
FROM input, environments AS environment;

INSERT INTO flags (org_id, project_id, key, name, flag_type, category, status, default_value, tags, prerequisites,
    mutual_exclusion_group, expires_at, created_at)
SELECT project.org_id, project.id, flag.key, flag.value ->> 'name', flag.value ->> 'flag_type', flag.value ->> 'category',
    flag.value ->> 'status', (flag.value -> 'default_value')::JSONB, pg_temp.texts(flag.value -> 'tags'),
    pg_temp.texts(flag.value -> 'prerequisites'), coalesce(flag.value ->> 'mutual_exclusion_group', ''),
    (flag.value ->> 'expires_at')::TIMESTAMPTZ, clock_timestamp()
FROM input, projects AS project, json_each(input.ruleset -> 'flags') AS flag;

INSERT INTO segments (org_id, project_id, key, name, match_type, rules, created_at)
SELECT project.org_id, project.id, segment.key, segment.value ->> 'name', segment.value ->> 'match_type',
    (segment.value -> 'rules')::JSONB, clock_timestamp()
FROM input, projects AS project, json_each(input.ruleset -> 'segments') AS segment;

-- A state without `default_value` gets the SQL value NULL, and one with the JSON value null gets this JSON value.
INSERT INTO flag_states (org_id, flag_id, env_id, enabled, default_value, rules, percentage_rollout, variants,
    scheduled_enable_at, scheduled_disable_at)
SELECT environment.org_id, flag.id, environment.id, (state.value ->> 'enabled')::BOOLEAN,
    (state.value -> 'default_value')::JSONB, (state.value -> 'rules')::JSONB, (state.value ->> 'percentage_rollout')::INT,
    (state.value -> 'variants')::JSONB, (state.value ->> 'scheduled_enable_at')::TIMESTAMPTZ,
    (state.value ->> 'scheduled_disable_at')::TIMESTAMPTZ
FROM input, environments AS environment, json_each(input.ruleset -> 'states') AS state
JOIN flags AS flag ON flag.key = state.key;

COMMIT;

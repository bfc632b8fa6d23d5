//! Every scenario against our Edge, in one test each.

use std::path::Path;

use fh_conformance::server::scenario::{ALL, Scenario, to_markdown};

use crate::edge::Ours;

fn run(id: &str) {
    let scenario = Scenario::named(id).unwrap();
    if let Err(failure) = scenario.run(&Ours) {
        panic!("{id} {}: {failure}", scenario.name);
    }
}

macro_rules! scenarios {
    ($($test:ident($id:literal);)+) => {
        $(
            #[test]
            fn $test() {
                run($id);
            }
        )+

        /// The tests and the ids of the scenarios that they run.
        const TESTED: &[(&str, &str)] = &[$((stringify!($test), $id)),+];
    };
}

scenarios! {
    s_get_001_ok("S-GET-001");
    s_get_002_trailing_slash("S-GET-002");
    s_get_003_sdkurl_alias("S-GET-003");
    s_get_004_no_keys("S-GET-004");
    s_get_005_unparsable_key("S-GET-005");
    s_get_006_unknown_key("S-GET-006");
    s_get_007_mixed_keys("S-GET-007");
    s_get_008_duplicate_key("S-GET-008");
    s_get_009_two_envs("S-GET-009");
    s_get_010_three_part_key("S-GET-010");
    s_get_011_304("S-GET-011");
    s_get_012_304_after_change("S-GET-012");
    s_get_013_etag_other_context("S-GET-013");
    s_get_014_etag_garbage("S-GET-014");
    s_get_015_server_eval("S-GET-015");
    s_get_016_server_eval_none("S-GET-016");
    s_get_017_server_eval_encoding("S-GET-017");
    s_get_018_server_eval_percentage("S-GET-018");
    s_get_019_server_eval_session("S-GET-019");
    s_get_020_server_eval_poison("S-GET-020");
    s_get_021_attributes_limit("S-GET-021");
    s_get_022_ip_no_dns("S-GET-022");
    s_get_023_cache_control("S-GET-023");
    s_get_024_null_and_unset("S-GET-024");
    s_get_025_retired_deleted("S-GET-025");
    s_get_026_properties("S-GET-026");
    s_get_027_filters("S-GET-027");
    s_get_028_stale("S-GET-028");
    s_get_029_not_ready("S-GET-029");
    s_get_030_gzip("S-GET-030");
    s_get_031_head_options("S-GET-031");
    s_get_032_hostile("S-GET-032");
    s_get_033_revoke("S-GET-033");
    s_sse_001_open("S-SSE-001");
    s_sse_002_features_id("S-SSE-002");
    s_sse_003_update("S-SSE-003");
    s_sse_004_no_gap("S-SSE-004");
    s_sse_005_order("S-SSE-005");
    s_sse_006_delete_retire("S-SSE-006");
    s_sse_007_unknown_key("S-SSE-007");
    s_sse_008_bye("S-SSE-008");
    s_sse_009_heartbeat("S-SSE-009");
    s_sse_010_server_eval("S-SSE-010");
    s_sse_011_isolation("S-SSE-011");
    s_sse_012_fan_out("S-SSE-012");
    s_sse_013_slow_reader("S-SSE-013");
    s_sse_014_disconnects("S-SSE-014");
    s_sse_015_revoke_live("S-SSE-015");
    s_sse_016_restart("S-SSE-016");
    s_sse_017_stale("S-SSE-017");
    s_sse_018_flush("S-SSE-018");
    s_put_001_change("S-PUT-001");
    s_put_002_no_change("S-PUT-002");
    s_put_003_locked("S-PUT-003");
    s_put_004_unlock_and_change("S-PUT-004");
    s_put_005_empty("S-PUT-005");
    s_put_006_reader("S-PUT-006");
    s_put_007_role_matrix("S-PUT-007");
    s_put_008_types("S-PUT-008");
    s_put_009_null("S-PUT-009");
    s_put_010_number_forms("S-PUT-010");
    s_put_011_unknown("S-PUT-011");
    s_put_012_key_forms("S-PUT-012");
    s_put_013_json_duplicates("S-PUT-013");
    s_put_014_concurrent("S-PUT-014");
    s_put_015_body_limits("S-PUT-015");
    s_ops_001_health("S-OPS-001");
    s_ops_002_version("S-OPS-002");
    s_ops_003_graceful("S-OPS-003");
    s_ops_004_no_secrets("S-OPS-004");
    s_ops_005_cors_stream("S-OPS-005");
}

#[test]
fn every_scenario_has_its_test() {
    let ids: Vec<&str> = ALL.iter().map(|scenario| scenario.id).collect();
    assert_eq!(ids.len(), 71);
    assert_eq!(TESTED.iter().map(|(_, id)| *id).collect::<Vec<_>>(), ids, "tests");
    for (test, id) in TESTED {
        let beginning = id.to_lowercase().replace('-', "_");
        assert!(test.starts_with(&beginning), "{test} {id}");
    }
}

#[test]
fn the_page_is_rendered_from_the_scenarios() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/edge-scenarios.md");
    let page = std::fs::read_to_string(page).unwrap();
    let command = "cargo run -p fh-conformance -- server list --markdown > docs/edge-scenarios.md";
    assert!(page == to_markdown(), "the page differs; run `{command}`");
}

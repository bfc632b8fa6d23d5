//! The rewrites that only a server without a state shows. The others are found with `fh serve`, by `fh-conformance self-test servers`.

use fh_conformance::self_test::servers::{EXEMPT_REWRITES, EXEMPT_SCENARIOS, Extent, kills};
use fh_conformance::server::scenario::Scenario;

use crate::edge::Ours;

#[test]
fn exempt_scenarios_find_the_exempt_rewrites_in_process() {
    let named = |(id, _): &(&str, _)| Scenario::named(id).unwrap();
    let scenarios: Vec<_> = EXEMPT_SCENARIOS.iter().map(named).collect();
    let kills = kills(&Ours, &scenarios, Extent::Claims, 2).unwrap();
    assert_eq!((kills.unsound, kills.false_claims), (vec![], vec![]));
    for (name, _) in EXEMPT_REWRITES {
        assert!(kills.by_rewrite.contains_key(name), "{name} is not found");
    }
    for scenario in scenarios {
        let mut found = kills.by_rewrite.values().flatten();
        assert!(found.any(|(id, _)| *id == scenario.id), "{} finds nothing", scenario.id);
    }
}

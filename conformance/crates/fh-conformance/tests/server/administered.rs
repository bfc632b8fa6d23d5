//! Scenarios that replace the served state through the admin API.

use fh_conformance::server::scenario::{Administered, Scenario};
use fh_edge::{AdminKey, Options};

use crate::edge::Running;

const KEY: &str = "an-admin-key-for-tests";

#[test]
fn states_are_replaced() {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(KEY).unwrap());
    // The server has no state until the first scenario sends one.
    let edge = Running::with(None, options);
    let base = edge.base.clone();
    let launcher =
        Administered { monitor: base.clone(), admin: base.clone(), base, key: KEY.into() };
    for id in ["S-GET-001", "S-GET-025", "S-GET-033", "S-SSE-006", "S-SSE-015", "S-SSE-003"] {
        if let Err(failure) = Scenario::named(id).unwrap().run(&launcher) {
            panic!("{id}: {failure}");
        }
    }
}

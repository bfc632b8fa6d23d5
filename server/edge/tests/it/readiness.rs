//! The body of readiness names files and features only to operators.

use axum::Router;
use fh_edge::internal::{Topic, set_notice};
use fh_edge::{AdminKey, Administration, Edge, Monitoring, Options};

use crate::router::{ask, text};
use crate::shop::state;

async fn readiness(router: &Router, headers: &[(&str, &str)]) -> String {
    let response = ask(router, "GET", "/health/readiness", headers).await;
    assert_eq!(response.status(), 200);
    text(response).await
}

#[tokio::test]
async fn only_operators_read_whole_notices() {
    let key = ("authorization", "Bearer an-admin-key-for-tests");
    let wrong = ("authorization", "Bearer another-key-for-tests");
    for administration in [Administration::WithApi, Administration::WithMonitoring] {
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new("an-admin-key-for-tests").unwrap());
        options.monitoring = Monitoring::Apart;
        options.administration = administration;
        let edge = Edge::builder().state(state()).options(options).build().unwrap();
        let (api, monitor) = (edge.probe_router(), edge.monitor_router());
        assert_eq!(readiness(&api, &[key]).await, "");
        let topics =
            [Topic::DataFolder, Topic::StateFile, Topic::Secrets("--a"), Topic::Secrets("--b")];
        for topic in topics {
            set_notice(&edge.handle(), topic, Some(format!("/etc/BANNER {topic:?}")));
        }
        let has_admin = administration == Administration::WithApi;
        for (router, headers, is_whole) in [
            (&api, &[][..], false),
            (&api, &[wrong], false),
            (&api, &[key], has_admin),
            (&monitor, &[], true),
        ] {
            let body = readiness(router, headers).await;
            assert_eq!(body.contains("/etc/BANNER"), is_whole, "{headers:?}: {body}");
            // Both files with secrets have the same sentence, and a last line says where the details are.
            assert_eq!(body.lines().count(), 4, "{body}");
        }
    }
    let edge = Edge::builder().state(state()).build().unwrap();
    set_notice(&edge.handle(), Topic::StateFile, Some("/etc/BANNER".to_owned()));
    let body = readiness(&edge.router(), &[key]).await;
    assert!(
        body.starts_with("the state file cannot be used") && !body.contains("BANNER"),
        "{body}"
    );
}

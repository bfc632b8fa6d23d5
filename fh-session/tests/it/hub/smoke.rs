use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fh_eval::{Profile, Ruleset, Timestamp};
use fh_session::{Cause, Environments, Hub, HubOptions, Publication, Readiness, Rules, Status};

fn publication(json: &str, cause: Cause) -> Publication {
    let ruleset = Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap();
    Publication { rules: Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown)), cause }
}

#[test]
fn publishes_holds_releases_and_tells() {
    let hub = Hub::new(HubOptions::new(|| Timestamp::from_millis(0)));
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let _watch = hub.on_change("A", None, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let on = r#"[{"key": "A", "type": "BOOLEAN", "value": true}]"#;
    let off = r#"[{"key": "A", "type": "BOOLEAN", "value": false}]"#;
    hub.publish(publication(on, Cause::First));
    hub.set_status(Status { readiness: Readiness::Ready, ..Status::default() });
    hub.deliver();
    assert!(hub.is_enabled("A", None));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    hub.catch_updates();
    hub.publish(publication(off, Cause::Change));
    hub.deliver();
    assert!(hub.is_enabled("A", None) && hub.is_holding());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    hub.release();
    hub.deliver();
    assert!(!hub.is_enabled("A", None) && !hub.is_holding());
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

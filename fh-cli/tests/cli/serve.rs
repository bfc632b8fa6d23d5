use crate::following::Following;
use crate::tool::{command, fh, file};

const STATE: &str = r#"{
    "features": [{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "NEW_CHECKOUT", "type": "BOOLEAN"}],
    "environments": [{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "name": "dev", "values": {"NEW_CHECKOUT": {"value": true}}}],
    "accounts": [{"name": "reader", "clientKey": ["readerSecret4test*1"],
        "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ"]}}]
}"#;
const KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/readerSecret4test*1";

#[test]
fn a_state_is_served_until_ctrl_c() {
    let state = file("serve.json", STATE);
    let mut serve = Following::start(&mut command(&["serve", "--state", &state, "--port", "0"]));
    let line = serve.line(&["listening on http://127.0.0.1:"]);
    let url = line.trim_start_matches("listening on ").to_string();
    let answer = fh(&["get", &url, KEY, "NEW_CHECKOUT", "--json"]).expect(0).json();
    assert_eq!(answer[0]["value"], true, "{answer}");
    #[cfg(unix)]
    {
        serve.interrupt();
        assert!(serve.end().0.success());
    }
}

#[test]
fn files_that_are_wrong() {
    fh(&["serve", "--state", "/no/such/state.json"]).refused(2, &["/no/such/state.json"]);
    let state = file("serve-wrong.json", "{\n\"features\": 5}");
    fh(&["serve", "--state", &state]).refused(2, &["serve-wrong.json", "line 2"]);
}

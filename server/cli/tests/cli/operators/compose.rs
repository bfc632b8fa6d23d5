//! The compose file of a cluster, beside the settings of the servers and the arguments of `fh cluster`.

use serde_json::Value;

use super::{packaged, read, yaml};
use crate::tool::fh;

/// The variables in an environment, with values for what the user sets.
fn variables(service: &Value) -> Vec<(String, String)> {
    let set = |text: &str| {
        text.replace("${POSTGRES_PASSWORD:?}", "secret")
            .replace("${FH_EDGE_ADMIN_KEY:?}", "adminSecret4test-0000009")
    };
    let variables = service["environment"].as_object().unwrap();
    variables.iter().map(|(name, value)| (name.clone(), set(value.as_str().unwrap()))).collect()
}

#[test]
fn the_compose_file_has_settings_of_servers() {
    let file = yaml(&read(&packaged("compose.yaml")));
    let services = &file["services"];
    let settings = read(&packaged("../../docs/reference/settings.md"));
    let (init, database) = (&services["init"], &services["database"]);
    let url = variables(init).remove(0);
    assert_eq!(url.0, "FH_EDGE_CLUSTER");
    let (user, name) =
        (&database["environment"]["POSTGRES_USER"], &database["environment"]["POSTGRES_DB"]);
    let expected =
        format!("postgres://{}:secret@database/{}", user.as_str().unwrap(), name.as_str().unwrap());
    assert!(url.1.starts_with(&expected), "{url:?}");
    let command = init["command"].as_array().unwrap();
    let mut args: Vec<&str> = command.iter().map(|each| each.as_str().unwrap()).collect();
    // The file is not on this machine, so the command fails after it has understood its arguments.
    args.extend(["--cluster", &url.1]);
    fh(&args).refused(2, &["/etc/fh-edge/state.yaml"]);
    let mut ports = Vec::new();
    for server in ["one", "two", "three"] {
        let service = &services[server];
        assert_eq!(service["image"], init["image"]);
        let variables = variables(service);
        assert!(variables.contains(&url), "{server}");
        for (variable, _) in &variables {
            assert!(settings.contains(&format!("`{variable}`")), "{server}: {variable}");
        }
        let monitor = variables.iter().find(|(name, _)| name == "FH_EDGE_MONITOR_PORT").unwrap();
        for port in service["ports"].as_array().unwrap() {
            let (outside, inside) = port.as_str().unwrap().rsplit_once(':').unwrap();
            assert!(inside == "8903" || (inside == monitor.1 && outside.starts_with("127.0.0.1:")));
            ports.push(outside.to_owned());
        }
    }
    let count = ports.len();
    ports.sort();
    ports.dedup();
    assert_eq!(ports.len(), count, "two servers publish one port");
}

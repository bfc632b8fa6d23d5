//! The Kubernetes objects that Kustomize renders: their references to each other, and a server with the settings of the Pod.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::{not_run, read, yaml};
use crate::serve::{Serving, get, state};
use crate::tool::{fh, file};

/// The variable with the folder of the rendered files, which `cargo xtask test operators` writes.
const RENDERED: &str = "FH_OPERATORS_RENDERED";
/// The default of `--grace` in seconds.
const GRACE: u64 = 20;

/// Returns the object of this kind, or null.
fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or(&Value::Null)
}

fn is_part(selector: &Value, labels: &Value) -> bool {
    let selector = selector.as_object().unwrap();
    !selector.is_empty() && selector.iter().all(|(name, value)| labels[name] == *value)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Checks what the objects of a rendering say about each other.
fn check_references(name: &str, objects: &[Value]) {
    let deployment = &of_kind(objects, "Deployment")["spec"];
    let pod = &deployment["template"];
    let container = &pod["spec"]["containers"][0];
    let port = |name: &Value| list(&container["ports"]).iter().find(|port| port["name"] == *name);
    let labels = &pod["metadata"]["labels"];
    let service = &of_kind(objects, "Service")["spec"];
    let budget = &of_kind(objects, "PodDisruptionBudget")["spec"];
    let mut selectors = vec![
        &deployment["selector"]["matchLabels"],
        &service["selector"],
        &budget["selector"]["matchLabels"],
    ];
    let mut ports: Vec<&Value> =
        list(&service["ports"]).iter().map(|port| &port["targetPort"]).collect();
    ports.extend(
        ["startupProbe", "readinessProbe", "livenessProbe"]
            .map(|probe| &container[probe]["httpGet"]["port"]),
    );
    let monitor = &of_kind(objects, "PodMonitor")["spec"];
    if !monitor.is_null() {
        selectors.push(&monitor["selector"]["matchLabels"]);
        ports.push(&monitor["podMetricsEndpoints"][0]["port"]);
    }
    for selector in selectors {
        assert!(is_part(selector, labels), "{name}: {selector} selects no Pod");
    }
    for named in ports {
        assert!(port(named).is_some(), "{name}: the container has no port {named}");
    }
    let service_ports: Vec<&Value> =
        list(&service["ports"]).iter().map(|port| &port["port"]).collect();
    assert_eq!(service_ports, [8903, 8701], "{name}");
    let mounted: BTreeSet<&str> = list(&container["volumeMounts"])
        .iter()
        .filter_map(|mount| mount["name"].as_str())
        .collect();
    let volumes: BTreeSet<&str> =
        list(&pod["spec"]["volumes"]).iter().filter_map(|volume| volume["name"].as_str()).collect();
    assert_eq!(mounted, volumes, "{name}");

    let has_claim = name.contains("data");
    let data =
        list(&pod["spec"]["volumes"]).iter().find(|volume| volume["name"] == "data").unwrap();
    let (replicas, strategy) = if has_claim {
        let claim = of_kind(objects, "PersistentVolumeClaim");
        assert_eq!(data["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"], "{name}");
        (1, json!({ "type": "Recreate" }))
    } else {
        assert_eq!(data["emptyDir"], json!({}), "{name}");
        (2, json!({ "rollingUpdate": { "maxUnavailable": 0, "maxSurge": 1 } }))
    };
    assert_eq!((&deployment["replicas"], &deployment["strategy"]), (&json!(replicas), &strategy));
    // With one Pod, a smaller number would forbid each drain.
    assert_eq!(budget["maxUnavailable"], 1, "{name}");
}

/// Starts a server with the variables of the container, and requests the path of each probe on the monitor port.
fn check_settings(name: &str, objects: &[Value]) {
    let pod = &of_kind(objects, "Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let mut variables = Vec::new();
    for variable in list(&container["env"]) {
        let (key, value) =
            (variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap());
        if key == "FH_EDGE_MONITOR_PORT" {
            let ports = list(&container["ports"]).iter();
            let port = ports.clone().find(|port| port["name"] == "monitor").unwrap();
            assert_eq!(port["containerPort"].to_string(), value, "{name}");
        }
        if key == "FH_EDGE_SHUTDOWN_DELAY" {
            let stop = value.parse::<u64>().unwrap() + GRACE;
            assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > stop, "{name}");
        }
        // The port may be in use on this machine.
        variables.push((key, if key == "FH_EDGE_MONITOR_PORT" { "0" } else { value }));
    }
    let mut serving = Serving::start(&file("pod.yaml", state("plain")), &[], &variables);
    let monitor = serving.monitor();
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        let answer = get(&monitor, path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {probe}: {answer}");
    }
}

/// Checks that the tables are made in the database that the servers use, with the arguments that `fh cluster` has.
fn check_cluster(objects: &[Value]) {
    let pod = &of_kind(objects, "Deployment")["spec"]["template"]["spec"];
    let (init, server) = (&pod["initContainers"][0], &pod["containers"][0]);
    let database = |container: &Value| {
        let all = list(&container["env"]).iter();
        all.clone().find(|variable| variable["name"] == "FH_EDGE_CLUSTER").cloned().unwrap()
    };
    assert_eq!(database(init), database(server));
    assert_eq!(init["image"], server["image"]);
    let mut args: Vec<&str> = list(&init["args"]).iter().filter_map(Value::as_str).collect();
    // The file is not on this machine, so the command fails after it has understood its arguments.
    args.extend(["--cluster", "postgres://127.0.0.1:1/flags"]);
    fh(&args).refused(2, &["/etc/fh-edge/state.yaml"]);
}

#[test]
fn rendered_objects_fit_each_other_and_the_server() {
    let Some(folder) = std::env::var_os(RENDERED) else {
        return not_run("Kubernetes", "`cargo xtask test operators` renders the objects");
    };
    for (name, others) in [
        ("base", [].as_slice()),
        ("cluster", &[]),
        ("data", &["PersistentVolumeClaim"]),
        ("monitoring", &["ConfigMap", "PodMonitor", "PrometheusRule"]),
        (
            "data-and-monitoring",
            &["ConfigMap", "PersistentVolumeClaim", "PodMonitor", "PrometheusRule", "Secret"],
        ),
    ] {
        let text = read(&Path::new(&folder).join(format!("{name}.yaml")));
        let objects: Vec<Value> = text.split("\n---\n").map(yaml).collect();
        let kinds: BTreeSet<&str> =
            objects.iter().filter_map(|object| object["kind"].as_str()).collect();
        let expected = ["Deployment", "PodDisruptionBudget", "Service"].iter().chain(others);
        assert_eq!(kinds, expected.copied().collect(), "{name}");
        assert_eq!(kinds.len(), objects.len(), "{name}");
        check_references(name, &objects);
        if name == "base" {
            check_settings(name, &objects);
        }
        if name == "cluster" {
            check_cluster(&objects);
        }
    }
}

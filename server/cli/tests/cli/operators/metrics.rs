//! The metrics and labels that the alert rules and the dashboard name, compared with `/metrics` of two running servers.

use std::collections::{BTreeMap, BTreeSet};

use fh_test::certificates::Authority;
use fh_test::wait::{PATIENCE, wait_until};
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature};
use serde_json::Value;

use super::promql::Names;
use super::{packaged, read, yaml};
use crate::secure;
use crate::serve::{KEY, Serving, get, state};
use crate::tool::file;

const FOLDER: &str = "kubernetes/components/monitoring";
/// The labels that Prometheus adds.
const OF_TARGET: [&str; 2] = ["job", "instance"];

/// The labels of each metric.
type Metrics = BTreeMap<String, BTreeSet<String>>;

/// An expression, with the labels that the texts beside it name.
struct Expression {
    place: String,
    text: String,
    labels: BTreeSet<String>,
}

/// Adds the metrics of an answer of `/metrics`.
fn add(metrics: &mut Metrics, answer: &str) {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = inside.map_or("", |inside| inside.0).split(',');
        let labels = labels.filter_map(|label| Some(label.split_once('=')?.0.to_string()));
        metrics.entry(name.to_string()).or_default().extend(labels);
    }
}

/// Returns the metrics of an Edge with a certificate that has refused a request, and those of a relay whose key is refused.
fn live() -> Metrics {
    let mut metrics = Metrics::new();
    let authority = Authority::new("the test's authority");
    let certificate = authority.issue("localhost", -1..1);
    let chain = file("metrics.pem", certificate.pem());
    let key = file("metrics.key", certificate.key_pem());
    let args = ["--tls-certificate", &chain, "--tls-key", &key, "--max-context-bytes", "20"];
    let args = [&args[..], &["--monitor-port", "0"]].concat();
    let mut edge = Serving::start(&file("metrics.yaml", state("plain")), &args, &[]);
    let monitor = edge.monitor();
    let port = edge.url.rsplit(':').next().unwrap();
    let path = format!("/features?apiKey={KEY}");
    let long = "x-featurehub: userkey=longer-than-twenty-bytes\r\n";
    let answer = secure::get(&authority.pem(), port, &path, long);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    add(&mut metrics, &get(&monitor, "/metrics"));

    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("BANNER", "plain"));
    let (url, key) = (upstream.url(), upstream.client_key());
    let args = ["serve", "--relay", &url, "--relay-key", &key, "--monitor-port", "0"];
    let mut relay = Serving::of(&args, &[]);
    let monitor = relay.monitor();
    let shows = |text: &str| get(&monitor, "/metrics").contains(text);
    // The help text begins with the same words.
    wait_until("the relay serves", || shows("\nfh_edge_ready 1\n"));
    // The first features may come from a poll.
    upstream.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
    upstream.behave(Behaviour::status(403));
    upstream.close_streams(Closing::Fin);
    wait_until("the key is refused", || {
        ["refused_seconds", "problem"]
            .iter()
            .all(|name| shows(&format!("\nfh_edge_upstream_{name}{{")))
    });
    add(&mut metrics, &get(&monitor, "/metrics"));
    metrics.insert("up".to_string(), BTreeSet::new());
    metrics
}

/// Returns the labels that a text names after `mark`, such as `{{ $labels.` or `{{`.
fn named(text: &str, mark: &str) -> BTreeSet<String> {
    let text = text.replace(' ', "");
    let names = text.split(mark).skip(1).map(|rest| rest.split(['}', '|']).next().unwrap());
    names.map(str::to_string).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn rules() -> Vec<Expression> {
    let rules = yaml(&read(&packaged(&format!("{FOLDER}/rules.yaml"))));
    let rules = rules["spec"]["groups"][0]["rules"].as_array().unwrap().iter();
    let tests = read(&packaged("tests/alerts.yaml"));
    let expression = |rule: &Value| {
        let place = text(&rule["alert"]).to_string();
        let is_tested = tests.contains(&format!("alertname=\"{place}\""));
        assert!(is_tested, "server/packaging/tests/alerts.yaml does not test {place}");
        let labels = named(text(&rule["annotations"]["summary"]), "{{$labels.");
        Expression { place, text: text(&rule["expr"]).to_string(), labels }
    };
    rules.map(expression).collect()
}

fn panels() -> Vec<Expression> {
    let dashboard = read(&packaged(&format!("{FOLDER}/dashboard.json")));
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut all = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let labels = named(text(&target["legendFormat"]), "{{");
            let place = text(&panel["title"]).to_string();
            all.push(Expression { place, text: text(&target["expr"]).to_string(), labels });
        }
    }
    all
}

#[test]
fn rules_and_dashboard_name_metrics_and_labels_that_servers_have() {
    let metrics = live();
    let of_target: BTreeSet<String> = OF_TARGET.map(str::to_string).into();
    let mut wrong = Vec::new();
    for Expression { place, text, labels } in rules().into_iter().chain(panels()) {
        let Names { metrics: named, groupings } = Names::of(&text);
        assert!(!named.is_empty(), "{place}: no metric in {text}");
        let mut known = of_target.clone();
        for (metric, selected) in named {
            let Some(labels) = metrics.get(&metric) else {
                wrong.push(format!("{place}: no server has the metric {metric}"));
                continue;
            };
            known.extend(labels.iter().cloned());
            let others = selected.iter().filter(|label| !labels.contains(*label));
            wrong.extend(
                others
                    .filter(|label| !of_target.contains(*label))
                    .map(|label| format!("{place}: {metric} has no label {label}")),
            );
        }
        let others = groupings.difference(&known);
        wrong.extend(others.map(|label| format!("{place}: no metric has the label {label}")));
        // A sum without a grouping has no labels, and no text beside it names one.
        let left = if groupings.is_empty() { &known } else { &groupings };
        let others = labels.difference(left);
        wrong.extend(others.map(|label| format!("{place}: the result has no label {label}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

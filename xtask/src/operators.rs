//! Checks of what operators install from `server/packaging`: objects for Kubernetes, alert rules, a dashboard, nginx and a GitHub Action.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use serde_json::{Value, json};

use crate::folders::empty_folder;
use crate::install;
use crate::nextest;
use crate::output::say;
use crate::page_examples;
use crate::python::environment::Environment;
use crate::shell::{Run, root, target_folder};
use crate::workspace;

const KUBERNETES: &str = "server/packaging/kubernetes";
const MONITORING: &str = "server/packaging/kubernetes/components/monitoring";
const ACTION: &str = "server/packaging/action";
const PAGE: &str = "docs/guide/kubernetes.md";
/// The folders to render, and the names of the renderings. The last folder holds the example of the page.
const RENDERED: [(&str, &str); 5] = [
    ("base", "base"),
    ("overlays/cluster", "cluster"),
    ("overlays/data", "data"),
    ("overlays/monitoring", "monitoring"),
    ("..", "data-and-monitoring"),
];
/// The kinds of the Prometheus operator, whose schemas `kubernetes-validate` lacks.
const WITHOUT_SCHEMA: [&str; 2] = ["PodMonitor", "PrometheusRule"];

/// Installs the programs that read the files.
pub(crate) fn prepare() -> Result<(), String> {
    workspace::prepare()?;
    install::package("jq --version", "jq", "the GitHub Action needs it")?;
    // The folder of nginx is not in the `PATH` of users without root.
    let reason = "an Edge is tested behind it";
    install::package("/usr/sbin/nginx -v", "nginx", reason)?;
    let reason = "its promtool tests the alert rules";
    install::package("promtool --version", "prometheus", reason)?;
    validator()?.prepare("kubernetes-validate checks the objects for Kubernetes")?;
    kustomize()?;
    actionlint().map(|_| ())
}

/// Renders, validates and tests the files, and runs the tests that start servers.
pub(crate) fn run() -> Result<(), String> {
    let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join("operators");
    let folder = empty_folder(&folder)?;
    render(&folder)?;
    validate(&folder)?;
    test_rules(&folder)?;
    check_workflow(&folder)?;
    let folder = folder.display().to_string();
    let variables = [("FH_OPERATORS_ALL", "1"), ("FH_OPERATORS_RENDERED", folder.as_str())];
    nextest::operators(&variables)
}

fn validator() -> Result<Environment, String> {
    Environment::below("kubernetes", "xtask/tools/kubernetes.txt")
}

/// Returns the program and the command that render. Without Go, that is a kubectl of this machine.
fn kustomize() -> Result<(String, &'static str), String> {
    let has_go = Run::new("go version").succeeds();
    if !has_go && Run::new("kubectl version --client").succeeds() {
        return Ok(("kubectl".to_string(), "kustomize"));
    }
    let module = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1";
    let program =
        install::go_program("kustomize", module, "it renders the objects for Kubernetes")?;
    Ok((program, "build"))
}

fn actionlint() -> Result<String, String> {
    let module = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
    install::go_program("actionlint", module, "it reads the workflow with the GitHub Action")
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|why| format!("{path}: {why}"))
}

/// Renders the objects of each overlay, and those of the page, whose folder has a copy of the overlays.
fn render(folder: &Path) -> Result<(), String> {
    let text = read(PAGE)?;
    let example = page_examples::blocks(&text, "yaml").next();
    let example = example.ok_or_else(|| format!("{PAGE} has no block of YAML"))?;
    let own = empty_folder(&folder.join("own"))?;
    let copy = [KUBERNETES.to_string(), own.display().to_string()];
    Run::new("cp -r").args(&copy).go()?;
    write(&own.join("kustomization.yaml"), example)?;
    write(&own.join("state.yaml"), "features: []\n")?;
    let (program, command) = kustomize()?;
    for (part, name) in RENDERED {
        let line = format!("{command} kubernetes/{part}");
        let (text, rendered) = Run::program(&program, &line).in_folder(&own).capture()?;
        rendered?;
        write(&folder.join(format!("{name}.yaml")), &text)?;
    }
    Ok(())
}

/// Compares the objects with the schemas of Kubernetes.
fn validate(folder: &Path) -> Result<(), String> {
    let files = RENDERED.map(|(_, name)| format!("{}/{name}.yaml", folder.display()));
    let program = validator()?.folder.join("venv/bin/kubernetes-validate").display().to_string();
    let (printed, valid) = Run::program(&program, "--strict").args(&files).capture()?;
    say!("{printed}");
    valid?;
    for line in printed.lines().filter(|line| line.starts_with("WARN ")) {
        if !WITHOUT_SCHEMA.iter().any(|kind| line.contains(&format!("for kind {kind} "))) {
            return Err(format!("an object is not validated: {line}"));
        }
    }
    say!(
        "    *** {}: NOT RUN: no schema of the Prometheus operator ***",
        WITHOUT_SCHEMA.join(", ")
    );
    Ok(())
}

/// Tests the alert rules, and checks the expressions of the dashboard as rules.
fn test_rules(folder: &Path) -> Result<(), String> {
    let rules = read(&format!("{MONITORING}/rules.yaml"))?;
    // As the command in the file does.
    let rules = rules.split_once("\nspec:\n").ok_or("the rules have no `spec`")?.1;
    write(&folder.join("fh-edge.rules.yaml"), rules)?;
    write(&folder.join("alerts.yaml"), &read("server/packaging/tests/alerts.yaml")?)?;
    let dashboard = read(&format!("{MONITORING}/dashboard.json"))?;
    write(&folder.join("dashboard.rules.yaml"), &dashboard_rules(&dashboard)?)?;
    for line in [
        "check rules --lint=all --lint-fatal fh-edge.rules.yaml dashboard.rules.yaml",
        "test rules alerts.yaml",
    ] {
        Run::program("promtool", line).in_folder(folder).go()?;
    }
    Ok(())
}

/// Returns the expressions of a dashboard as a file of rules. JSON is YAML.
fn dashboard_rules(dashboard: &str) -> Result<String, String> {
    let dashboard: Value = serde_json::from_str(dashboard).map_err(|why| why.to_string())?;
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned();
    let panels = list(&dashboard, "panels").unwrap_or_default();
    let targets = panels.iter().flat_map(|panel| list(panel, "targets").unwrap_or_default());
    let rules = targets.enumerate().filter_map(|(number, target)| {
        let expression = target.get("expr")?.as_str()?.replace("$__rate_interval", "5m");
        Some(json!({ "record": format!("dashboard:target:{number}"), "expr": expression }))
    });
    let rules: Vec<Value> = rules.collect();
    match rules.len() {
        0 => Err("the dashboard has no expressions".to_string()),
        _ => Ok(json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string()),
    }
}

/// Reads the workflow in a repository that holds the action, so that its inputs are checked, too.
fn check_workflow(folder: &Path) -> Result<(), String> {
    let workflow = read(&format!("{ACTION}/workflow.yml"))?;
    let published = "OWNER/REPOSITORY/server/packaging/action@VERSION";
    if !workflow.contains(published) {
        return Err(format!("{ACTION}/workflow.yml does not use {published}"));
    }
    let repository = folder.join("repository");
    let workflows: PathBuf = repository.join(".github/workflows");
    for part in [&workflows, &repository.join(".git"), &repository.join("action")] {
        fs::create_dir_all(part).map_err(|why| format!("{}: {why}", part.display()))?;
    }
    write(&workflows.join("flags.yml"), &workflow.replace(published, "./action"))?;
    write(&repository.join("action/action.yml"), &read(&format!("{ACTION}/action.yml"))?)?;
    Run::program(&actionlint()?, ".github/workflows/flags.yml").in_folder(&repository).go()
}

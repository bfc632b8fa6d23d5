//! The search for circles in what names what.

use std::collections::{BTreeMap, BTreeSet};

/// The names that each name depends on.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns all modules that a module names directly or through others.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from.to_string()]);
    while let Some(module) = open.pop() {
        for named in graph.get(&module).into_iter().flatten() {
            if reached.insert(named.clone()) {
                open.push(named.clone());
            }
        }
    }
    reached
}

/// Returns the groups of modules that name each other, directly or through others.
fn circles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|module| (module, reached(graph, module))).collect();
    let circle = |module: &String| -> Vec<String> {
        let others = reach[module].iter();
        others
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(module)))
            .cloned()
            .collect()
    };
    graph.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// Returns a line for each dependency that is a part of a circle.
pub(crate) fn findings(place: &str, graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for circle in circles(graph) {
        for name in &circle {
            for named in graph[name].iter().filter(|named| circle.contains(named)) {
                findings.push(format!("{place}: {name} names {named}"));
            }
        }
    }
    findings
}

#[test]
fn circles_are_found() {
    let of = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_string()).or_default().insert((*to).to_string());
            graph.entry((*to).to_string()).or_default();
        }
        circles(&graph)
    };
    assert!(of(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    let circle = ["a", "b", "c"].map(str::to_string).to_vec();
    assert_eq!(of(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]), [circle].into());
}

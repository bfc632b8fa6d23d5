//! The manifests show in each registry what `xtask/metadata.toml` has.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::sources::root;

#[derive(Deserialize)]
struct Metadata {
    homepage: String,
    repository: String,
    licence: String,
    keywords: Vec<String>,
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    registry: Registry,
    name: String,
    manifest: String,
    description: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
enum Registry {
    #[serde(rename = "crates.io")]
    Crates,
    PyPI,
    #[serde(rename = "npm")]
    Npm,
    Maven,
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

fn metadata() -> Metadata {
    toml::from_str(&read("xtask/metadata.toml")).unwrap()
}

fn toml(file: &str) -> Value {
    toml::from_str(&read(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

/// Returns the first text of an element of a manifest of Maven.
fn element(text: &str, name: &str) -> Value {
    let inner = text.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next());
    Value::from(inner.unwrap_or_default())
}

/// Returns the members of a manifest as registries show them: name, description, homepage, repository, licence and keywords.
fn shown(package: &Package) -> [Value; 6] {
    let of = |document: &Value, paths: [&str; 6]| {
        paths.map(|path| document.pointer(path).cloned().unwrap_or_default())
    };
    match package.registry {
        Registry::Crates => {
            let (own, workspace) = (toml(&package.manifest), toml("Cargo.toml"));
            let names = ["name", "description", "homepage", "repository", "license", "keywords"];
            names.map(|name| {
                let value = &own["package"][name];
                match value["workspace"] == true {
                    true => workspace["workspace"]["package"][name].clone(),
                    false => value.clone(),
                }
            })
        }
        Registry::PyPI => of(
            &toml(&package.manifest)["project"],
            [
                "/name",
                "/description",
                "/urls/Homepage",
                "/urls/Repository",
                "/license",
                "/keywords",
            ],
        ),
        Registry::Npm => of(
            &serde_json::from_str(&read(&package.manifest)).unwrap(),
            ["/name", "/description", "/homepage", "/repository/url", "/license", "/keywords"],
        ),
        Registry::Maven => {
            let (own, parent) = (read(&package.manifest), read("bindings/kotlin/pom.xml"));
            let part = |name: &str| parent.split(&format!("<{name}")).nth(1).unwrap().to_string();
            [
                element(&own, "name"),
                element(&own, "description"),
                element(&parent, "url"),
                element(&part("scm"), "url"),
                element(&part("licenses"), "name"),
                // Maven has no keywords.
                Value::from(metadata().keywords),
            ]
        }
    }
}

#[test]
fn manifests_show_what_the_table_has() {
    let table = metadata();
    for package in &table.package {
        let expected = [
            Value::from(package.name.as_str()),
            Value::from(package.description.as_str()),
            Value::from(table.homepage.as_str()),
            Value::from(table.repository.as_str()),
            Value::from(table.licence.as_str()),
            Value::from(table.keywords.clone()),
        ];
        assert_eq!(
            shown(package),
            expected,
            "{}: {}",
            package.manifest,
            "xtask/metadata.toml has the other values"
        );
    }
    // The rules of crates.io, which are the strictest.
    let is_keyword = |word: &String| {
        word.len() <= 20 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    assert!(table.keywords.len() <= 5 && table.keywords.iter().all(is_keyword));
}

#[test]
fn the_table_has_each_published_package() {
    let table = metadata();
    let listed: BTreeSet<&str> = table.package.iter().map(|it| it.manifest.as_str()).collect();
    assert_eq!(listed.len(), table.package.len(), "a manifest stands twice");
    let workspace = toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members = members.iter().filter_map(Value::as_str).flat_map(|member| {
        match member.strip_suffix("/*") {
            Some(folder) => fs::read_dir(root().join(folder))
                .unwrap()
                .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().display()))
                .collect(),
            None => vec![member.to_string()],
        }
    });
    for manifest in members.map(|member| format!("{member}/Cargo.toml")) {
        let publishes = toml(&manifest)["package"]["publish"] != false;
        assert_eq!(listed.contains(manifest.as_str()), publishes, "{manifest}");
    }
}

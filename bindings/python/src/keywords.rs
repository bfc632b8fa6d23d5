//! The keyword arguments of the constructors, which are settings of the table of all languages.

use fh_binding::language::{Language, Spelling};
use fh_binding::settings::{KEYS_OF_PYTHON, SETTINGS, Setting, alike};
use fh_client::System;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// The arguments of `Client` that are not given by keyword.
const POSITIONAL: [&str; 2] = ["url", "api_keys"];

/// Returns the settings of Python.
fn all() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.languages.lack(Language::Python).is_none())
}

/// Returns the setting of a keyword argument. A setting of another system is found, too, and the check of the given settings refuses it.
pub(crate) fn keyword(name: &str, system: System) -> Option<&'static Setting> {
    let is_keyword = system != System::FeatureHub || !POSITIONAL.contains(&name);
    all().find(|setting| setting.name == name && is_keyword)
}

/// Returns the settings of a system's clients that are keyword arguments.
pub(crate) fn keywords(system: System) -> impl Iterator<Item = &'static Setting> {
    let own = all().filter(move |setting| setting.systems.have(system));
    own.filter(move |setting| system != System::FeatureHub || !POSITIONAL.contains(&setting.name))
}

/// Returns the names of the keyword arguments of `Client`.
#[pyfunction]
#[pyo3(name = "keywords")]
pub(crate) fn keyword_names() -> Vec<&'static str> {
    keywords(System::FeatureHub).map(|setting| setting.name).collect()
}

/// Returns the error for a keyword argument that clients of a system do not have.
pub(crate) fn unknown(name: &str, system: System) -> PyErr {
    let lacking = SETTINGS.iter().find(|setting| setting.name == name);
    if let Some(why) = lacking.and_then(|setting| setting.languages.lack(Language::Python)) {
        return PyTypeError::new_err(format!("Python has no such setting, because {why}"));
    }
    let is_key = name.split('_').any(|word| matches!(word, "key" | "keys" | "token"));
    let advice = if is_key && system == System::FeatureHub {
        KEYS_OF_PYTHON.to_string()
    } else {
        alike(name, || keywords(system), Spelling::Snake)
            .unwrap_or_else(|| "`help(fh_client.Client)` lists the settings".to_string())
    };
    PyTypeError::new_err(format!("there is no such setting: {advice}"))
}

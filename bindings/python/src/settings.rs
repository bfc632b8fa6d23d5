//! The settings of a client from keyword arguments, which are those of the table of all languages ([`fh_binding::settings`]).

use fh_binding::language::Language;
use fh_binding::settings::{Draft, Form, GivenSettings, Proxy, Setting, SettingsError};
use fh_client::{ClientBuilder, System};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::clock::Clock;
use crate::duration::Seconds;
use crate::function::ConstructorCallbacks;
use crate::keywords::{keyword, unknown};
use crate::setting_classes::{Backoff, Limits};
use crate::setting_forms::named;
use crate::{attributes, constructor_callbacks, documents, errors};

/// The source of a client's features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetching {
    /// A server of this system.
    From(System),
    /// The client of FeatureHub is offline, so it has no mode of fetching.
    Never,
}

impl Fetching {
    pub(crate) const fn system(self) -> System {
        match self {
            Self::From(system) => system,
            Self::Never => System::FeatureHub,
        }
    }
}

/// Applies keyword arguments to a builder.
pub(crate) fn apply(
    builder: ClientBuilder,
    settings: Option<&Bound<'_, PyDict>>,
    fetching: Fetching,
    callbacks: &ConstructorCallbacks,
) -> PyResult<ClientBuilder> {
    let system = fetching.system();
    let (mut draft, mut given) = (Draft::of(builder).of_system(system), GivenSettings::default());
    for (name, value) in settings.into_iter().flat_map(PyDictMethods::iter) {
        let name: String = name.extract()?;
        let setting = keyword(&name, system)
            .ok_or_else(|| named(value.py(), &name, unknown(&name, system)))?;
        // `None` is the default of each setting.
        if !value.is_none() {
            given.add(setting, value.extract::<String>().ok().as_deref());
            draft = set(draft, setting, &value, callbacks, system)
                .map_err(|error| named(value.py(), &name, error))?;
        }
    }
    if fetching == Fetching::Never && draft.selects_fetching() {
        return Err(PyValueError::new_err(
            "an offline client fetches nothing, so it has neither mode nor interval: leave them out",
        ));
    }
    let outcome = given.check(system, Language::Python);
    outcome.and_then(|()| draft.finish(Language::Python)).map_err(|error| match error {
        SettingsError::Start(error) => errors::start(&error),
        other => PyValueError::new_err(other.to_string()),
    })
}

fn set(
    draft: Draft,
    setting: &Setting,
    value: &Bound<'_, PyAny>,
    callbacks: &ConstructorCallbacks,
    system: System,
) -> PyResult<Draft> {
    Ok(match &setting.form {
        Form::Flag(set) => set(draft, value.extract()?),
        Form::Seconds(set) => set(draft, value.extract::<Seconds>()?.0),
        Form::Range(set) => {
            let (Seconds(shortest), Seconds(longest)) = value.extract()?;
            set(draft, shortest, longest)
        }
        Form::Count(set) => set(draft, value.extract()?),
        Form::Text { set, .. } => set(draft, value.extract()?),
        Form::Texts { set, .. } => set(draft, value.extract()?),
        Form::Choice(choices) => {
            let word: String = value.extract()?;
            let choice = choices.iter().find(|choice| choice.word == word);
            let unknown = || PyValueError::new_err("the value is unknown");
            (choice.ok_or_else(unknown)?.set)(draft)
        }
        Form::Path(set) => set(draft, value.extract()?),
        Form::Headers(set) => set(draft, documents::headers(value)?),
        Form::Context(set) => set(draft, attributes::read(Some(value), None, system)?.into()),
        Form::Json(set) => set(draft, documents::document(value)?),
        Form::Pem(set) => set(draft, documents::text_or_bytes(value)?),
        Form::Proxy(set) => match value.cast::<PyBool>() {
            Ok(flag) if flag.is_true() => return Err(PyTypeError::new_err("True names no proxy")),
            Ok(_) => set(draft, Proxy::Never),
            Err(_) => set(draft, Proxy::At(value.extract()?)),
        },
        Form::Backoff { set, .. } => set(draft, value.cast::<Backoff>()?.get().core),
        Form::Limits(set) => set(draft, value.cast::<Limits>()?.get().core),
        Form::Code if setting.name == "clock" => {
            let clock = value.cast::<Clock>()?.get().reader();
            draft.with(|builder| builder.clock(clock))
        }
        Form::Code => {
            let mut outcome = Ok(());
            let draft = draft.with(|builder| {
                let added =
                    constructor_callbacks::add(builder.clone(), setting.name, value, callbacks);
                added.unwrap_or_else(|error| {
                    outcome = Err(error);
                    builder
                })
            });
            outcome?;
            draft
        }
    })
}

//! The operation `read`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fh_client::{Attributes, Client, Detail, Feature};
use serde::Deserialize;
use serde_json::Value;

use super::attributes::{attributes, json, number_json, text};
use super::clients::AdapterClient;
use super::failure::{Outcome, adapter, caught};
use crate::case::Kind;
use crate::protocol::{Answers, Context, Read, ReadAnswer};

/// The members of `read`.
#[derive(Deserialize)]
pub(super) struct Reads {
    reads: Vec<Read>,
}

/// A feature as the client without a context or a context reads it.
pub(super) struct Reader {
    client: Client,
    attributes: Option<Arc<Attributes>>,
    feature: Feature,
    kind: Kind,
}

impl Reader {
    /// Returns the reader of a feature.
    ///
    /// # Errors
    /// If `kind` is not the name of a getter.
    pub(super) fn new(
        client: &Client,
        feature: &str,
        kind: &str,
        context: Option<&Context>,
    ) -> Outcome<Self> {
        let kind = Kind::named(kind)
            .ok_or_else(|| adapter(format_args!("{kind:?} is not the name of a getter")))?;
        let attributes = context.map(attributes);
        let feature = match &attributes {
            Some(attributes) => client.context_of(Arc::clone(attributes)).feature(feature),
            None => client.feature(feature),
        };
        Ok(Self { client: client.clone(), attributes, feature, kind })
    }

    /// Reads the feature with its typed getter, which counts as one use. Numbers keep their decimals.
    fn getter(&self, default: Option<&Value>) -> Typed {
        let feature = &self.feature;
        let value = match (self.kind, default) {
            (Kind::Boolean, Some(Value::Bool(default))) => {
                Some(Typed::of(feature.boolean_or(*default).into()))
            }
            (Kind::Boolean, _) => feature.boolean().map(|value| Typed::of(value.into())),
            (Kind::String, Some(Value::String(default))) => {
                Some(Typed::of(feature.string_or(default).as_ref().into()))
            }
            (Kind::String, _) => feature.string().map(|value| Typed::of(value.as_ref().into())),
            (Kind::Number, _) => feature.decimal().map(|value| Typed {
                value: number_json(value.as_str()),
                text: Some(value.as_str().to_owned()),
            }),
            (Kind::Json, _) => feature.raw_json().map(|value| Typed::of(value.as_ref().into())),
        };
        value.unwrap_or_else(|| Typed::of(default.cloned().unwrap_or_default()))
    }

    /// Reads the feature with its reason and all data, which counts as one use.
    fn detail(&self) -> Outcome<Detail> {
        let key = self.feature.key();
        let kind = fh_client::Kind::from_wire(self.kind.name())
            .ok_or_else(|| adapter("the client has no such type"))?;
        Ok(match &self.attributes {
            Some(attributes) => self.client.context_of(Arc::clone(attributes)).detail_as(key, kind),
            None => self.client.detail_as(key, kind),
        })
    }

    /// Returns the value that the typed getter returns.
    pub(super) fn value(&self) -> Value {
        self.getter(None).value
    }

    /// Reads the feature and returns all that the client tells. Without a usage listener, the typed getter and the detail must agree.
    fn read(&self, default: Option<&Value>, counts: Counts) -> Outcome<ReadAnswer> {
        let before = self.client.snapshot().generation();
        let getter = (counts == Counts::Any).then(|| self.getter(default));
        let detail = self.detail()?;
        let of_detail = Typed::of_detail(&detail, default);
        let error = match getter {
            Some(getter) if getter != of_detail && detail.generation == before => Some(format!(
                "the getter returned {:?} and the detail {:?}",
                getter.text, of_detail.text
            )),
            _ => None,
        };
        Ok(ReadAnswer {
            value: of_detail.value,
            text: of_detail.text,
            is_set: Some(self.feature.is_set()),
            exists: Some(detail.exists),
            locked: Some(detail.is_locked),
            version: detail.exists.then_some(detail.version),
            kind: detail.kind.map(|kind| kind.to_string()),
            strategy_id: detail.strategy_id.as_deref().map(str::to_owned),
            reason: Some(detail.reason.to_string()),
            properties: detail.exists.then(|| detail.properties().into_iter().collect()),
            error,
            ..ReadAnswer::default()
        })
    }
}

/// The number of uses that one read may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Exactly one.
    Once,
    /// Any number, because nothing reports uses.
    Any,
}

/// The value of a getter as JSON and as text.
#[derive(PartialEq)]
struct Typed {
    value: Value,
    text: Option<String>,
}

impl Typed {
    fn of(value: Value) -> Self {
        let text = text(&value);
        Self { value, text }
    }

    fn of_detail(detail: &Detail, default: Option<&Value>) -> Self {
        match &detail.value {
            Some(value) => Self { value: json(value), text: Some(value.to_string()) },
            None => Self::of(default.cloned().unwrap_or_default()),
        }
    }
}

/// Performs reads in order.
///
/// # Errors
/// If a read names no getter.
pub(super) fn read(client: &AdapterClient, reads: &Reads) -> Outcome<Answers> {
    let reports_usage = client.reports_usage.load(Ordering::Acquire);
    let counts = if reports_usage { Counts::Once } else { Counts::Any };
    let answer = |read: &Read| {
        let reader = Reader::new(&client.client, &read.feature, &read.kind, read.context.as_ref())?;
        caught(|| reader.read(read.default.as_ref(), counts)).unwrap_or_else(|panic| {
            let value = read.default.clone().unwrap_or_default();
            Ok(ReadAnswer { value, error: Some(panic), ..ReadAnswer::default() })
        })
    };
    Ok(Answers { answers: reads.reads.iter().map(answer).collect::<Outcome<_>>()? })
}

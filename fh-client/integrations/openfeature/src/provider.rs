//! The OpenFeature provider.

use std::time::Duration;

use async_trait::async_trait;
use fh_client::{
    Client, ContextPool, ContextPoolError, Detail, Kind, Problem, Readiness, Reason, System, Value,
};
use open_feature::provider::{
    FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails,
};
use open_feature::{
    EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationReason, EvaluationResult,
    FlagMetadata, StructValue,
};

use crate::context::converted;
use crate::structure::structure;
use crate::warnings::FieldWarnings;

/// An OpenFeature provider that reads features from a FeatureHub client.
///
/// The program can use the client directly as well. Dropping the provider closes the client only if the provider holds the
/// client's last handle.
#[derive(Debug)]
pub struct FeatureHubProvider {
    client: Client,
    /// The pool of evaluation contexts, which has no effect while the client evaluates itself.
    pool: Option<ContextPool>,
    metadata: ProviderMetadata,
    patience: Duration,
    warnings: FieldWarnings,
}

/// The default maximum time that `initialize` waits for features.
const PATIENCE: Duration = Duration::from_secs(10);

impl FeatureHubProvider {
    /// Returns a provider that reads from a started client. If a server of FeatureSignals evaluates, the evaluation contexts are those of a new
    /// [pool](ContextPool) with [`ContextPool::DEFAULT_LIMIT`] contexts.
    #[must_use]
    pub fn new(client: Client) -> Self {
        let system = client.system();
        let is_pooled = system == System::FeatureSignals;
        let pool = is_pooled.then(|| client.context_pool(ContextPool::DEFAULT_LIMIT));
        let metadata = ProviderMetadata::new(system.as_str());
        Self { client, pool, metadata, patience: PATIENCE, warnings: FieldWarnings::default() }
    }

    /// Sets the name of the provider. The default is that of the client's system: `featurehub`, `featbit` or `featuresignals`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.metadata = ProviderMetadata::new(name);
        self
    }

    /// Sets the pool whose contexts are the evaluation contexts while a server evaluates. Each evaluation then waits until the server has
    /// evaluated the context, which takes no request if the pool holds the context. The pool must be one of the provider's client. Without a
    /// pool, a client with a server-evaluated key of FeatureHub answers only for the context that was given to the client with `set_context`.
    #[must_use]
    pub fn context_pool(mut self, pool: ContextPool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Sets the maximum time that `initialize` waits for features. The default is 10 seconds. The wait ends earlier if the
    /// Edge refuses the client, or if the client stops or is closed. Afterwards the provider can be used even if the client
    /// is not ready. Reads of a client without features return the error `PROVIDER_NOT_READY`, unless an interceptor
    /// overrides the feature.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Returns the client that this provider reads from.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Reads a feature as type `kind`. Returns an OpenFeature error if the read has no value of this type.
    async fn detail(
        &self,
        key: &str,
        context: &EvaluationContext,
        kind: Kind,
    ) -> EvaluationResult<Detail> {
        let context = converted(&self.client, context, &self.warnings);
        let detail = match &self.pool {
            // If the server evaluates, an evaluation context without attributes reads the values of the context that was given to
            // the client with `set_context`.
            _ if context.attributes().is_empty() && self.evaluates_elsewhere() => {
                self.client.detail_as(key, kind)
            }
            Some(pool) if self.evaluates_elsewhere() => {
                let pooled = pool.get(&context).await.map_err(|why| lacking(&why))?;
                pooled.detail_as(key, kind)
            }
            _ => context.detail_as(key, kind),
        };
        match detail.reason {
            Reason::NotFound => {
                Err(error(EvaluationErrorCode::FlagNotFound, "the feature does not exist"))
            }
            Reason::NotSet => {
                Err(error(EvaluationErrorCode::FlagNotFound, "the feature has no value"))
            }
            Reason::TypeMismatch => {
                let found = detail.kind.map_or("unknown", Kind::as_str);
                Err(error(
                    EvaluationErrorCode::TypeMismatch,
                    &format!("the type of the feature is {found}"),
                ))
            }
            Reason::Malformed if context.attributes().get(System::FeatBit.user_key()).is_none() => {
                Err(error(
                    EvaluationErrorCode::TargetingKeyMissing,
                    "a flag of FeatBit needs the key of a user: set the targeting key",
                ))
            }
            Reason::Malformed => {
                let why = "the flag is malformed for this user: `Client::diagnostics` may say why";
                Err(error(EvaluationErrorCode::General("malformed flag".to_string()), why))
            }
            Reason::OtherContext => Err(error(
                EvaluationErrorCode::InvalidContext,
                "the API key is server-evaluated, and this context was not given to the client with \
                 `set_context`",
            )),
            Reason::NotReady => {
                Err(error(EvaluationErrorCode::ProviderNotReady, "the client has no features yet"))
            }
            _ => Ok(detail),
        }
    }

    fn evaluates_elsewhere(&self) -> bool {
        self.client.key_kind() == fh_client::KeyKind::ServerEvaluated
    }
}

fn error(code: EvaluationErrorCode, message: &str) -> EvaluationError {
    EvaluationError::builder().code(code).message(message).build()
}

/// Returns the error of a context for which a pool has no values.
fn lacking(why: &ContextPoolError) -> EvaluationError {
    let code = match why {
        ContextPoolError::Edge(Problem::Context(_) | Problem::EmptyKey) => {
            EvaluationErrorCode::InvalidContext
        }
        _ => EvaluationErrorCode::ProviderNotReady,
    };
    error(code, &why.to_string())
}

fn mismatch(message: &str) -> EvaluationError {
    error(EvaluationErrorCode::TypeMismatch, message)
}

/// Returns the resolution details for OpenFeature: the value with its reason, variant and metadata.
fn resolved<T>(detail: &Detail, value: T) -> ResolutionDetails<T> {
    let reason = match detail.reason {
        Reason::StrategyMatch => EvaluationReason::TargetingMatch,
        Reason::Split | Reason::Variant => EvaluationReason::Split,
        Reason::Default => EvaluationReason::Default,
        Reason::Static => EvaluationReason::Static,
        Reason::Off | Reason::Excluded | Reason::PrerequisiteFailed => EvaluationReason::Disabled,
        Reason::Target => EvaluationReason::TargetingMatch,
        Reason::Intercepted => EvaluationReason::Other("OVERRIDE".to_string()),
        _ => EvaluationReason::Unknown,
    };
    let variant = detail.strategy_id.as_deref().unwrap_or("default").to_string();
    let mut metadata = FlagMetadata::default();
    if detail.exists {
        metadata.add_value("version", detail.version);
        metadata.add_value("locked", detail.is_locked);
    }
    let texts = [
        ("featureId", detail.id.as_deref()),
        ("environmentId", detail.environment.as_deref()),
        ("strategyId", detail.strategy_id.as_deref()),
        ("overriddenBy", detail.interceptor.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            metadata.add_value(name, text);
        }
    }
    for (name, value) in detail.properties() {
        metadata.add_value(format!("property.{name}"), value);
    }
    ResolutionDetails {
        value,
        variant: Some(variant),
        reason: Some(reason),
        flag_metadata: Some(metadata),
    }
}

#[async_trait]
impl FeatureProvider for FeatureHubProvider {
    async fn initialize(&mut self, _context: &EvaluationContext) {
        let client = self.client.clone();
        let patience = self.patience;
        // The wait runs on a thread of its own, because the client may run on this runtime. The outcome of the wait is not used: each read
        // reports whether the client has features.
        let (done, waited) = tokio::sync::oneshot::channel();
        let waiting = std::thread::Builder::new().name("fh-openfeature".to_string());
        let spawned = waiting.spawn(move || {
            let outcome = client.wait_ready(patience);
            let _ = done.send(outcome);
        });
        if spawned.is_ok() {
            let _ = waited.await;
        }
    }

    fn status(&self) -> ProviderStatus {
        match self.client.readiness() {
            Readiness::Ready if self.client.status().is_stale => ProviderStatus::STALE,
            Readiness::Ready => ProviderStatus::Ready,
            Readiness::NotReady => ProviderStatus::NotReady,
            _ => ProviderStatus::Error,
        }
    }

    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        let detail = self.detail(flag_key, evaluation_context, Kind::Boolean).await?;
        match detail.value {
            Some(Value::Bool(value)) => Ok(resolved(&detail, value)),
            _ => Err(mismatch("the value is not a boolean")),
        }
    }

    async fn resolve_int_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        let detail = self.detail(flag_key, evaluation_context, Kind::Number).await?;
        match &detail.value {
            Some(Value::Number(number)) => match number.as_i64() {
                Some(whole) => Ok(resolved(&detail, whole)),
                None => Err(mismatch(
                    "the number is not an integer, or is too large for an exact conversion",
                )),
            },
            _ => Err(mismatch("the value is not a number")),
        }
    }

    async fn resolve_float_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        let detail = self.detail(flag_key, evaluation_context, Kind::Number).await?;
        match &detail.value {
            Some(Value::Number(number)) => Ok(resolved(&detail, number.as_f64())),
            _ => Err(mismatch("the value is not a number")),
        }
    }

    async fn resolve_string_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        let detail = self.detail(flag_key, evaluation_context, Kind::String).await?;
        match &detail.value {
            Some(Value::Text(text)) => Ok(resolved(&detail, text.to_string())),
            _ => Err(mismatch("the value is not a text")),
        }
    }

    async fn resolve_struct_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        let detail = self.detail(flag_key, evaluation_context, Kind::Json).await?;
        let Some(Value::Json(text)) = &detail.value else {
            return Err(mismatch("the value is not JSON"));
        };
        let document: serde_json::Value = serde_json::from_str(text)
            .map_err(|why| error(EvaluationErrorCode::ParseError, &why.to_string()))?;
        match structure(document) {
            Some(structure) => Ok(resolved(&detail, structure)),
            None => Err(mismatch("the JSON value is not an object")),
        }
    }
}

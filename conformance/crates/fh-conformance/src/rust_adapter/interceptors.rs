//! The operation `intercept`.

use std::panic::resume_unwind;
use std::sync::Arc;

use fh_client::{Flow, InterceptedRead, Interceptor, LockPolicy, Value};

use super::attributes::feature_value;
use super::clients::AdapterClient;
use super::output;
use crate::protocol::{Event, Intercept};

/// An interceptor of the runner.
struct RunnerInterceptor {
    client: String,
    name: String,
    feature: Option<String>,
    answer: InterceptorAnswer,
}

/// The answer of an interceptor to each read that it intercepts.
enum InterceptorAnswer {
    /// The interceptor panics.
    Throw,
    /// The interceptor gives this value.
    Value(Value),
    /// The interceptor gives no value.
    Nothing,
}

impl Interceptor for RunnerInterceptor {
    fn name(&self) -> &str {
        &self.name
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        if self.feature.as_ref().is_some_and(|feature| feature != ask.key) {
            return Flow::Continue;
        }
        match &self.answer {
            InterceptorAnswer::Throw => {
                resume_unwind(Box::new(format!("the interceptor {} throws", self.name)))
            }
            InterceptorAnswer::Value(value) => Flow::Override(Some(value.clone())),
            InterceptorAnswer::Nothing => Flow::Continue,
        }
    }

    fn close(&self) {
        let (client, interceptor) = (self.client.clone(), self.name.clone());
        output::event(&Event::Closed { client, interceptor });
    }
}

/// Adds an interceptor.
pub(super) fn intercept(client: &AdapterClient, command: Intercept) {
    let value = command.value.as_ref().and_then(feature_value);
    let answer = match value {
        _ if command.throw => InterceptorAnswer::Throw,
        Some(value) => InterceptorAnswer::Value(value),
        None => InterceptorAnswer::Nothing,
    };
    let locks = if command.even_locked { LockPolicy::Override } else { LockPolicy::Respect };
    let interceptor = Arc::new(RunnerInterceptor {
        client: client.name.clone(),
        name: command.interceptor.clone(),
        feature: command.feature,
        answer,
    });
    client.interceptors.add(&command.interceptor, || client.client.intercept(interceptor, locks));
}

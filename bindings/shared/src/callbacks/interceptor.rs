//! Interceptors whose decisions a function of the program makes, within the read.

use fh_client::{Failed, Flow, InterceptedRead, Interceptor, Value};

use super::call::{Call, Callback};

/// A function of the program that can decide about reads, on the thread of the read.
pub trait Decides: Callback {
    /// Calls the function. It answers with nothing for the next interceptor, or with a value or null.
    ///
    /// # Errors
    /// [`Failed`] if the function failed.
    fn decide(&self, read: &InterceptedRead<'_>) -> Result<Option<Option<Value>>, Failed>;
}

/// An interceptor whose decisions a function makes. It is called with [`Event::Closed`](super::Event::Closed) after its end.
pub struct FunctionInterceptor<F> {
    name: String,
    call: Call<F>,
}

impl<F> FunctionInterceptor<F> {
    /// Returns an interceptor with this name.
    pub const fn new(name: String, call: Call<F>) -> Self {
        Self { name, call }
    }
}

impl<F: Decides> Interceptor for FunctionInterceptor<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        self.try_intercept(read).unwrap_or(Flow::Continue)
    }

    fn try_intercept(&self, read: &InterceptedRead<'_>) -> Result<Flow, Failed> {
        let Some(target) = self.call.target() else { return Ok(Flow::Continue) };
        let decision = target.function().decide(read)?;
        Ok(decision.map_or(Flow::Continue, Flow::Override))
    }

    fn close(&self) {
        self.call.post_closed();
    }
}

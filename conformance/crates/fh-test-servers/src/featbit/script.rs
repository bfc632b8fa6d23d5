//! Scripted answers to plain requests.

use std::collections::VecDeque;
use std::time::Duration;

use crate::server::milliseconds;
use serde::Deserialize;

/// The endpoints that a test can script.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Route {
    /// `GET /api/public/sdk/server/latest-all`.
    LatestAll,
    /// `POST /api/public/insight/track`.
    Track,
    /// `GET /health/liveness`.
    Liveness,
}

/// A scripted answer. After the scripted answers of a route, the server answers correctly again.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ScriptedAnswer {
    /// The correct answer.
    Correct,
    /// This status, with `Retry-After` in seconds, and without a body.
    Status {
        /// The status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Status 200 and this JSON.
    Json(String),
    /// The correct answer after this time.
    Delayed(#[serde(deserialize_with = "milliseconds")] Duration),
    /// No answer, on an open connection.
    Hang,
    /// The connection is reset.
    Reset,
}

impl ScriptedAnswer {
    /// Returns an answer with a status alone.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Scripts {
    latest_all: VecDeque<ScriptedAnswer>,
    track: VecDeque<ScriptedAnswer>,
    liveness: VecDeque<ScriptedAnswer>,
}

impl Scripts {
    fn of(&mut self, route: Route) -> &mut VecDeque<ScriptedAnswer> {
        match route {
            Route::LatestAll => &mut self.latest_all,
            Route::Track => &mut self.track,
            Route::Liveness => &mut self.liveness,
        }
    }

    pub(crate) fn add(&mut self, route: Route, answers: impl IntoIterator<Item = ScriptedAnswer>) {
        self.of(route).extend(answers);
    }

    pub(crate) fn next(&mut self, route: Route) -> ScriptedAnswer {
        self.of(route).pop_front().unwrap_or(ScriptedAnswer::Correct)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

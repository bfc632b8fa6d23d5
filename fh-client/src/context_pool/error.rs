//! Errors of a pool of contexts.

use std::fmt;

use fh_repository::problem::Problem;

use crate::start_error::StartError;

/// The reason why [`ContextPool::get`](crate::ContextPool::get) returned no context.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ContextPoolError {
    /// The pool got no evaluated features for the context. The variant holds the reason.
    Edge(Problem),
    /// A client for the context, or its thread, could not be started. The variant holds the reason.
    Start(StartError),
}

impl fmt::Display for ContextPoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edge(problem) => problem.fmt(f),
            Self::Start(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ContextPoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(match self {
            Self::Edge(problem) => problem,
            Self::Start(error) => error,
        })
    }
}

impl From<Problem> for ContextPoolError {
    fn from(problem: Problem) -> Self {
        Self::Edge(problem)
    }
}

impl From<StartError> for ContextPoolError {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

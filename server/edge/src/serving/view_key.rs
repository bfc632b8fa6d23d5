//! The properties by which the views of an environment differ.

use std::collections::BTreeSet;

use fh_client::KeyKind;

/// The amount of data that a view shows of each feature. With [`Self::Extended`], features show their properties, which requires the
/// permission `EXTENDED_DATA`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Detail {
    Plain,
    Extended,
}

/// The program that evaluates the features for the clients with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum EvaluatedBy {
    /// The client evaluates, so it receives the strategies.
    Reader,
    /// This Edge evaluates the features for the context of each request.
    Here,
    /// The upstream Edge has evaluated the features for the one context of this cell.
    Upstream,
}

/// The properties that identify a view within an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ViewKey {
    pub(crate) evaluated_by: EvaluatedBy,
    pub(crate) detail: Detail,
    /// The filters of the account. If the account has no filters, all features that are not retired are visible.
    pub(crate) filters: BTreeSet<String>,
}

impl ViewKey {
    /// Returns the kind of the API keys that have this view.
    pub(crate) fn kind(&self) -> KeyKind {
        match self.evaluated_by {
            EvaluatedBy::Reader => KeyKind::ClientEvaluated,
            EvaluatedBy::Here | EvaluatedBy::Upstream => KeyKind::ServerEvaluated,
        }
    }

    /// Returns true if the view's content is the same for every evaluation context.
    pub(crate) fn is_shared(&self) -> bool {
        self.evaluated_by != EvaluatedBy::Here
    }
}

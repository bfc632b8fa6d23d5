//! The reasons why a PUT is refused.

/// The reason why a PUT is refused. Each reason has its own response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body is not an object of the expected form.
    Unreadable,
    /// There is no such environment or feature, or the filters of the API key's account hide the feature.
    NotFound,
    NoWriteRoles,
    MayNotLock,
    MayNotUnlock,
    NothingToDo,
    MayNotChange,
    Locked,
    NotABoolean,
    BooleanNull,
    NotANumber,
    InvalidJson,
}

impl Refusal {
    /// Returns the status and the body of the response to the refused PUT.
    pub(crate) const fn answer(self) -> (u16, &'static str) {
        match self {
            Self::Unreadable => {
                (400, "the body is not a JSON object with value, updateValue and lock")
            }
            Self::NotFound => (404, "there is no such feature, or the API key may not read it"),
            Self::NoWriteRoles => (403, "no write roles"),
            Self::MayNotLock => (403, "feature locked"),
            Self::MayNotUnlock => (403, "feature locked, no permission to unlock"),
            Self::NothingToDo => (400, "lock and updateValue null, nothing to do"),
            Self::MayNotChange => (403, "API Key has no change_value permission"),
            Self::Locked => (412, "it is locked, cannot change value without also unlocking"),
            Self::NotABoolean => (400, "flag value must be true or false"),
            Self::BooleanNull => (412, "cannot set flag value to null"),
            Self::NotANumber => (400, "Attempting to update NUMBER value with non-NUMBER"),
            Self::InvalidJson => (400, "Attempting to update JSON value to non-json"),
        }
    }
}

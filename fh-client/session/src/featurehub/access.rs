//! The access that an Edge has given to a client, or refused.

/// The record of a client's access: a list of features that the Edge has sent or confirmed, a refusal, both, or neither. Later events may
/// remove parts of the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Access {
    /// Neither a list of features nor a refusal is recorded.
    #[default]
    Unknown,
    /// A refusal is recorded, but no list of features. A response without an environment of the client's API keys counts as a refusal.
    Refused,
    /// A list of features is recorded, which the Edge has sent or confirmed. Later refusals other than `failure` events have no effect.
    Granted,
    /// A list of features and a later `failure` event are recorded.
    Revoked,
}

impl Access {
    /// Returns true if the record holds that the Edge has sent or confirmed a list of features.
    pub(super) const fn had_contact(self) -> bool {
        matches!(self, Self::Granted | Self::Revoked)
    }

    /// Returns true if the record holds that the Edge has refused the client, or has sent no environment for the client's API keys.
    pub(super) const fn is_refused(self) -> bool {
        matches!(self, Self::Refused | Self::Revoked)
    }

    /// Records that the Edge has refused the client. The record does not change if it holds a list of features, because an Edge may refuse
    /// clients during its own outages.
    pub(super) const fn refuse(&mut self) {
        if let Self::Unknown = self {
            *self = Self::Refused;
        }
    }

    /// Records a `failure` event, which is a refusal even if the Edge has sent a list of features before.
    pub(super) const fn revoke(&mut self) {
        *self = if self.had_contact() { Self::Revoked } else { Self::Refused };
    }

    /// Removes a refusal from the record, but not a list that the Edge has sent or confirmed.
    pub(super) const fn forget_refusal(&mut self) {
        *self = if self.had_contact() { Self::Granted } else { Self::Unknown };
    }
}

#[cfg(test)]
mod tests {
    use super::Access::{self, Granted, Refused, Revoked, Unknown};

    #[test]
    fn a_refusal_counts_before_the_first_list_and_a_failure_event_always() {
        let after = |mut access: Access, change: fn(&mut Access)| {
            change(&mut access);
            access
        };
        let all = [Unknown, Refused, Granted, Revoked];
        for (change, expected) in [
            (Access::refuse as fn(&mut Access), [Refused, Refused, Granted, Revoked]),
            (Access::revoke, [Refused, Refused, Revoked, Revoked]),
            (Access::forget_refusal, [Unknown, Unknown, Granted, Granted]),
        ] {
            assert_eq!(all.map(|access| after(access, change)), expected);
        }
    }
}

//! Features of an Edge as somebody sees them.

use std::sync::Arc;

use fh_eval::{Attributes, FeatureRef, Subject};
use fh_session::{Detail, Snapshot};

use crate::clock;
use crate::screen::{GOOD, PLAIN, QUIET, WARNING};
use crate::shown;
use crate::table::{Align, Table};

/// One feature.
pub(crate) struct Reading<'a> {
    pub(crate) feature: FeatureRef<'a>,
    pub(crate) detail: Detail,
    /// The value as it stands in the payload.
    pub(crate) token: Option<&'a str>,
    /// The strategy that decided: its id, or its position.
    pub(crate) strategy: Option<String>,
}

impl<'a> Reading<'a> {
    pub(crate) fn key(&self) -> &'a str {
        self.feature.key()
    }

    /// Did a strategy decide?
    pub(crate) fn is_match(&self) -> bool {
        self.strategy.is_some()
    }

    /// The value for people.
    pub(crate) fn value(&self) -> String {
        shown::value(self.feature.kind(), self.token)
    }
}

/// All features of a state, in the payload's order. Counts as a use of none of them.
pub(crate) fn readings<'a>(snapshot: &'a Snapshot, who: &'a Arc<Attributes>) -> Vec<Reading<'a>> {
    let rules = snapshot.rules();
    let now = clock::now();
    let subject = match rules.evaluated_for() {
        // The Edge has evaluated.
        Some(_) => Subject::nobody(now),
        None => Subject::new(who, now),
    };
    let read = |feature: FeatureRef<'a>| {
        let detail = snapshot.peek(feature.key(), Some(who));
        let evaluation = feature.evaluate(&subject);
        let position = evaluation.strategy_position().map(|position| format!("#{}", position + 1));
        let strategy = detail.strategy_id.as_deref().map(str::to_string).or(position);
        Reading { feature, token: feature.value_token(&evaluation), strategy, detail }
    };
    rules.ruleset().iter().map(read).collect()
}

/// Values with why, as `fh eval` shows them.
pub(crate) fn table<'a>(readings: impl Iterator<Item = &'a Reading<'a>>) -> Table {
    let mut table = Table::new([
        ("FEATURE", Align::Left),
        ("WHY", Align::Left),
        ("STRATEGY", Align::Left),
        ("VALUE", Align::Left),
    ]);
    for reading in readings {
        let style = match (reading.token, reading.is_match()) {
            (None, _) => WARNING,
            (Some(_), true) => GOOD,
            (Some(_), false) => PLAIN,
        };
        table.row([
            (reading.key().to_string(), PLAIN),
            (reading.detail.reason.to_string(), QUIET),
            (reading.strategy.clone().unwrap_or_default(), PLAIN),
            (reading.value(), style),
        ]);
    }
    table
}

//! Ids whose value differs between the two sides of a comparison.

use std::io;

use fh_eval::{Evaluation, FeatureRef};
use serde::Serialize;

use super::counts::VALUE_COLUMNS;
use crate::json_output;
use crate::sanitize::{self, count, percent};
use crate::screen::{BOLD, PLAIN, QUIET, Screen};
use crate::table::{Align, Table};

/// The number of example ids that are shown for each pair of different values.
const EXAMPLES: usize = 2;

/// The ids whose value differs between the two sides, counted for each pair of values.
pub(crate) struct Comparison {
    with: String,
    list: bool,
    changed: u64,
    moves: Vec<Move>,
}

/// The value on one side of a comparison.
#[derive(PartialEq)]
pub(crate) struct End {
    pub(crate) shown: String,
    pub(crate) token: Option<String>,
}

impl End {
    /// Returns the value that an evaluation gives to a feature.
    pub(crate) fn of(feature: FeatureRef<'_>, evaluation: &Evaluation<'_>) -> Self {
        let token = feature.value_token(evaluation);
        Self { shown: sanitize::value(feature.kind(), token), token: token.map(str::to_string) }
    }
}

impl Serialize for End {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json_output::token(self.token.as_deref()).serialize(serializer)
    }
}

#[derive(Serialize)]
struct Move {
    from: End,
    to: End,
    people: u64,
    ids: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct ComparisonReport<'a> {
    with: &'a str,
    changed: u64,
    share: f64,
    /// The pairs of different values. Each entry's `ids` are at most [`EXAMPLES`] ids, or all ids of the pair with `--list`.
    moves: &'a [Move],
}

impl Comparison {
    pub(crate) fn new(with: String, list: bool) -> Self {
        Self { with, list, changed: 0, moves: Vec::new() }
    }

    /// Counts an id whose value differs between the two sides.
    pub(crate) fn add(&mut self, id: &str, from: End, to: End) {
        self.changed += 1;
        let known = self.moves.iter().position(|known| known.from == from && known.to == to);
        let at = known.unwrap_or_else(|| {
            self.moves.push(Move { from, to, people: 0, ids: Vec::new() });
            self.moves.len() - 1
        });
        if let Some(known) = self.moves.get_mut(at) {
            known.people += 1;
            if self.list || known.ids.len() < EXAMPLES {
                known.ids.push(id.to_string());
            }
        }
    }

    pub(super) fn report(&self, people: u64) -> ComparisonReport<'_> {
        ComparisonReport {
            with: &self.with,
            changed: self.changed,
            share: self.changed as f64 / people.max(1) as f64,
            moves: &self.moves,
        }
    }

    pub(crate) fn write(&mut self, screen: &mut Screen<'_>, people: u64) -> io::Result<()> {
        let share = |part: u64| percent(part as f64 / people.max(1) as f64);
        screen.end()?;
        let summary = match self.changed {
            0 => format!("Compared with {}, no value would change.", self.with),
            changed => format!(
                "Compared with {}, {} of {} ({}) would get another value:",
                self.with,
                count(changed),
                count(people),
                share(changed)
            ),
        };
        screen.paragraph(BOLD, "", &summary)?;
        if self.changed == 0 {
            return Ok(());
        }
        screen.end()?;
        self.moves.sort_by_key(|each| std::cmp::Reverse(each.people));
        let mut table = Table::new([
            ("FROM", Align::Left),
            ("TO", Align::Left),
            ("PEOPLE", Align::Right),
            ("SHARE", Align::Right),
            (if self.list { "" } else { "FOR EXAMPLE" }, Align::Left),
        ]);
        for each in &self.moves {
            let examples = if self.list { String::new() } else { each.ids.join(", ") };
            table.row([
                (sanitize::cut(&each.from.shown, VALUE_COLUMNS).into_owned(), PLAIN),
                (sanitize::cut(&each.to.shown, VALUE_COLUMNS).into_owned(), PLAIN),
                (count(each.people), PLAIN),
                (share(each.people), PLAIN),
                (examples, QUIET),
            ]);
        }
        table.write(screen, 0)?;
        if self.list {
            for each in &self.moves {
                screen.end()?;
                screen.line(BOLD, &format!("{} → {}", each.from.shown, each.to.shown))?;
                for id in &each.ids {
                    screen.line(PLAIN, &format!("  {id}"))?;
                }
            }
        }
        Ok(())
    }
}

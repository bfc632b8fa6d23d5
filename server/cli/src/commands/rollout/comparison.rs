//! Ids whose value differs between the two sides of a comparison.

use std::collections::BTreeSet;
use std::io;

use fh_eval::internal::wire::name;
use fh_eval::{Evaluation, FeatureRef};
use serde::Serialize;
use serde_json::Value;

use crate::json_output;
use crate::sanitize::{self, count, percent};
use crate::screen::{BOLD, PLAIN, QUIET, Screen};
use crate::table::{Align, Table};

/// The number of example ids that are shown for each pair of different values.
const EXAMPLES: usize = 2;
/// The largest width of a value in the tables, in columns. Longer values are cut.
pub(super) const VALUE_COLUMNS: usize = 24;

/// The ids whose value differs between the two sides, counted for each pair of values.
pub(crate) struct Comparison {
    with: String,
    list: bool,
    /// The ids that get another value for certain.
    changed: u64,
    moves: Vec<Move>,
    /// The ids whose values are decided by percentages that hash an unknown id.
    undecided: u64,
    shares: Vec<Share>,
    /// The attributes that changed rules read, and that no id has.
    missing: BTreeSet<String>,
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

/// The number of undecided ids with a value, on both sides. The numbers are correct as shares only.
#[derive(Serialize)]
struct Share {
    value: End,
    here: u64,
    there: u64,
}

#[derive(Serialize)]
pub(super) struct ComparisonReport<'a> {
    with: &'a str,
    /// True if it is known of every id whether its value differs.
    exact: bool,
    undecided: u64,
    #[serde(skip_serializing_if = "<[Share]>::is_empty")]
    shares: &'a [Share],
    changed: u64,
    share: f64,
    #[serde(rename = "missingAttributes", skip_serializing_if = "BTreeSet::is_empty")]
    missing: &'a BTreeSet<String>,
    /// The pairs of different values. Each entry's `ids` are at most [`EXAMPLES`] ids, or all ids of the pair with `--list`.
    moves: &'a [Move],
}

impl Comparison {
    /// Returns a comparison without ids. `missing` are the attributes of [`missing_attributes`].
    pub(crate) fn new(with: String, list: bool, missing: BTreeSet<String>) -> Self {
        let (moves, shares) = (Vec::new(), Vec::new());
        Self { with, list, changed: 0, moves, undecided: 0, shares, missing }
    }

    /// Counts an id of which it is not known whether its value differs, because a percentage that hashes an unknown id decides.
    pub(crate) fn add_guess(&mut self, here: End, there: End) {
        self.undecided += 1;
        self.add_share(Share { value: here, here: 1, there: 0 });
        self.add_share(Share { value: there, here: 0, there: 1 });
    }

    fn add_share(&mut self, share: Share) {
        match self.shares.iter_mut().find(|known| known.value == share.value) {
            Some(known) => {
                known.here += share.here;
                known.there += share.there;
            }
            None => self.shares.push(share),
        }
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
            exact: self.undecided == 0,
            undecided: self.undecided,
            shares: &self.shares,
            changed: self.changed,
            share: self.changed as f64 / people.max(1) as f64,
            missing: &self.missing,
            moves: &self.moves,
        }
    }

    pub(crate) fn write(&mut self, screen: &mut Screen<'_>, people: u64) -> io::Result<()> {
        let share = |part: u64| percent(part as f64 / people.max(1) as f64);
        screen.end()?;
        if self.undecided > 0 {
            self.write_shares(screen, people)?;
            screen.end()?;
        }
        let summary = match self.changed {
            0 if self.undecided > 0 => "Rules give no other value to any of these ids.".to_string(),
            changed if self.undecided > 0 => format!(
                "By rules alone, {} of {} ({}) would get another value:",
                count(changed),
                count(people),
                share(changed)
            ),
            0 => format!(
                "Compared with {}, none of these {} ids gets another value.",
                self.with,
                count(people)
            ),
            changed => format!(
                "Compared with {}, {} of {} ({}) would get another value:",
                self.with,
                count(changed),
                count(people),
                share(changed)
            ),
        };
        screen.paragraph(BOLD, "", &summary)?;
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(String::as_str).collect();
            let text = format!(
                "Changed rules read attributes that no id has: {}. Users with these attributes may get another value; give them by -c NAME=VALUE.",
                names.join(", ")
            );
            screen.paragraph(PLAIN, "", &text)?;
        }
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

    /// Writes the shares of the undecided ids on both sides.
    fn write_shares(&self, screen: &mut Screen<'_>, people: u64) -> io::Result<()> {
        let summary = format!(
            "Compared with {}: percentages decide for {} of {}, and any of these ids may get another value. Their shares:",
            self.with,
            count(self.undecided),
            count(people)
        );
        screen.paragraph(BOLD, "", &summary)?;
        screen.end()?;
        let share = |part: u64| percent(part as f64 / self.undecided.max(1) as f64);
        let mut table =
            Table::new([("VALUE", Align::Left), ("HERE", Align::Right), ("THERE", Align::Right)]);
        for each in &self.shares {
            table.row([
                (sanitize::cut(&each.value.shown, VALUE_COLUMNS).into_owned(), PLAIN),
                (share(each.here), PLAIN),
                (share(each.there), PLAIN),
            ]);
        }
        table.write(screen, 0)
    }
}

/// Returns the attributes that the strategies of one side alone read, and that no id has. A strategy that changed is one of each side.
pub(super) fn missing_attributes(
    here: FeatureRef<'_>,
    there: FeatureRef<'_>,
    has: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let (here, there) = (strategies(here), strategies(there));
    let changed = |side: &[Value], other: &[Value]| -> Vec<Value> {
        side.iter().filter(|strategy| !other.contains(strategy)).cloned().collect()
    };
    let changed = changed(&here, &there).into_iter().chain(changed(&there, &here));
    let rules = changed.flat_map(|strategy| list(&strategy, name::RULES));
    let names = rules.filter_map(|rule| Some(rule.get(name::FIELD)?.as_str()?.to_string()));
    names.filter(|name| !has(name)).collect()
}

fn strategies(feature: FeatureRef<'_>) -> Vec<Value> {
    list(&serde_json::from_str(feature.json()).unwrap_or_default(), name::STRATEGIES)
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

//! The live display of a terminal.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use anstyle::Style;
use fh_client::Client;
use fh_eval::{Kind, Timestamp};

use super::change_tracker::{Event, ForeignUpdate, Observer};
use super::view::View;
use super::wording;
use crate::clock;
use crate::edge_query::EdgeQuery;
use crate::failure::Failure;
use crate::feature_table::Reading;
use crate::live_display::Live;
use crate::screen::{BOLD, PLAIN, QUIET, Screen, USUAL_WIDTH, WARNING};
use crate::table::{Align, Table};

/// The pause before most redraws of a terminal, so that simultaneous changes are shown together.
const SHORTEST_FRAME: Duration = Duration::from_millis(50);
/// The number of past events that are kept for the display.
const MOST_PAST: usize = 200;
/// The time for which a changed feature is highlighted.
const FRESH: Duration = Duration::from_secs(5);
/// The smallest width of the terminal, in columns, at which the table shows the type and the reason of features.
const WIDE: usize = 80;

/// The live display: a sequence of frames on the terminal's alternate screen.
pub(crate) struct Frames<'s, 'w> {
    live: Live<'s, 'w>,
    heading: String,
    is_catching: bool,
    past: VecDeque<Past>,
}

/// A past event, with its time and its text.
struct Past {
    at: Timestamp,
    since: Instant,
    key: Option<String>,
    text: String,
}

impl<'s, 'w> Frames<'s, 'w> {
    /// Starts the display. `heading` is shown at the top of each frame.
    pub(crate) fn start(
        screen: &'s mut Screen<'w>,
        heading: String,
        is_catching: bool,
    ) -> Result<Self, Failure> {
        Ok(Self { live: Live::start(screen)?, heading, is_catching, past: VecDeque::new() })
    }

    /// Restores the terminal, and writes the last frame to it.
    pub(crate) fn end(self) -> Result<(), Failure> {
        Ok(self.live.end()?)
    }

    fn remember(&mut self, at: Timestamp, key: Option<&str>, text: String) {
        if self.past.len() >= MOST_PAST {
            self.past.pop_back();
        }
        let key = key.map(str::to_string);
        self.past.push_front(Past { at, since: Instant::now(), key, text });
    }
}

impl View for Frames<'_, '_> {
    fn show(
        &mut self,
        client: &Client,
        observer: &Observer,
        news: ForeignUpdate,
    ) -> Result<(), Failure> {
        if let ForeignUpdate::Events(at, events) = news {
            for event in &events {
                self.remember(at, Some(Event::key(event)), wording::event(event));
            }
        }
        let status = client.status();
        let content = Content {
            heading: &self.heading,
            is_catching: self.is_catching,
            status: &status,
            observer,
            past: &self.past,
            is_fresh: &|past| past.since.elapsed() < FRESH,
        };
        Ok(self.live.draw(|screen, rows| content.write(screen, rows))?)
    }

    fn notice(&mut self, text: &str) -> Result<(), Failure> {
        self.remember(clock::now(), None, format!("note: {text}"));
        Ok(())
    }

    fn step(&mut self, text: &str) -> Result<(), Failure> {
        self.remember(clock::now(), None, text.to_string());
        Ok(())
    }

    fn pause(&self) -> Duration {
        SHORTEST_FRAME
    }

    fn suspend(&mut self) -> Result<(), Failure> {
        Ok(self.live.leave()?)
    }

    fn resume(&mut self) -> Result<(), Failure> {
        Ok(self.live.enter()?)
    }
}

/// Describes the server, the environments and the context. The text contains the environments of the API keys, but no secret.
pub(super) fn heading(asked: &EdgeQuery) -> String {
    let who: Vec<String> = asked
        .who
        .iter()
        .map(|(name, values)| format!("{name}={}", values.collect::<Vec<_>>().join(",")))
        .collect();
    let who = if who.is_empty() { String::new() } else { format!(" for {}", who.join(" ")) };
    format!("{}{who}", asked.server.heading())
}

/// The data from which one frame is drawn.
struct Content<'a> {
    heading: &'a str,
    is_catching: bool,
    status: &'a fh_client::Status,
    observer: &'a Observer,
    past: &'a VecDeque<Past>,
    is_fresh: &'a dyn Fn(&Past) -> bool,
}

impl Content<'_> {
    /// Writes the frame for a terminal with this number of rows.
    fn write(&self, screen: &mut Screen<'_>, rows: usize) -> io::Result<()> {
        let mut head = Vec::new();
        self.head(&mut screen.onto(&mut head, screen.width().unwrap_or(USUAL_WIDTH)))?;
        screen.raw().write_all(&head)?;
        let head = head.iter().filter(|byte| **byte == b'\n').count();
        let all = self.observer.features().len() + self.observer.missing().count();
        let rows = Rows::share(rows.saturating_sub(head), all, self.past.len());
        self.table(screen, rows.features).write(screen, 0)?;
        if all > rows.features {
            let more = all - rows.features;
            let text = format!("and {more} more: name features, or enlarge the terminal");
            screen.line(QUIET, &text)?;
        }
        if rows.past > 0 {
            screen.end()?;
        }
        for past in self.past.iter().take(rows.past) {
            let style = if (self.is_fresh)(past) { BOLD } else { PLAIN };
            screen.text(QUIET, &format!("{}  ", wording::clock(past.at)))?;
            screen.line(style, &crate::sanitize::cut(&past.text, room(screen)))?;
        }
        Ok(())
    }

    /// Writes the heading and the state of the connection.
    fn head(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(QUIET, "", self.heading)?;
        let ages = wording::ages(self.status);
        let joint = if ages.is_empty() { "" } else { ", " };
        let state = format!("{}{joint}{ages}", wording::state(self.status));
        screen.paragraph(wording::style(self.status), "", &state)?;
        if let Some(trouble) = wording::trouble(self.status) {
            let style = if self.status.problem.is_some() { WARNING } else { QUIET };
            screen.paragraph(style, "", &trouble)?;
        }
        if self.is_catching {
            let held = self.observer.held();
            let style = if held.is_empty() { QUIET } else { WARNING };
            screen.paragraph(style, "", &wording::held(held))?;
        }
        screen.end()
    }

    fn table(&self, screen: &Screen<'_>, rows: usize) -> Table {
        let features = self.observer.features();
        let is_wide = screen.width().is_none_or(|width| width >= WIDE);
        let has_text = |cell: Cell| features.iter().any(|seen| !cell(seen).0.is_empty());
        let is_shown = |title: &str, cell: Cell| match title {
            "FEATURE" | "VALUE" => true,
            "TYPE" | "REASON" => is_wide,
            _ => has_text(cell),
        };
        let columns = COLUMNS.into_iter().filter(|(title, _, cell)| is_shown(title, *cell));
        let columns: Vec<(&str, Align, Cell)> = columns.collect();
        let mut table = Table::new(columns.iter().map(|(title, align, _)| (*title, *align)));
        for seen in features.iter().take(rows) {
            let is_new = self.is_new(seen);
            table.row(columns.iter().map(|(title, _, cell)| match (cell(seen), *title) {
                ((text, style), "FEATURE" | "VALUE") if is_new => (text, style.bold()),
                (cell, _) => cell,
            }));
        }
        for key in self.observer.missing().take(rows.saturating_sub(features.len())) {
            table.row(columns.iter().map(|(title, ..)| match *title {
                "FEATURE" => (key.to_string(), PLAIN),
                "VALUE" => ("not there".to_string(), WARNING),
                _ => (String::new(), PLAIN),
            }));
        }
        table
    }

    fn is_new(&self, seen: &Reading) -> bool {
        self.past.iter().any(|past| past.key.as_ref() == Some(&seen.key) && (self.is_fresh)(past))
    }
}

/// The text and the style of a feature in a column.
type Cell = fn(&Reading) -> (String, Style);

/// The columns of the table of features.
const COLUMNS: [(&str, Align, Cell); 7] = [
    ("FEATURE", Align::Left, |seen| (seen.key.clone(), PLAIN)),
    ("TYPE", Align::Left, |seen| (seen.kind.map_or("?", Kind::as_str).to_string(), QUIET)),
    ("VALUE", Align::Left, |seen| (seen.shown_value(), seen.style(seen.strategy.is_some()))),
    ("LOCK", Align::Left, |seen| {
        let lock = if seen.is_locked { "locked" } else { "" };
        (lock.to_string(), WARNING)
    }),
    ("VERSION", Align::Right, |seen| {
        (seen.version.map(|version| version.to_string()).unwrap_or_default(), PLAIN)
    }),
    ("REASON", Align::Left, |seen| (seen.reason.to_string(), QUIET)),
    ("STRATEGY", Align::Left, |seen| (seen.strategy.clone().unwrap_or_default(), PLAIN)),
];

/// The distribution of rows between features and past events.
#[derive(Debug, PartialEq)]
struct Rows {
    features: usize,
    past: usize,
}

impl Rows {
    /// Distributes the rows below the heading. Features have priority, but if there are past events, up to a quarter of the
    /// rows is kept for them, and one row if a quarter is less and there is room. Past events also get the rows that features
    /// do not need. One row is for the titles, one row before the past events is blank, and one row shows how many features are
    /// left out, if any.
    fn share(rows: usize, features: usize, past: usize) -> Self {
        let left = rows.saturating_sub(1);
        let kept = past.min(left / 4).max(usize::from(past > 0));
        let for_features = left.saturating_sub(if kept > 0 { kept + 1 } else { 0 });
        let shown = if features > for_features { for_features.saturating_sub(1) } else { features };
        let used = shown + usize::from(shown < features);
        Self { features: shown, past: past.min(left.saturating_sub(used + 1)) }
    }
}

/// Returns the number of columns that remain in a row after the time of day. Without a width, there is no limit.
fn room(screen: &Screen<'_>) -> usize {
    screen.width().map_or(usize::MAX, |width| width.saturating_sub(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shared() {
        let shared = |rows, features, past| {
            let rows = Rows::share(rows, features, past);
            (rows.features, rows.past)
        };
        assert_eq!(shared(20, 5, 3), (5, 3));
        assert_eq!(shared(20, 5, 100), (5, 13));
        // 17 features, and a row that shows how many are left out.
        assert_eq!(shared(19, 100, 0), (17, 0));
        assert_eq!(shared(20, 19, 0), (19, 0));
        // Titles, 12 features, a row for the others, a blank row and 4 past events.
        assert_eq!(shared(19, 100, 100), (12, 4));
        for rows in 0..30 {
            for features in 0..40 {
                for past in 0..40 {
                    let got = Rows::share(rows, features, past);
                    let more = usize::from(got.features < features);
                    let blank = usize::from(got.past > 0);
                    let used = 1 + got.features + more + blank + got.past;
                    assert!(used <= rows.max(2), "{rows} {features} {past} {got:?}");
                }
            }
        }
    }
}

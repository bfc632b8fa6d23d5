//! A terminal program in which changes wait. Features keep their values until the user releases the changes, all at once or one
//! by one.
//!
//! With the Edge in memory the program changes features itself from time to time. With a real Edge, change them there. Without a
//! terminal the program prints the steps as text.

use std::io::{IsTerminal, stdout};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{Client, ContextValues, Subscription};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::Stylize;
use ratatui::text::Line;
use ratatui::widgets::{Block, List, Paragraph, Row, Table};
use ratatui::{DefaultTerminal, Frame};

enum News {
    Held,
    Changed(String),
    Key(KeyCode),
}

struct Screen {
    client: Client,
    news: Receiver<News>,
    history: Vec<String>,
    selected: usize,
    _subscriptions: Vec<Subscription>,
}

impl Screen {
    fn new(client: Client, sender: &Sender<News>, news: Receiver<News>) -> Self {
        let held = sender.clone();
        let mut subscriptions = vec![client.on_new_state(move |state| {
            if state.is_held {
                // The receiver is gone once the program ends.
                let _ = held.send(News::Held);
            }
        })];
        for key in client.keys() {
            let changed = sender.clone();
            subscriptions.push(client.on_change(&key, move |change| {
                let text = |value: &Option<fh_client::Value>| {
                    value.as_ref().map_or_else(|| "nothing".to_string(), ToString::to_string)
                };
                let line = format!("{}: {} → {}", change.key, text(&change.old), text(&change.new));
                let _ = changed.send(News::Changed(line));
            }));
        }
        Self { client, news, history: Vec::new(), selected: 0, _subscriptions: subscriptions }
    }

    fn features(&self) -> ContextValues {
        self.client.values()
    }

    /// Records an event. Returns false if the program is to end.
    fn take(&mut self, news: News) -> bool {
        let features = self.features();
        match news {
            News::Held => self.history.push("an update is held back".to_string()),
            News::Changed(line) => self.history.push(line),
            News::Key(KeyCode::Char('q') | KeyCode::Esc) => return false,
            News::Key(KeyCode::Char('r')) => self.client.release(),
            News::Key(KeyCode::Enter) => {
                if let Some(feature) = features.get(self.selected) {
                    self.client.release_only([&feature.key]);
                }
            }
            News::Key(KeyCode::Up) => self.selected = self.selected.saturating_sub(1),
            News::Key(KeyCode::Down) => {
                self.selected = (self.selected + 1).min(features.len().saturating_sub(1));
            }
            News::Key(_) => {}
        }
        true
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let [top, middle, bottom] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(8), Constraint::Length(1)])
                .areas(frame.area());
        let rows = self.features().into_iter().enumerate().map(|(at, feature)| {
            let value = feature.value.map_or_else(|| "-".to_string(), |value| value.to_string());
            let row = Row::new([feature.key.to_string(), value, feature.version.to_string()]);
            if at == self.selected { row.reversed() } else { row }
        });
        let widths = [Constraint::Fill(1), Constraint::Fill(1), Constraint::Length(8)];
        let title =
            if self.client.is_holding() { " Features · updates wait " } else { " Features " };
        let table = Table::new(rows, widths)
            .header(Row::new(["FEATURE", "VALUE", "VERSION"]).bold())
            .block(Block::bordered().title(title));
        frame.render_widget(table, top);
        let latest = self.history.iter().rev().take(6).rev().map(String::as_str);
        let history = List::new(latest).block(Block::bordered().title(" What happened "));
        frame.render_widget(history, middle);
        let help = Line::from(" r release all · Enter release this one · ↑↓ choose · q quit").dim();
        frame.render_widget(Paragraph::new(help), bottom);
    }

    fn run(mut self, terminal: &mut DefaultTerminal) -> std::io::Result<()> {
        loop {
            terminal.draw(|frame| self.draw(frame))?;
            let Ok(news) = self.news.recv() else { return Ok(()) };
            if !self.take(news) {
                return Ok(());
            }
        }
    }
}

/// Changes features every three seconds.
fn change_now_and_then(edge: MemoryEdge) {
    thread::spawn(move || {
        for round in 0_u32.. {
            thread::sleep(Duration::from_secs(3));
            edge.set("BANNER", format!("Banner number {round}"));
            edge.set("PAGE_SIZE", 20 + round);
        }
    });
}

/// Prints the steps as text.
fn tell(client: &Client, edge: Option<&MemoryEdge>) {
    let show = |title: &str| {
        println!("{title}");
        for feature in client.values() {
            let value = feature.value.map_or_else(|| "-".to_string(), |value| value.to_string());
            println!("  {:<14} {value} (version {})", feature.key, feature.version);
        }
    };
    show("at first");
    let Some(edge) = edge else { return };
    edge.set("BANNER", "Sale!");
    edge.set("PAGE_SIZE", 50);
    fh_client::block_on(edge.delivered());
    show(&format!("two updates came; held back: {}", client.is_holding()));
    client.release_only(["BANNER"]);
    show("the banner was released");
    client.release();
    show(&format!("all was released; held back: {}", client.is_holding()));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (builder, edge) = fh_examples::client();
    let client = builder.catch_updates().start()?;
    client.wait_ready(Duration::from_secs(10))?;
    if !stdout().is_terminal() {
        tell(&client, edge.as_ref());
        return Ok(());
    }
    if let Some(edge) = edge {
        change_now_and_then(edge);
    }
    let (sender, news) = channel();
    let screen = Screen::new(client.clone(), &sender, news);
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let news = match event {
                Event::Key(key) if key.kind == KeyEventKind::Press => News::Key(key.code),
                // Any other event, such as a new window size, redraws the screen.
                _ => News::Key(KeyCode::Null),
            };
            if sender.send(news).is_err() {
                return;
            }
        }
    });
    let outcome = ratatui::run(|terminal| screen.run(terminal));
    client.close();
    Ok(outcome?)
}

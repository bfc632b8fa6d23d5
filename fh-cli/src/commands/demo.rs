//! `fh demo`: what the tool is for, in one command.

use std::io::{ErrorKind, Write};

use clap::Args;
use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, Evaluation, FeatureRef, Profile, Report, Ruleset, Subject, Timestamp};
use serde::Serialize;

use crate::commands::eval::Row;
use crate::commands::rollout;
use crate::context;
use crate::failure::{Failure, Status};
use crate::jsonout;
use crate::payload::Payload;
use crate::screen::{BOLD, GOOD, PLAIN, QUIET, Screen};
use crate::shown;
use crate::table::{Align, Table};

/// The features of a shop for outdoor gear, as a GET of /features answers them.
const SHOP: &str = include_str!("../demo/shop.json");

/// When the demo happens: while a sale is on.
const NOW: &str = "2026-11-28";

/// Whose answer is explained, and what is rolled out.
const EXPLAINED: &str = "EXPRESS_PAY";
const ROLLED_OUT: &str = "SEARCH_RANKING";

/// People whom a feature's value may differ for: how they are called, and their contexts as options spell them.
const PEOPLE: [(&str, &[&str]); 4] = [
    (
        "Aroha",
        &[
            "userkey=aroha",
            "country=new_zealand",
            "platform=ios",
            "device=mobile",
            "version=4.10.1",
            "languages=en,mi",
            "orders=23",
        ],
    ),
    (
        "Ben",
        &[
            "userkey=ben",
            "country=united_kingdom",
            "device=browser",
            "signed_up=2026-11-20T18:30:00Z",
            "languages=cy",
        ],
    ),
    (
        "Chiara",
        &[
            "userkey=chiara",
            "country=italy",
            "account=trade",
            "company=alpina",
            "member=true",
            "languages=it,en",
        ],
    ),
    ("Dev", &["userkey=dev", "email=dev@tussock.example", "address=203.0.113.9", "platform=linux"]),
];

/// See all of it on the features of a sample shop.
///
/// Evaluates the features of a shop for several people, explains one answer, shows one rollout, and names commands to go on
/// with. Needs nothing but this program.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh demo
  fh demo --write shop.json

Exit codes: 0 fine, 2 the file cannot be written.")]
pub(crate) struct DemoArgs {
    /// Write the sample shop's features to this file (- for stdout) instead of showing them
    #[arg(long, value_name = "FILE")]
    write: Option<String>,

    /// Replace the file if there is one
    #[arg(long, requires = "write")]
    force: bool,
}

pub(crate) fn run(args: &DemoArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    match args.write.as_deref() {
        Some("-") => screen.raw().write_all(SHOP.as_bytes())?,
        Some(path) => write(path, args.force, json, screen)?,
        None => {
            let demo = Demo::new()?;
            if json {
                demo.write_json(screen)?;
            } else {
                demo.show(screen)?;
            }
        }
    }
    Ok(Status::Fine)
}

/// Writes the sample, but over nothing else.
fn write(path: &str, force: bool, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::Input(format!("cannot write {path}: {error}"));
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(force)
        .create_new(!force)
        .open(path);
    match opened {
        Ok(mut file) => file.write_all(SHOP.as_bytes()).map_err(|error| failed(&error))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // The sample itself may stand there already.
            if std::fs::read(path).ok().as_deref() != Some(SHOP.as_bytes()) {
                return Err(Failure::Input(format!(
                    "{path} exists already and is something else: choose another name, or add --force"
                )));
            }
        }
        Err(error) => return Err(failed(&error)),
    }
    if json {
        jsonout::document(screen.raw(), &serde_json::json!({ "written": path }))?;
    } else {
        screen.line(PLAIN, &format!("wrote {path}"))?;
    }
    Ok(())
}

struct Person {
    name: &'static str,
    options: &'static [&'static str],
    attributes: Attributes,
}

struct Demo {
    ruleset: Ruleset,
    people: Vec<Person>,
    now: Timestamp,
}

#[derive(Serialize)]
struct Answers<'a> {
    name: &'a str,
    context: &'a Attributes,
    features: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Story<'a> {
    now: Timestamp,
    people: Vec<Answers<'a>>,
    explanation: Report,
    next: Vec<String>,
}

impl Demo {
    fn new() -> Result<Self, Failure> {
        let payload = Payload::of("the sample".to_string(), SHOP.as_bytes().to_vec())?;
        let ruleset = Compiler::new(Profile::Client).compile(&payload.environment(None, "")?);
        let people = PEOPLE.map(|(name, options)| {
            let given: Vec<_> =
                options.iter().filter_map(|text| context::read(text).ok()).collect();
            Person { name, options, attributes: context::attributes(&given) }
        });
        let now = format!("{NOW}T00:00:00Z")
            .parse()
            .map_err(|error: fh_eval::BadTimestamp| Failure::Input(error.to_string()))?;
        Ok(Self { ruleset, people: people.into(), now })
    }

    fn subject<'a>(&self, person: &'a Person) -> Subject<'a, Timestamp> {
        Subject::new(&person.attributes, self.now)
    }

    fn feature(&self, key: &str) -> Result<FeatureRef<'_>, Failure> {
        let missing = || Failure::Input(format!("the sample holds no {key}"));
        self.ruleset.get(key).ok_or_else(missing)
    }

    fn first(&self) -> Result<&Person, Failure> {
        self.people.first().ok_or_else(|| Failure::Input("the sample has no people".to_string()))
    }

    /// Commands that go on from here; they work as they stand.
    fn next(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let ranking = self.feature(ROLLED_OUT)?.id().unwrap_or_default();
        Ok(vec![
            ("the features you just saw, in a file", "fh demo --write shop.json".to_string()),
            (
                "what somebody else gets",
                format!("fh eval shop.json --now {NOW} -c userkey=fred -c country=fiji"),
            ),
            ("why?", format!("fh explain SALE_BANNER shop.json --now {NOW} -c country=fiji")),
            (
                "companies instead of people",
                "fh rollout WHOLESALE_PRICES shop.json --attribute company -c account=trade"
                    .to_string(),
            ),
            (
                "whom would FeatureHub's Edge decide otherwise?",
                format!(
                    "fh rollout {ROLLED_OUT} shop.json --attribute session --compare-profile edge"
                ),
            ),
            (
                "keys for those who test \"boosted\"",
                format!("fh bucket --id {ranking} --want 0-100000 --count 3"),
            ),
            ("mistakes", "fh lint shop.json".to_string()),
        ])
    }

    fn write_json(&self, screen: &mut Screen<'_>) -> Result<(), Failure> {
        let people = self.people.iter().map(|person| {
            let subject = self.subject(person);
            let rows =
                self.ruleset.iter().map(|feature| Row::of(&feature, &feature.evaluate(&subject)));
            Answers { name: person.name, context: &person.attributes, features: rows.collect() }
        });
        let explained = self.feature(EXPLAINED)?.explain(&self.subject(self.first()?)).report();
        let next: Vec<String> = self.next()?.into_iter().map(|(_, command)| command).collect();
        let story = Story { now: self.now, people: people.collect(), explanation: explained, next };
        Ok(jsonout::document(screen.raw(), &story)?)
    }

    fn show(&self, screen: &mut Screen<'_>) -> Result<(), Failure> {
        screen.assume_usual_width();
        let features = self.ruleset.len();
        screen.line(
            BOLD,
            &format!(
                "A shop with {features} features, seen by {} people on {NOW}",
                self.people.len()
            ),
        )?;
        screen.end()?;
        for person in &self.people {
            screen.paragraph(PLAIN, &format!("  {:<8}", person.name), &person.options.join(" "))?;
        }
        screen.end()?;
        self.table().write(screen, 0)?;
        screen.line(QUIET, "* decided by a strategy; all other values are everybody's")?;

        let first = self.first()?;
        screen.end()?;
        screen.line(BOLD, &format!("Why does {} get this {EXPLAINED}?", first.name))?;
        screen.end()?;
        let report = self.feature(EXPLAINED)?.explain(&self.subject(first)).report();
        screen.report(&report)?;

        screen.end()?;
        screen.line(BOLD, &format!("Who gets which {ROLLED_OUT}?"))?;
        screen.end()?;
        rollout::sampled(self.feature(ROLLED_OUT)?, "userkey", 10_000, self.now)(screen)?;

        screen.end()?;
        screen.line(BOLD, "Go on with")?;
        for (what, command) in self.next()? {
            screen.end()?;
            screen.line(QUIET, &format!("  # {what}"))?;
            screen.line(PLAIN, &format!("  {command}"))?;
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let names = self.people.iter().map(|person| (person.name, Align::Left));
        let mut table = Table::new([("FEATURE", Align::Left)].into_iter().chain(names));
        for feature in self.ruleset.iter() {
            let cells = self.people.iter().map(|person| {
                let evaluation: Evaluation<'_> = feature.evaluate(&self.subject(person));
                let value = shown::value(feature.kind(), feature.value_token(&evaluation));
                if evaluation.is_match() {
                    (format!("{} *", shown::cut(&value, 12)), GOOD)
                } else {
                    (shown::cut(&value, 14).into_owned(), PLAIN)
                }
            });
            let lead = (feature.key().to_string(), PLAIN);
            table.row(std::iter::once(lead).chain(cells));
        }
        table
    }
}

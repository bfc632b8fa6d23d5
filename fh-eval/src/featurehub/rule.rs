//! Rules to predicates: the matrix of evaluation 3.1, for both profiles.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::compile::{Notes, Patterns};
use super::wire::{self, text};
use crate::diagnostic::{Consequence, Problem};
use crate::json::{Shape, Token};
use crate::predicate::{
    Comparison, Membership, Predicate, Rare, Run, Text, TextTest, Wanted, split,
};
use crate::profile::Profile;
use crate::tables::{Now, Rule, Writer};
use crate::text::address::{BadNetwork, Network, Spelling};
use crate::text::date::{Day, Years};
use crate::text::datetime::{MissingOffset, Moment};
use crate::text::number::{Decimal, OwnedDecimal, java_double_text};
use crate::text::order;
use crate::text::pattern::{Anchor, Extent, Refusal};
use crate::text::version::{Version, pack};

/// Lists longer than this are sorted and searched instead of scanned.
const LONGEST_SCAN: usize = 16;

pub(super) struct RuleCompiler<'a> {
    pub(super) profile: Profile,
    pub(super) writer: &'a mut Writer,
    pub(super) patterns: &'a mut Patterns,
    pub(super) notes: &'a mut Notes,
}

/// RolloutStrategyFieldType.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    String,
    Version,
    Number,
    Date,
    DateTime,
    Boolean,
    Address,
}

/// RolloutStrategyAttributeConditional, sorted by what it does with a list of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conditional {
    Equals,
    NotEquals,
    Includes,
    Excludes,
    Order(Comparison),
    Starts,
    Ends,
    Regex,
}

/// What a typed list of values can be asked.
#[derive(Clone, Copy)]
enum Typed {
    In,
    NotIn,
    Order(Comparison),
}

/// Rule values that could be read. Under profile `edge` some unreadable ones end the rule: the values before count, then it fails.
struct Readable<T> {
    values: Vec<T>,
    ended: bool,
}

impl Type {
    fn from_wire(name: &str) -> Option<Self> {
        Some(match name {
            "STRING" => Self::String,
            "SEMANTIC_VERSION" => Self::Version,
            "NUMBER" => Self::Number,
            "DATE" => Self::Date,
            "DATETIME" => Self::DateTime,
            "BOOLEAN" => Self::Boolean,
            "IP_ADDRESS" => Self::Address,
            _ => return None,
        })
    }
}

impl Conditional {
    fn from_wire(name: &str) -> Option<Self> {
        Some(match name {
            "EQUALS" => Self::Equals,
            "NOT_EQUALS" => Self::NotEquals,
            "INCLUDES" => Self::Includes,
            "EXCLUDES" => Self::Excludes,
            "GREATER" => Self::Order(Comparison::Greater),
            "GREATER_EQUALS" => Self::Order(Comparison::GreaterOrEqual),
            "LESS" => Self::Order(Comparison::Less),
            "LESS_EQUALS" => Self::Order(Comparison::LessOrEqual),
            "STARTS_WITH" => Self::Starts,
            "ENDS_WITH" => Self::Ends,
            "REGEX" => Self::Regex,
            _ => return None,
        })
    }

    /// For types that have equality and order, but no text conditionals of their own.
    fn typed(self) -> Option<Typed> {
        match self {
            Self::Equals | Self::Includes => Some(Typed::In),
            Self::NotEquals | Self::Excludes => Some(Typed::NotIn),
            Self::Order(comparison) => Some(Typed::Order(comparison)),
            Self::Starts | Self::Ends | Self::Regex => None,
        }
    }
}

impl RuleCompiler<'_> {
    pub(super) fn rule(mut self, rule: &Shape<wire::Rule<'_>>) -> Rule {
        let never = Rule { predicate: Predicate::Never, field: 0 };
        let Shape::Is(rule) = rule else {
            return self.never("attributes", None, Problem::Expected("an object"), never);
        };
        let Some(field) = text(rule.field) else {
            return self.never("fieldName", rule.field, Problem::Expected("a text"), never);
        };
        self.notes.place.field = Some(field.as_ref().into());
        let never = Rule { field: self.writer.field(&field, Now::Missing), ..never };
        let Some(kind) = text(rule.kind).and_then(|name| Type::from_wire(&name)) else {
            return self.never("type", rule.kind, Problem::Unknown("rule type"), never);
        };
        let Some(conditional) =
            text(rule.conditional).and_then(|name| Conditional::from_wire(&name))
        else {
            return self.never(
                "conditional",
                rule.conditional,
                Problem::Unknown("conditional"),
                never,
            );
        };
        let values: &[&RawValue] = match &rule.values {
            Shape::Is(values) => values,
            // The server's schema makes an absent list an empty one.
            Shape::Absent if self.profile == Profile::Edge => &[],
            Shape::Absent | Shape::Null => {
                let blank = conditional == Conditional::Equals;
                let predicate = if blank { Predicate::Blank } else { Predicate::Never };
                return Rule { predicate, field: self.field(&field, kind) };
            }
            Shape::Other => return self.never("values", None, Problem::Expected("a list"), never),
        };
        let tokens = self.tokens(values);
        let predicate = self.predicate(kind, conditional, &tokens);
        Rule { predicate, field: self.field(&field, kind) }
    }

    fn never(
        &mut self,
        member: &'static str,
        raw: wire::Raw<'_>,
        problem: Problem,
        never: Rule,
    ) -> Rule {
        self.notes.add(member, raw.map(RawValue::get), problem, Consequence::RuleNeverHolds);
        never
    }

    fn field(&mut self, name: &str, kind: Type) -> u32 {
        let now = match (kind, self.profile) {
            _ if !name.eq_ignore_ascii_case("now") => Now::Missing,
            (Type::Date, _) => Now::Date,
            (Type::DateTime, Profile::Client) => Now::Instant,
            (Type::DateTime, Profile::Edge) => Now::Local,
            _ => Now::Missing,
        };
        self.writer.field(name, now)
    }

    /// Scalars of the list; nested lists and objects are dropped.
    fn tokens<'t>(&mut self, values: &[&'t RawValue]) -> Vec<Token<'t>> {
        let mut tokens = Vec::with_capacity(values.len());
        for raw in values {
            match Token::of(raw) {
                Token::List | Token::Object => {
                    self.drop_value(raw.get(), Problem::Expected("a scalar"));
                }
                token => tokens.push(token),
            }
        }
        tokens
    }

    fn drop_value(&mut self, value: &str, problem: Problem) {
        self.notes.add("values", Some(value), problem, Consequence::ValueDropped);
    }

    fn end_rule(&mut self, value: &str, problem: Problem) {
        self.notes.add("values", Some(value), problem, Consequence::RuleEndsHere);
    }

    fn predicate(
        &mut self,
        kind: Type,
        conditional: Conditional,
        tokens: &[Token<'_>],
    ) -> Predicate {
        match kind {
            Type::String => self.string(conditional, tokens),
            Type::Number => self.number(conditional, tokens),
            Type::Date => self.date(conditional, tokens),
            Type::DateTime => self.date_time(conditional, tokens),
            Type::Version => self.version(conditional, tokens),
            Type::Boolean => self.boolean(conditional, tokens),
            Type::Address => self.address(conditional, tokens),
        }
    }

    // ---- STRING (3.2), and the text conditionals of numbers and dates

    fn string(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        if self.profile == Profile::Edge && tokens.contains(&Token::Null) {
            self.notes.add(
                "values",
                Some("null"),
                Problem::ServerRaises,
                Consequence::RuleNeverHolds,
            );
            return Predicate::Never;
        }
        let readable = self.texts(tokens);
        match conditional {
            Conditional::Equals => self.text_test(TextTest::Among, &readable.values),
            Conditional::NotEquals if self.profile == Profile::Edge => {
                self.any_differs(&readable.values)
            }
            Conditional::NotEquals => self.text_test(TextTest::NotAmong, &readable.values),
            Conditional::Includes => self.text_test(TextTest::Contains, &readable.values),
            Conditional::Excludes => self.text_test(TextTest::Lacks, &readable.values),
            Conditional::Order(comparison) => {
                let bound = comparison.loosest(readable.values.iter(), |a, b| order::utf16(a, b));
                let bound: Vec<_> = bound.into_iter().cloned().collect();
                self.text_test(TextTest::Order(comparison), &bound)
            }
            Conditional::Starts | Conditional::Ends | Conditional::Regex => {
                self.text_conditional(conditional, readable)
            }
        }
    }

    /// The server's NOT_EQUALS on texts: some value of the list differs.
    fn any_differs(&mut self, texts: &[Cow<'_, str>]) -> Predicate {
        match texts.split_first() {
            None => Predicate::Never,
            Some((first, rest)) if rest.iter().all(|other| other == first) => {
                self.text_test(TextTest::NotAmong, std::slice::from_ref(first))
            }
            Some(_) => Predicate::Always,
        }
    }

    /// STARTS_WITH, ENDS_WITH and REGEX look at the supplied text without parsing it.
    fn text_conditional(
        &mut self,
        conditional: Conditional,
        readable: Readable<Cow<'_, str>>,
    ) -> Predicate {
        match conditional {
            Conditional::Starts => self.text_test(TextTest::Starts, &readable.values),
            Conditional::Ends => self.text_test(TextTest::Ends, &readable.values),
            _ => self.patterns(&readable.values),
        }
    }

    /// The texts of rule values. `null` is dropped, or (profile `edge`, where it gets this far) ends the rule.
    fn texts<'t>(&mut self, tokens: &[Token<'t>]) -> Readable<Cow<'t, str>> {
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            match (token, self.profile) {
                (Token::Null, Profile::Edge) => {
                    self.end_rule("null", Problem::ServerRaises);
                    return Readable { values, ended: true };
                }
                (Token::Number(digits), Profile::Edge) => values.push(server_number_text(digits)),
                (token, _) => values.extend(token.clone().text()),
            }
        }
        Readable { values, ended: false }
    }

    fn text_test(&mut self, test: TextTest, texts: &[Cow<'_, str>]) -> Predicate {
        let negative = matches!(test, TextTest::NotAmong | TextTest::Lacks);
        if texts.is_empty() {
            return if negative { Predicate::Always } else { Predicate::Never };
        }
        let mut texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let long = texts.len() > LONGEST_SCAN;
        if long && matches!(test, TextTest::Among | TextTest::NotAmong) {
            texts.sort_unstable();
            texts.dedup();
        }
        let at = self.writer.tables.texts.len() as u32;
        for text in &texts {
            let run = self.writer.text(text);
            let tail = crate::attributes::tail(text.as_bytes());
            self.writer.tables.texts.push(Text { tail, at: run.at, len: run.len });
            self.writer.tables.heads_of_texts.push(crate::attributes::head(text.as_bytes()));
        }
        let list = Run { at, len: texts.len() as u32 };
        match test {
            TextTest::Among if !long => Predicate::In(list),
            TextTest::NotAmong if !long => Predicate::NotIn(list),
            TextTest::Ends if list.len == 1 => Predicate::Ends(at),
            test => Predicate::Texts(test, list),
        }
    }

    fn patterns(&mut self, texts: &[Cow<'_, str>]) -> Predicate {
        let extent = match self.profile {
            Profile::Client => Extent::Search,
            Profile::Edge => Extent::Whole,
        };
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            match self.patterns.get(text, extent) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem @ Problem::Pattern(Refusal::Invalid(_)))
                    if self.profile == Profile::Edge =>
                {
                    self.end_rule(text, problem);
                    break;
                }
                Err(problem) => self.drop_value(text, problem),
            }
        }
        // Patterns that are all the same kind of literal become a test on texts.
        let anchors: Vec<_> = patterns.iter().filter_map(|pattern| pattern.literals()).collect();
        if let Some((anchor, _)) = anchors.first()
            && anchors.len() == patterns.len()
            && anchors.iter().all(|(other, _)| other == anchor)
        {
            let test = match anchor {
                Anchor::Anywhere => TextTest::Contains,
                Anchor::Start => TextTest::Starts,
                Anchor::End => TextTest::Ends,
                Anchor::Both => TextTest::Among,
            };
            let texts: Vec<Cow<'_, str>> = anchors
                .iter()
                .flat_map(|(_, texts)| texts.iter())
                .map(|text| Cow::Borrowed(text.as_ref()))
                .collect();
            return self.text_test(test, &texts);
        }
        if patterns.is_empty() {
            return Predicate::Never;
        }
        self.writer.rare(Rare::Patterns(patterns.into()))
    }

    // ---- typed lists

    /// The predicate of a typed list, built from the values that could be read.
    fn typed<T>(
        &mut self,
        typed: Typed,
        readable: Readable<T>,
        order: impl Fn(&T, &T) -> std::cmp::Ordering,
        rare: impl FnOnce(Wanted<T>) -> Rare,
    ) -> Predicate {
        let Readable { values, ended } = readable;
        let wanted = match typed {
            Typed::In if values.is_empty() => return Predicate::Never,
            Typed::In => Wanted::In(values.into()),
            Typed::NotIn if ended => return Predicate::Never,
            Typed::NotIn if values.is_empty() => return Predicate::Always,
            Typed::NotIn => Wanted::NotIn(values.into()),
            Typed::Order(comparison) => match comparison.loosest(values.into_iter(), order) {
                Some(bound) => Wanted::Order(comparison, bound),
                None => return Predicate::Never,
            },
        };
        self.writer.rare(rare(wanted))
    }

    // ---- NUMBER (3.3)

    fn number(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            let readable = self.texts(tokens);
            if self.profile == Profile::Edge && conditional == Conditional::Regex {
                if readable.values.is_empty() {
                    return Predicate::Never;
                }
                let texts = readable.values.iter().map(|text| Box::from(text.as_ref())).collect();
                return self.writer.rare(Rare::MatchedBy(texts));
            }
            return self.text_conditional(conditional, readable);
        };
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            let number = match self.profile {
                Profile::Client => client_number(token),
                Profile::Edge => match server_number(token) {
                    Ok(number) => number,
                    Err(problem) => {
                        let value = token.clone().text().unwrap_or_default();
                        self.notes.add(
                            "values",
                            Some(&value),
                            problem,
                            Consequence::RuleNeverHolds,
                        );
                        return Predicate::Never;
                    }
                },
            };
            match number {
                Some(number) => values.push(number),
                None if *token == Token::Null => {}
                None => {
                    let value = token.clone().text().unwrap_or_default();
                    self.drop_value(&value, Problem::NotA("a number that this rule compares with"));
                }
            }
        }
        let by_value = |a: &OwnedDecimal, b: &OwnedDecimal| a.as_decimal().cmp(&b.as_decimal());
        match (self.profile, typed) {
            (Profile::Edge, Typed::In) if values.is_empty() => Predicate::Never,
            (Profile::Edge, Typed::In) => {
                self.writer.rare(Rare::NumbersWithScale(Membership::Inside, values.into()))
            }
            (Profile::Edge, Typed::NotIn) if values.is_empty() => Predicate::Always,
            (Profile::Edge, Typed::NotIn) => {
                self.writer.rare(Rare::NumbersWithScale(Membership::Outside, values.into()))
            }
            _ => self.typed(typed, Readable { values, ended: false }, by_value, Rare::Numbers),
        }
    }

    // ---- DATE (3.4), DATETIME (3.5)

    fn date(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            let readable = self.texts(tokens);
            return self.text_conditional(conditional, readable);
        };
        let years = self.years();
        let readable = self.parsed(tokens, "a date", |text| Day::parse(text, years));
        self.typed(typed, readable, Ord::cmp, |wanted| Rare::Days(wanted, years))
    }

    fn date_time(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            let readable = self.texts(tokens);
            return self.text_conditional(conditional, readable);
        };
        let years = self.years();
        match self.profile {
            Profile::Client => {
                let read = |text: &str| {
                    Moment::parse(text, MissingOffset::MeansUtc, years).map(Moment::instant)
                };
                let readable = self.parsed(tokens, "a date-time", read);
                self.typed(typed, readable, Ord::cmp, Rare::Instants)
            }
            Profile::Edge => {
                let read = |text: &str| Moment::parse(text, MissingOffset::Unparsable, years);
                let readable = self.parsed(tokens, "a date-time with offset", read);
                self.typed(typed, readable, Ord::cmp, Rare::Moments)
            }
        }
    }

    fn years(&self) -> Years {
        match self.profile {
            Profile::Client => Years::FourDigits,
            Profile::Edge => Years::Signed,
        }
    }

    /// Dates of a list: an unreadable one is dropped, or ends the rule under profile `edge`.
    fn parsed<T>(
        &mut self,
        tokens: &[Token<'_>],
        what: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Readable<T> {
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            let text = match token {
                Token::Text(text) => text.as_ref(),
                _ => "",
            };
            match read(text) {
                Some(value) => values.push(value),
                None if self.profile == Profile::Edge => {
                    let shown = token.clone().text().unwrap_or(Cow::Borrowed("null"));
                    self.end_rule(&shown, Problem::NotA(what));
                    return Readable { values, ended: true };
                }
                None if *token == Token::Null => {}
                None => {
                    let shown = token.clone().text().unwrap_or_default();
                    self.drop_value(&shown, Problem::NotA(what));
                }
            }
        }
        Readable { values, ended: false }
    }

    // ---- SEMANTIC_VERSION (3.6)

    fn version(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            return Predicate::Never;
        };
        let Readable { values, ended } = self.texts(tokens);
        let comparison = match typed {
            Typed::In => Comparison::Equal,
            Typed::NotIn if ended => return Predicate::Never,
            Typed::NotIn => Comparison::NotEqual,
            Typed::Order(comparison) => comparison,
        };
        if values.is_empty() {
            let none_wanted = comparison == Comparison::NotEqual;
            return if none_wanted { Predicate::Always } else { Predicate::Never };
        }
        if let [only] = values.as_slice()
            && let Some(packed) = pack(only)
        {
            return Predicate::Version(comparison, split(packed));
        }
        let versions = values.iter().map(|text| Version::parse(text).into_owned()).collect();
        self.writer.rare(Rare::Versions(comparison, versions))
    }

    // ---- BOOLEAN (3.7)

    fn boolean(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let wanted = match self.profile {
            Profile::Client => {
                let first = tokens.iter().find(|token| **token != Token::Null);
                first.map(|token| token.clone().text().is_some_and(|text| text == "true"))
            }
            Profile::Edge => match tokens.first() {
                Some(Token::Bool(value)) => Some(*value),
                first => {
                    let shown = first.and_then(|token| token.clone().text());
                    self.notes.add(
                        "values",
                        shown.as_deref(),
                        Problem::ServerRaises,
                        Consequence::RuleNeverHolds,
                    );
                    None
                }
            },
        };
        match (conditional, wanted) {
            (Conditional::Equals, Some(wanted)) => Predicate::Bool(wanted),
            (Conditional::NotEquals, Some(wanted)) => Predicate::Bool(!wanted),
            _ => Predicate::Never,
        }
    }

    // ---- IP_ADDRESS (3.8)

    fn address(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let membership = match conditional.typed() {
            Some(Typed::In) => Membership::Inside,
            Some(Typed::NotIn) => Membership::Outside,
            _ => return Predicate::Never,
        };
        let spelling = match self.profile {
            Profile::Client => Spelling::Literal,
            Profile::Edge => Spelling::Server,
        };
        let mut networks = Vec::with_capacity(tokens.len());
        for token in tokens {
            let text = match token.clone().text() {
                Some(text) => text,
                None if self.profile == Profile::Edge => {
                    self.end_rule("null", Problem::NotA("an address"));
                    return self.ended_networks(membership, networks, spelling);
                }
                None => continue,
            };
            match Network::parse(&text, spelling) {
                Ok(network) => networks.push(network),
                Err(BadNetwork::BadMask) if self.profile == Profile::Edge => {
                    self.end_rule(&text, Problem::NotA("a network"));
                    return self.ended_networks(membership, networks, spelling);
                }
                Err(_) => self.drop_value(&text, Problem::NotA("an address or network")),
            }
        }
        self.writer.rare(Rare::Networks(membership, networks.into(), spelling))
    }

    fn ended_networks(
        &mut self,
        membership: Membership,
        networks: Vec<Network>,
        spelling: Spelling,
    ) -> Predicate {
        match membership {
            Membership::Outside => Predicate::Never,
            Membership::Inside => {
                self.writer.rare(Rare::Networks(membership, networks.into(), spelling))
            }
        }
    }
}

/// Numbers and texts that are numbers; everything else is ignored.
fn client_number(token: &Token<'_>) -> Option<OwnedDecimal> {
    match token {
        Token::Number(digits) => Decimal::parse(digits).map(OwnedDecimal::from),
        Token::Text(text) => Decimal::parse(text).map(OwnedDecimal::from),
        _ => None,
    }
}

/// As the server reads rule values: integers that fit 32 bits or exceed 64, and doubles by their exact binary value.
fn server_number(token: &Token<'_>) -> Result<Option<OwnedDecimal>, Problem> {
    let Token::Number(digits) = token else {
        return Ok(None);
    };
    if is_integer(digits) {
        let outside_32_bits = digits.parse::<i32>().is_err();
        let inside_64_bits = digits.parse::<i64>().is_ok();
        if outside_32_bits && inside_64_bits {
            return Ok(None);
        }
        return Ok(Decimal::parse(digits).map(OwnedDecimal::from));
    }
    let double: f64 = digits.parse().map_err(|_| Problem::NotA("a number"))?;
    OwnedDecimal::from_double(double).map(Some).ok_or(Problem::ServerRaises)
}

fn is_integer(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

/// The text of a number on the server: integers in decimal, fractions as Java prints doubles.
fn server_number_text<'t>(digits: &'t str) -> Cow<'t, str> {
    match digits {
        "-0" => Cow::Borrowed("0"),
        _ if is_integer(digits) => Cow::Borrowed(digits),
        _ => digits
            .parse()
            .map_or(Cow::Borrowed(digits), |double| Cow::Owned(java_double_text(double))),
    }
}

//! The compiler of payloads into rulesets. Compiling an environment never fails. Diagnostics describe most parts that
//! cannot be read, and how the compiler treats them.

mod strategy;

use std::collections::HashMap;

use serde_json::value::RawValue;

use self::strategy::{StrategyCompiler, id};
use super::diagnostics::DiagnosticCollector;
use super::fast_path::fast_path;
use super::wire::{self, Raw, name, text};
use crate::attributes::Name;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind};
use crate::featurehub::profile::Profile;
use crate::json::{Shape, Token, mend};
#[cfg(feature = "patterns")]
use crate::patterns::Patterns;
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::ruleset::{Feature, Ruleset};
use crate::shared_text::SharedText;
use crate::tables::{FeatureDetail, Head, Mode};
#[cfg(feature = "patterns")]
use crate::text::pattern::Extent;
use crate::value::Kind;
use crate::writer::Writer;

/// The ids from which buckets are computed in place of feature ids, by feature key. FeatureHub's server uses the ids of
/// feature values.
pub type HashIds = HashMap<String, String>;

/// A compiler of features, which applies the rules of one profile.
///
/// ```
/// use fh_eval::featurehub::{Compiler, Document};
/// use fh_eval::Profile;
/// let body = br#"[{"key": "A", "type": "BOOLEAN", "value": true}, {"value": 1}]"#;
/// let environment = Document::parse(body)?.only()?;
/// let ruleset = Compiler::new(Profile::Client).compile(&environment);
/// assert!(ruleset.get("A").is_some());
/// assert_eq!(ruleset.diagnostics().count(), 1); // the second feature has no key
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Compiler<'a> {
    profile: Profile,
    hash_ids: Option<&'a HashIds>,
    strategies: Strategies,
    keeps_json: bool,
}

/// The treatment of the strategies in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategies {
    Compiled,
    LeftOut,
}

impl<'a> Compiler<'a> {
    /// Creates a compiler for a profile. Buckets are computed from feature ids, unless [`Self::hash_ids`] sets other
    /// ids.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile, hash_ids: None, strategies: Strategies::Compiled, keeps_json: true }
    }

    /// Sets the ids from which buckets are computed in place of feature ids. For a feature without an entry in `ids`,
    /// the compiler uses the feature id and adds a diagnostic.
    #[must_use]
    pub const fn hash_ids(self, ids: &'a HashIds) -> Self {
        Self { hash_ids: Some(ids), ..self }
    }

    /// Leaves out the strategies of all features, so that the value of a feature is its answer for every context. This is the rule for
    /// payloads of server-evaluated keys, whose values the Edge has evaluated already. Strategies that are left out are not
    /// checked, and cause no diagnostics.
    ///
    /// ```
    /// use fh_eval::featurehub::{Compiler, Document};
    /// use fh_eval::{Attributes, Profile, Subject, Timestamp};
    /// let body = br#"[{"key": "A", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true, "attributes": [
    ///     {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["fred"]}]}]}]"#;
    /// let environment = Document::parse(body)?.only()?;
    /// let ruleset = Compiler::new(Profile::Client).without_strategies().compile(&environment);
    /// let attributes = Attributes::builder().user_key("fred").build();
    /// let fred = Subject::new(&attributes, Timestamp::from_millis(0));
    /// assert_eq!(ruleset.get("A").unwrap().evaluate(&fred).boolean(), Some(false));
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    #[must_use]
    pub const fn without_strategies(self) -> Self {
        Self { strategies: Strategies::LeftOut, ..self }
    }

    /// Keeps no JSON of features: [`FeatureRef::json`](crate::FeatureRef::json) is empty, and features have no properties. This is for a caller
    /// that has the JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn without_json(self) -> Self {
        Self { keeps_json: false, ..self }
    }

    /// Compiles the features of one environment, in the order of the payload. If two features have the same key, the
    /// later feature replaces the earlier one.
    #[must_use]
    pub fn compile(&self, environment: &super::Environment<'_>) -> Ruleset {
        let mut compilation = self.begin(environment.id.as_deref());
        for feature in &environment.features {
            compilation.add(feature.get());
        }
        compilation.count_further(environment.further);
        compilation.finish()
    }

    /// Begins a compilation, to which features are then added one by one. `environment` is the id of the environment,
    /// which diagnostics name.
    #[doc(hidden)]
    #[must_use]
    pub fn begin(&self, environment: Option<&str>) -> Compilation<'a> {
        Compilation::new(*self, environment, Room::default())
    }

    /// Compiles one feature, which can be added to a ruleset with [`Ruleset::with`].
    ///
    /// # Errors
    /// Fails if the JSON is not a feature, with the diagnostic that gives the reason.
    pub fn feature(&self, json: &RawValue) -> Result<Feature, Box<Diagnostic>> {
        let mut compilation = Compilation::new(*self, None, Room::of_one());
        compilation.add(json.get());
        compilation.into_feature()
    }

    /// Compiles one feature whose parts were read before. `json` is the text of the whole feature.
    ///
    /// # Errors
    /// Fails if the parts are not a feature, with the diagnostic that gives the reason.
    #[doc(hidden)]
    pub fn feature_of(
        &self,
        parts: &wire::Feature<'_>,
        json: &str,
    ) -> Result<Feature, Box<Diagnostic>> {
        let mut compilation = Compilation::new(*self, None, Room::of_one());
        compilation.add_parts(parts, json);
        compilation.into_feature()
    }
}

/// A compilation of features into a ruleset, created by [`Compiler::begin`].
#[doc(hidden)]
pub struct Compilation<'a> {
    compiler: Compiler<'a>,
    writer: Writer,
    #[cfg(feature = "patterns")]
    patterns: Patterns,
    /// Number of features that were added or left out so far. This number is the position of the next feature in the
    /// payload's list.
    added: usize,
    /// Diagnostics of features that were left out.
    left_out: Vec<Diagnostic>,
    /// True if the feature that was added last was left out because this build lacks a part of the engine.
    lacks_a_part: bool,
    /// The compiler's current position in the payload, and the diagnostics of the current feature.
    diagnostics: DiagnosticCollector,
}

impl<'a> Compilation<'a> {
    fn new(compiler: Compiler<'a>, environment: Option<&str>, room: Room) -> Self {
        Self {
            compiler,
            writer: Writer::default(),
            #[cfg(feature = "patterns")]
            patterns: Patterns::new(match compiler.profile {
                Profile::Client => Extent::Search,
                Profile::Edge => Extent::Whole,
            }),
            added: 0,
            left_out: Vec::new(),
            lacks_a_part: false,
            diagnostics: DiagnosticCollector::of(environment, room),
        }
    }

    /// Makes room for features whose JSON has this size together, so that their table is not copied as it grows.
    pub fn reserve(&mut self, bytes: usize) {
        if self.compiler.keeps_json {
            self.writer.tables.names.own.reserve_exact(bytes);
        }
    }

    /// Keeps the JSON of features that lie in the memory of a message as parts of it, which are not copied. The message stays in memory as long
    /// as rulesets use at least half of it. No feature was added yet.
    pub fn share(&mut self, message: &SharedText) {
        #[cfg(not(target_arch = "wasm32"))]
        if self.compiler.keeps_json {
            self.writer.tables.names.share(message.clone());
        }
        let _ = message;
    }

    /// Parses a feature and adds it to the ruleset. If the text is not a JSON object, or its key is missing, empty or
    /// not a text, only a diagnostic is added.
    pub fn add(&mut self, json: &str) {
        match wire::Feature::parse(json) {
            Some(feature) => self.add_parts(&feature, json),
            None => {
                self.enter_feature();
                self.leave_out("feature", json, DiagnosticKind::Expected("an object"));
            }
        }
    }

    /// Adds one diagnostic for further elements of the list that can be no features.
    fn count_further(&mut self, further: usize) {
        if further > 0 {
            self.enter_feature();
            let problem = DiagnosticKind::Further(further);
            self.diagnostics.add("feature", None, problem, Consequence::FeatureLeftOut);
            self.left_out.append(&mut self.diagnostics.diagnostics);
        }
    }

    fn enter_feature(&mut self) {
        self.diagnostics.enter_feature(self.added);
        self.lacks_a_part = false;
        self.added += 1;
    }

    /// Adds a feature whose parts were read before. `json` is the text of the whole feature, which
    /// [`FeatureRef::json`](crate::FeatureRef::json) returns.
    pub fn add_parts(&mut self, feature: &wire::Feature<'_>, json: &str) {
        self.enter_feature();
        let key = match text(feature.key) {
            Some(key) if !key.is_empty() => key,
            _ => {
                let key = feature.key.map(|key| mend(key.get()));
                let found = key.as_deref().unwrap_or(json);
                return self.leave_out(name::KEY, found, DiagnosticKind::Expected("a text"));
            }
        };
        self.diagnostics.name_feature(&key);
        if self.compiler.profile == Profile::Edge && !cfg!(feature = "edge-profile") {
            self.lacks_a_part = true;
            let problem = DiagnosticKind::MissingCargoFeature("edge-profile");
            return self.leave_out(name::KEY, &key, problem);
        }
        self.writer.begin();
        let json = self.writer.json(if self.compiler.keeps_json { json } else { "" });
        let id = id(&mut self.diagnostics, feature.id);
        let hash_id = self.hash_id(&key, id.as_deref());
        let kind = self.kind(feature.kind);
        let key_row = self.writer.key(&key);
        let value =
            super::value::store(&mut self.writer, &mut self.diagnostics, kind, feature.value);
        let mut compiler = StrategyCompiler {
            profile: self.compiler.profile,
            writer: &mut self.writer,
            #[cfg(feature = "patterns")]
            patterns: &mut self.patterns,
            diagnostics: &mut self.diagnostics,
            has_hash_id: hash_id.is_some(),
            kind,
            sources: Vec::new(),
            base: 0,
        };
        let all = match self.compiler.strategies {
            Strategies::Compiled => compiler.strategies(&feature.strategies),
            Strategies::LeftOut => Run::default(),
        };
        let sources = compiler.sources.len();
        if self.needs_missing_cargo_feature() {
            self.lacks_a_part = true;
            self.writer.discard();
            self.left_out.append(&mut self.diagnostics.diagnostics);
            return;
        }
        let (strategies, mode) = fast_path(&mut self.writer, all, sources);
        let hash_id_row = match &hash_id {
            Some(id) if sources > 0 => self.writer.hash_id(id),
            _ => Run::default(),
        };
        let session = Name::of(self.compiler.profile.session_attribute());
        let head = Head {
            strategies,
            hash_id: hash_id_row,
            value,
            session,
            mode,
            kind,
            encoding: self.compiler.profile.encoding(),
            default_reason: match mode {
                Mode::Static => EvaluationReason::Static,
                _ => EvaluationReason::Default,
            },
        };
        let locked = self.locked(feature.locked);
        let version = self.version(feature.version);
        if matches!(feature.properties, Shape::Other) {
            self.diagnostics.add(
                name::PROPERTIES,
                None,
                DiagnosticKind::Expected("an object whose values are texts"),
                Consequence::Assumed("no properties"),
            );
        }
        let detail = FeatureDetail {
            id: id.map(|id| self.writer.name(&id)),
            json,
            version,
            locked,
            has_properties: feature.properties.as_ref().is_some_and(|members| !members.is_empty()),
            #[cfg(feature = "featbit")]
            is_without_events: false,
        };
        let diagnostics = &mut self.diagnostics.diagnostics;
        self.writer.end(head, key_row, all, detail, diagnostics);
    }

    /// Returns true if the feature that was added last was left out because this build lacks a part of the engine.
    #[must_use]
    pub const fn lacks_a_part(&self) -> bool {
        self.lacks_a_part
    }

    /// Returns the ruleset of the features that were added. If two of them have the same key, the later feature
    /// replaces the earlier one.
    #[must_use]
    pub fn finish(self) -> Ruleset {
        let environment = self.diagnostics.place().environment;
        Ruleset::of_last(self.writer.finish(), self.left_out, environment)
    }

    /// Returns the only feature of the compilation, or the diagnostic that gives the reason why this feature was left
    /// out.
    fn into_feature(mut self) -> Result<Feature, Box<Diagnostic>> {
        match self.left_out.pop() {
            Some(diagnostic) => Err(Box::new(diagnostic)),
            None => Ok(Feature::new(self.writer.finish())),
        }
    }

    /// Returns true if a rule of the current feature needs a part of the engine that this build lacks. The rule has left a
    /// diagnostic.
    fn needs_missing_cargo_feature(&self) -> bool {
        cfg!(not(feature = "patterns")) && self.diagnostics.is_left_out()
    }

    fn leave_out(&mut self, member: &'static str, json: &str, problem: DiagnosticKind) {
        self.diagnostics.add(member, Some(json), problem, Consequence::FeatureLeftOut);
        self.left_out.append(&mut self.diagnostics.diagnostics);
    }

    fn note(
        &mut self,
        member: &'static str,
        raw: Raw<'_>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        self.diagnostics.add_json(member, raw, problem, consequence);
    }

    fn hash_id(&mut self, key: &str, id: Option<&str>) -> Option<String> {
        if let Some(ids) = self.compiler.hash_ids {
            if let Some(id) = ids.get(key) {
                return Some(id.clone());
            }
            self.diagnostics.add(
                name::ID,
                None,
                DiagnosticKind::NoHashId,
                Consequence::Assumed("the feature id"),
            );
        }
        id.map(str::to_string)
    }

    fn kind(&mut self, raw: Raw<'_>) -> Option<Kind> {
        let kind = text(raw).and_then(|name| Kind::from_wire(&name));
        if kind.is_none() {
            self.note(
                name::TYPE,
                raw,
                DiagnosticKind::Unknown("feature type"),
                Consequence::Assumed("no type"),
            );
        }
        kind
    }

    fn locked(&mut self, raw: Raw<'_>) -> bool {
        match raw.map(Token::of) {
            Some(Token::Bool(locked)) => locked,
            None | Some(Token::Null) => false,
            Some(_) => {
                self.note(
                    name::LOCKED,
                    raw,
                    DiagnosticKind::Expected("a boolean"),
                    Consequence::Assumed("false"),
                );
                false
            }
        }
    }

    fn version(&mut self, raw: Raw<'_>) -> i64 {
        match raw.map(Token::of) {
            None | Some(Token::Null) => 0,
            Some(token) => token.integer().unwrap_or_else(|| {
                self.note(
                    name::VERSION,
                    raw,
                    DiagnosticKind::Expected("an integer"),
                    Consequence::Assumed("0"),
                );
                0
            }),
        }
    }
}

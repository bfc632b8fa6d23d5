//! A reference to one compiled feature.

use crate::clock::Clock;
use crate::diagnostic::Diagnostic;
use crate::evaluate::{Memory, evaluate};
use crate::evaluation::Evaluation;
use crate::subject::Subject;
#[cfg(feature = "first-row")]
use crate::tables::Slot;
use crate::tables::{Head, Mode, PackedDetail, Share, Tables, View};
use crate::trace::NoTrace;
use crate::value::Kind;

/// A reference to a feature of a [`Ruleset`](crate::Ruleset), or to a [`Feature`](crate::Feature) on its own.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRef<'a> {
    view: View<'a>,
    position: usize,
}

impl<'a> FeatureRef<'a> {
    #[inline]
    pub(crate) const fn new(view: View<'a>, position: usize) -> Self {
        Self { view, position }
    }

    #[cfg(any(feature = "explain", feature = "first-row"))]
    pub(crate) const fn view(&self) -> View<'a> {
        self.view
    }

    pub(crate) const fn tables(&self) -> &'a Tables {
        self.view.tables
    }

    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    #[inline]
    pub(crate) fn head(&self) -> Option<&'a Head> {
        self.view.tables.heads.get(self.position)
    }

    pub(crate) fn detail(&self) -> Option<PackedDetail> {
        self.view.tables.features.get(self.position).copied()
    }

    /// Returns the feature's key, which is unique within a ruleset.
    #[must_use]
    pub fn key(&self) -> &'a str {
        self.view.tables.key(self.position)
    }

    /// Returns the feature's id, or `None` if the payload has no id that is a text.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.view.tables.id(self.position)
    }

    /// Returns the version of the feature's value, clamped to 64 bits, or 0 if the payload's version is missing, null
    /// or not readable as an integer.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.view.tables.version(self.position)
    }

    /// Returns the type of the feature's value, or `None` if the payload's type is missing or unknown.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.head()?.kind
    }

    /// Returns true if the payload says that the feature is locked. The lock does not change evaluations; it restricts
    /// overrides by interceptors.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.detail().is_some_and(PackedDetail::is_locked)
    }

    /// Returns the JSON text from which the feature was compiled.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.view.tables.json(self.position)
    }

    /// Returns the diagnostics of the feature. Each diagnostic describes a problem of a part of the feature, and how
    /// the engine treats the part. There are none without the cargo feature `explain`.
    #[must_use]
    pub fn diagnostics(&self) -> &'a [Diagnostic] {
        self.view.tables.diagnostics(self.position)
    }

    /// Returns every result that [`Self::evaluate`] can have: first the result if no strategy matches, then one result for
    /// each element of the payload's list of strategies, in order. Strategies that can never match are included. A binding
    /// can read all values of a feature in advance, so that an evaluation only has to name the strategy.
    ///
    /// ```
    /// use fh_eval::{Profile, Ruleset};
    /// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "STRING", "value": "x", "strategies": [
    ///     {"id": "s", "value": "y", "attributes": []}]}]"#, Profile::Client)?;
    /// let results: Vec<_> = ruleset.get("A").unwrap().possible_evaluations().collect();
    /// assert_eq!((results[0].string(), results[0].strategy_position()), (Some("x"), None));
    /// assert_eq!((results[1].string(), results[1].strategy_position()), (Some("y"), Some(0)));
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    pub fn possible_evaluations(&self) -> impl Iterator<Item = Evaluation<'a>> + use<'a> {
        let tables = self.view.tables;
        let all = tables.all_strategies(self.position);
        let rows = std::iter::once(None).chain((all.at..all.at + all.len).map(Some));
        let head = self.head();
        rows.filter_map(move |row| head.map(|head| Evaluation::new(tables, head, row)))
    }

    /// Calls `each` with the name of each attribute that [`Self::evaluate`] may read: those of rules, and those of percentage keys. A name
    /// may occur several times. Attributes with other names do not change the result, so a binding need not pass them to the engine.
    ///
    /// ```
    /// use fh_eval::{Profile, Ruleset};
    /// let ruleset = Ruleset::from_json(br#"[{"id": "a", "key": "A", "type": "BOOLEAN", "value": false, "strategies": [
    ///     {"value": true, "percentage": 500000, "attributes": [
    ///         {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]}]"#, Profile::Client)?;
    /// let mut names = Vec::new();
    /// ruleset.get("A").unwrap().attributes_read(&mut |name| names.push(name));
    /// assert_eq!(names, ["plan", "session", "userkey"]);
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    pub fn attributes_read(&self, each: &mut dyn FnMut(&'a str)) {
        self.own_attributes_read(each);
        #[cfg(feature = "featuresignals")]
        for position in self.view.tables.prerequisites_of(self.position, usize::MAX) {
            Self::new(self.view, position as usize).own_attributes_read(each);
        }
    }

    /// Returns true if [`Self::evaluate`] may read the attribute with this name. Attributes with other names do not change the result, so a
    /// program need not convert them. A feature that reads more than 31 attributes is taken to read all.
    ///
    /// ```
    /// use fh_eval::{Profile, Ruleset};
    /// let ruleset = Ruleset::from_json(br#"[{"id": "a", "key": "A", "type": "BOOLEAN", "value": false, "strategies": [
    ///     {"value": true, "percentage": 500000, "attributes": [
    ///         {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]}]"#, Profile::Client)?;
    /// let feature = ruleset.get("A").unwrap();
    /// assert!(["plan", "session", "userkey"].iter().all(|name| feature.reads(name)));
    /// assert!(!feature.reads("country"));
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    #[must_use]
    pub fn reads(&self, attribute: &str) -> bool {
        #[cfg(target_arch = "wasm32")]
        {
            let mut is_read = false;
            self.attributes_read(&mut |name| is_read |= name == attribute);
            is_read
        }
        #[cfg(not(target_arch = "wasm32"))]
        {
            let set = self.view.tables.names_read.set(self.position);
            set.is_some_and(|set| set.has(attribute, |slot| self.segment_reads(slot, attribute)))
        }
    }

    /// Returns true if the segment in a slot may read an attribute.
    #[cfg(not(target_arch = "wasm32"))]
    fn segment_reads(&self, slot: u32, attribute: &str) -> bool {
        #[cfg(feature = "first-row")]
        if let Some(slot) = self.view.segments.get(slot as usize) {
            let segment = slot.segment.as_deref().map(|tables| Self::new(View::of(tables), 0));
            return segment.is_some_and(|segment| segment.reads(attribute));
        }
        let _ = (slot, attribute);
        false
    }

    /// Returns the slots of the segments that the feature's rules name. A slot may come several times.
    #[cfg(feature = "first-row")]
    pub(crate) fn named_slots(&self) -> impl Iterator<Item = &'a Slot> {
        let View { tables, segments, .. } = self.view;
        let rows = self.head().into_iter().flat_map(|head| head.strategies.of(&tables.strategies));
        let rules = rows.flat_map(|row| row.rules.of(&tables.rules));
        let lists = rules.filter_map(|rule| rule.predicate.segments());
        let slots = lists.flat_map(|list| list.of(&tables.named_segments));
        slots.filter_map(|slot| segments.get(*slot as usize))
    }

    /// Returns the ids and the JSON of the segments that the feature names. A segment that does not exist has no JSON.
    #[cfg(feature = "first-row")]
    pub(crate) fn named_segments(&self) -> Vec<(&'a str, Option<&'a str>)> {
        let named = self.named_slots().map(|slot| (&*slot.id, slot.segment.as_deref()));
        named.map(|(id, tables)| (id, tables.map(|tables| tables.json(0)))).collect()
    }

    /// Like [`Self::attributes_read`], without the attributes that prerequisites read.
    fn own_attributes_read(&self, each: &mut dyn FnMut(&'a str)) {
        let Some(head) = self.head() else { return };
        let tables = self.view.tables;
        #[cfg(feature = "first-row")]
        if matches!(head.mode, Mode::FirstRow | Mode::FirstRowManyRules) {
            for name in head.key_names() {
                each(name);
            }
        }
        #[cfg(feature = "first-row")]
        for segment in self.named_slots().filter_map(|slot| slot.segment.as_deref()) {
            FeatureRef::new(View::of(segment), 0).own_attributes_read(each);
        }
        for strategy in head.strategies.of(&tables.strategies) {
            for rule in strategy.rules.of(&tables.rules) {
                if let Some(field) = tables.fields.get(rule.field as usize) {
                    each(&field.text);
                }
            }
            if strategy.source == 0 && matches!(strategy.share, Share::Stacked | Share::Alone) {
                for name in head.key_names() {
                    each(name);
                }
            }
            let row = (strategy.source as usize).wrapping_sub(1);
            for field in tables.sources.get(row).into_iter().flat_map(|fields| fields.iter()) {
                each(&field.text);
            }
        }
    }

    /// Evaluates the feature for a subject. The clock is read only for a rule of type DATE or DATETIME on the attribute
    /// `now`, in any letter case, and only if the context has no such attribute. The evaluation takes no lock and
    /// allocates no memory, with five rare exceptions:
    ///
    /// - A REGEX pattern has no lookup table, because the table would be too large or the tables of the payload are too
    ///   large together. Each thread then allocates one cache for all such patterns, and may allocate memory again if
    ///   another pattern needs a larger cache or the cache grew to over 1 MiB.
    /// - A REGEX pattern contains `\B`, or the target is WebAssembly. Unless the pattern only searches for literal
    ///   texts, another engine then runs the pattern, with a lock and memory of its own.
    /// - A NUMBER rule with REGEX under [`Profile::Edge`](crate::Profile::Edge) compiles the attribute's value as a
    ///   pattern.
    /// - A supplied version has more than 24 items (numbers, qualifiers and nested lists), or capital letters beyond
    ///   ASCII.
    /// - The strategies of the feature have more than 16 different percentage keys.
    #[inline]
    #[must_use]
    pub fn evaluate<C: Clock>(&self, subject: &Subject<'a, C>) -> Evaluation<'a> {
        let tables = self.view.tables;
        let Some(head) = self.head() else {
            return Evaluation::missing(tables);
        };
        let row = match head.mode {
            Mode::Static => None,
            Mode::OneKeyManyRules => {
                let mut memory = Memory::<4>::new();
                evaluate(self.view, head, head.strategies, subject, &mut memory, &mut NoTrace)
            }
            _ => {
                let mut memory = Memory::<0>::new();
                evaluate(self.view, head, head.strategies, subject, &mut memory, &mut NoTrace)
            }
        };
        Evaluation::new(tables, head, row)
    }
}

//! The steps of a sequence, drawn from a seed.

use serde_json::{Value, json};

use crate::rules::Pool;
use crate::{features, known, shown};

/// The keys of features that sequences publish and read. Some are names that JavaScript objects inherit.
pub(crate) const KEYS: [&str; 9] =
    ["flag", "text", "number", "json", "odd", "__proto__", "constructor", "two words", "naïve 🐢"];
/// The kinds of values, by which features are read.
const KINDS: [&str; 4] = ["BOOLEAN", "STRING", "NUMBER", "JSON"];
const ENVIRONMENTS: [&str; 3] = ["env-1", "ENV-1", "env-2"];

/// The contexts of reads, by their numbers. The second and the last are equal.
fn contexts() -> Value {
    json!([
        [],
        [["userkey", ["fred"]], ["plan", ["gold", "beta"]]],
        [["userkey", ["mara"]]],
        [["session", ["s-1"]], ["country", ["new_zealand"]]],
        [["__proto__", ["x, y", "ü/?"]], ["10", ["1"]], ["9", ["2"]], ["Ａ", ["\u{1f422}"]]],
        [["plan", ["gold", "beta"]], ["userkey", ["fred"]]],
    ])
}

/// Returns true if the features of this seed's sequence have rules.
pub(crate) fn has_rules(seed: u64) -> bool {
    seed.is_multiple_of(6)
}

/// A generator of steps: splitmix64, and the numbers of the things that earlier steps made.
pub(crate) struct Draw {
    state: u64,
    made: u64,
    version: i64,
    /// True if the sequence publishes features of a client-evaluated key at first.
    is_client_evaluated: bool,
    /// Features with rules, and contexts for them; `None` if the sequence's features have no rules.
    pool: Option<Pool>,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            made: 0,
            version: 1,
            is_client_evaluated: seed.is_multiple_of(3),
            pool: has_rules(seed).then(|| Pool::draw(seed)),
        }
    }

    pub(crate) fn has_rules(&self) -> bool {
        self.pool.is_some()
    }

    /// Returns the contexts of reads, by their numbers.
    pub(crate) fn contexts(&self) -> Value {
        self.pool.as_ref().map_or_else(contexts, |pool| pool.contexts().clone())
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    /// Returns the limit of waiting events, which is small in some sequences, so that the queue overflows.
    pub(crate) fn capacity(&mut self) -> usize {
        self.pick(&[1024, 1024, 1024, 2, 0])
    }

    pub(crate) fn length(&mut self) -> u64 {
        20 + self.below(50)
    }

    fn key(&mut self) -> &'static str {
        if self.chance(4) { "missing" } else { self.pick(&KEYS) }
    }

    fn keys(&mut self) -> Vec<&'static str> {
        (0..self.below(4)).map(|_| self.key()).collect()
    }

    /// Returns the number of a context; null for a read without a context.
    fn context(&mut self) -> Value {
        match self.below(8) {
            0..=1 => Value::Null,
            number => json!(number - 2),
        }
    }

    /// Returns a number for a new thing, such as a listener.
    fn new_number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Returns the number of something that may have been made.
    fn old_number(&mut self) -> u64 {
        self.below(self.made.max(1)) + 1
    }

    pub(crate) fn step(&mut self) -> Value {
        match self.below(100) {
            0..=17 => self.publish(),
            18..=22 => self.status(),
            23..=24 => self.revoke(),
            25..=44 => self.read(),
            45..=58 => json!({"do": "deliver"}),
            59..=70 => self.subscribe(),
            71..=74 => json!({"do": "unsubscribe", "number": self.old_number()}),
            75..=78 => self.overrides(),
            79..=86 => self.catch(),
            87..=88 => json!({"do": "hold", "number": self.new_number()}),
            89..=90 => self.clock(),
            91 => json!({"do": "deliverSummaries", "now": self.below(200_000)}),
            92 => json!({"do": "flush", "limit": 500}),
            93..=94 => self.record(),
            95 => self.pick(&[json!({"do": "reportReads"}), json!({"do": "contact", "at": 7})]),
            96 => self.raw_or_notice(),
            97 if self.chance(15) => json!({"do": "close"}),
            _ => self.state_of(),
        }
    }

    /// Returns the steps at the end of every sequence: all features are read, and the repository is closed.
    pub(crate) fn last_steps(&mut self) -> Vec<Value> {
        let mut steps = vec![json!({"do": "deliver"})];
        let context = self.context();
        for what in ["values", "bootstrap", "eachValue"] {
            steps.push(json!({"do": "read", "what": what, "context": context}));
        }
        for what in ["counters", "listeners", "held", "latest"] {
            steps.push(json!({"do": "state", "what": what}));
        }
        if self.has_rules() {
            // Features that read the clock change, although nothing is published.
            for _ in 0..3 {
                steps.push(self.clock());
                steps.push(json!({"do": "read", "what": "values", "context": context}));
            }
        }
        if self.chance(50) {
            for what in ["close", "deliver", "release", "close", "deliver"] {
                steps.push(json!({"do": what}));
            }
            steps.push(self.read());
            steps.push(self.subscribe());
            steps.push(json!({"do": "state", "what": "counters"}));
        }
        steps
    }

    fn publish(&mut self) -> Value {
        let cause = self.pick(&["first", "change", "change", "change", "change", "invisible"]);
        self.version += 1;
        let mut features = Vec::new();
        for key in KEYS {
            if self.chance(75) {
                let version = self.version;
                features.push(self.feature(key, version));
            }
        }
        let environments = match self.below(5) {
            0 => Value::Null,
            1..=3 => json!(self.pick(&ENVIRONMENTS)),
            _ => {
                let known = KEYS.iter().filter(|_| self.chance(70));
                let keys: Vec<&str> = known.copied().collect();
                keys.iter().map(|key| json!([key, self.pick(&ENVIRONMENTS)])).collect()
            }
        };
        if self.chance(3) {
            self.is_client_evaluated = !self.is_client_evaluated;
        }
        let evaluated = if self.is_client_evaluated { Value::Null } else { self.evaluated() };
        json!({"do": "publish", "cause": cause, "features": features, "environments": environments,
            "evaluated": evaluated})
    }

    fn feature(&mut self, key: &str, version: i64) -> String {
        // Some features keep their version, and so their whole JSON.
        let (number, new_version) = (self.next(), self.chance(50).then_some(version));
        match &self.pool {
            Some(pool) if number % 100 < 80 => pool.feature(key, number, new_version),
            _ => features::feature(self, key, version),
        }
    }

    /// Returns a step of the clock. Rules that read the clock name days and times of 2024-02-29, and later ones.
    fn clock(&mut self) -> Value {
        let steps: &[i64] = match &self.pool {
            None => &[1, 999, 30_000, -5_000],
            Some(_) => &[1, 36_930_000, 86_400_000, 31_536_000_000, -36_930_000, -86_400_000],
        };
        json!({"do": "clock", "by": self.pick(steps)})
    }

    fn evaluated(&mut self) -> Value {
        let context = self.pick(&[1, 1, 1, 2, 5]);
        let kept_for = if self.chance(20) { json!(self.pick(&[2, 3])) } else { Value::Null };
        let matched: Vec<&str> = KEYS.iter().filter(|_| self.chance(30)).copied().collect();
        let strategies: Vec<Value> =
            matched.iter().map(|key| json!([key, self.pick(&["s-1", "s-2", ""])])).collect();
        json!({"context": context, "keptFor": kept_for, "strategies": strategies})
    }

    fn status(&mut self) -> Value {
        let readiness = self.pick(&["READY", "READY", "READY", "NOT_READY", "FAILED"]);
        let connection = self.below(11);
        // Most statuses have no problem.
        let mut problems = vec![Value::Null; 8];
        problems.extend(known::problems().iter().map(shown::problem));
        let problem = self.pick(&problems);
        let source = self.pick(&[
            json!(null),
            json!({"kind": "streaming"}),
            json!({"kind": "polling"}),
            json!({"kind": "store", "name": "redis-store"}),
        ]);
        json!({"do": "status", "readiness": readiness, "connection": connection, "problem": problem,
            "source": source, "isStale": self.chance(10), "isWithheld": self.chance(10),
            "requests": self.below(9)})
    }

    fn revoke(&mut self) -> Value {
        let environments: Vec<&str> =
            (0..=self.below(2)).map(|_| self.pick(&ENVIRONMENTS)).collect();
        json!({"do": "revoke", "environments": environments})
    }

    pub(crate) fn read(&mut self) -> Value {
        let what = self.pick(&[
            "isEnabled",
            "boolean",
            "string",
            "number",
            "decimal",
            "json",
            "value",
            "detail",
            "detailAs",
            "detailAs",
            "peek",
            "isSet",
            "exists",
            "keys",
            "values",
            "eachValue",
            "bootstrap",
        ]);
        let (key, context) = (self.key(), self.context());
        let kind = self.pick(&KINDS);
        let mut step =
            json!({"do": "read", "what": what, "key": key, "context": context, "kind": kind});
        if self.made > 0 && self.chance(25) {
            step["snapshot"] = json!(self.old_number());
        }
        step
    }

    fn subscribe(&mut self) -> Value {
        let number = self.new_number();
        match self.below(10) {
            0..=3 => {
                let (key, context) = (self.key(), self.context());
                let does = self.reaction(number);
                json!({"do": "onChange", "number": number, "key": key, "context": context, "does": does})
            }
            4..=6 => {
                let what = self.pick(&["newState", "readiness", "status", "raw", "notice"]);
                json!({"do": "listen", "what": what, "number": number, "does": self.reaction(number)})
            }
            7..=8 => {
                let locks = self.pick(&["respect", "override", "decide"]);
                let name = self.pick(&["tests", "environment", "throws"]);
                let mut answers = Vec::new();
                for _ in 0..=self.below(3) {
                    answers.push(json!([self.key(), self.answer()]));
                }
                json!({"do": "intercept", "number": number, "name": name, "locks": locks, "answers": answers})
            }
            _ => {
                let dispatch = self.pick(&[
                    json!("queued"),
                    json!("batched"),
                    json!("inline"),
                    json!({"every": 1_500, "distinct": 3}),
                    json!("throws"),
                ]);
                let deduplicate = match self.chance(40) {
                    true => json!({"window": 10_000, "remembered": self.below(4)}),
                    false => Value::Null,
                };
                json!({"do": "observe", "number": number, "dispatch": dispatch, "queue": self.pick(&[1024, 2, 0]),
                    "oneOf": self.pick(&[1, 1, 2]), "deduplicate": deduplicate, "does": self.reaction(number)})
            }
        }
    }

    /// Returns what a listener or an observer does in its first call: null for nothing, a text for an error in each call.
    fn reaction(&mut self, number: u64) -> Value {
        match self.below(10) {
            0..=4 => Value::Null,
            5 => json!("throws"),
            6 => json!({"do": "unsubscribe", "number": number}),
            7 => json!({"do": "deliver"}),
            8 => self.read(),
            _ => match self.below(6) {
                0 => json!({"do": "release"}),
                1 => json!({"do": "catch"}),
                2 => json!({"do": "close"}),
                3 => json!({"do": "onChange", "number": self.new_number(), "key": self.key(),
                    "context": self.context(), "does": null}),
                4 => {
                    json!({"do": "listen", "what": "readiness", "number": self.new_number(), "does": null})
                }
                _ => self.publish(),
            },
        }
    }

    /// Returns what an interceptor does for one key.
    fn answer(&mut self) -> Value {
        self.pick(&[
            json!({"continue": true}),
            json!({"throw": true}),
            json!({"read": "text"}),
            json!({"value": null}),
            json!({"value": true}),
            json!({"value": ["t", "TRUE"]}),
            json!({"value": ["t", "7.50"]}),
            json!({"value": ["t", "[1, 2]"]}),
            json!({"value": ["t", ""]}),
            json!({"value": ["n", "1e400"]}),
            json!({"value": ["n", "-0"]}),
            json!({"value": ["j", "{\"a\":1}"]}),
            json!({"value": ["j", "false"]}),
        ])
    }

    fn overrides(&mut self) -> Value {
        let (number, key) = (self.old_number(), self.key());
        let by = self.pick(&["handle", "repository", "nothing"]);
        json!({"do": "override", "number": number, "key": key, "answer": self.answer(), "notify": by})
    }

    fn catch(&mut self) -> Value {
        match self.below(10) {
            0..=3 => json!({"do": "catch"}),
            4 => json!({"do": "stopCatching"}),
            5..=6 => json!({"do": "release"}),
            _ => json!({"do": "releaseOnly", "keys": self.keys()}),
        }
    }

    fn record(&mut self) -> Value {
        let (name, context) = (self.pick(&["checkout", "feature"]), self.context());
        json!({"do": "record", "name": name, "params": {"__proto__": 1, "text": "x", "plan": [true, 7.5]},
            "context": context})
    }

    fn raw_or_notice(&mut self) -> Value {
        let mut steps = vec![
            json!({"do": "raw", "source": "polling", "environment": null, "kind": "list", "json": "[]"}),
            json!({"do": "raw", "source": "streaming", "environment": "env-1", "kind": "delete", "json": "{\"id\":\"a\"}"}),
        ];
        let notices = known::notices();
        steps.extend(notices.iter().map(|(form, _)| json!({"do": "notice", "notice": form})));
        self.pick(&steps)
    }

    fn state_of(&mut self) -> Value {
        let what = self.pick(&["counters", "listeners", "held", "latest", "status", "lastContact"]);
        json!({"do": "state", "what": what})
    }
}

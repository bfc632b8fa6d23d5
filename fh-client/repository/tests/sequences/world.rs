//! A repository whose steps are recorded.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, Profile, Ruleset, Timestamp};
use fh_repository::publication::{Cause, Publication, RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_repository::{
    Deduplicate, LockPolicy, Repository, RepositoryOptions, RepositorySnapshot, Subscription,
    UsageOptions,
};
use serde_json::{Value, json};

use crate::user_code::{Reaction, TestInterceptor, TestObserver};
use crate::{known, reads, shown};

/// 2024-02-29T00:00:00Z, when every sequence begins.
const BEGIN: i64 = 1_709_164_800_000;

/// All activities of the connection, by their numbers in steps.
const CONNECTIONS: [Connection; 11] = [
    Connection::Idle,
    Connection::Connecting,
    Connection::Streaming,
    Connection::Resting,
    Connection::Waiting,
    Connection::Paused,
    Connection::Done,
    Connection::Halted,
    Connection::Suspended,
    Connection::Offline,
    Connection::Closed,
];

pub(crate) struct World {
    pub(crate) repository: Repository,
    pub(crate) capacity: usize,
    this: std::sync::Weak<World>,
    now: Arc<AtomicI64>,
    contexts: Vec<Arc<Attributes>>,
    log: Mutex<Vec<Value>>,
    snapshots: Mutex<BTreeMap<u64, Arc<RepositorySnapshot>>>,
    subscriptions: Mutex<BTreeMap<u64, Subscription>>,
    interceptors: Mutex<BTreeMap<u64, Arc<TestInterceptor>>>,
}

impl World {
    pub(crate) fn new(contexts: Value, capacity: usize) -> Arc<Self> {
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = Arc::clone(&now);
        let mut options =
            RepositoryOptions::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        options.events = capacity;
        options.reports_mistakes = true;
        Arc::new_cyclic(|this| Self {
            repository: Repository::new(options),
            capacity,
            this: this.clone(),
            now,
            contexts: list(&contexts).map(|context| Arc::new(attributes(context))).collect(),
            log: Mutex::default(),
            snapshots: Mutex::default(),
            subscriptions: Mutex::default(),
            interceptors: Mutex::default(),
        })
    }

    /// Records an event of the current step.
    pub(crate) fn note(&self, what: Value) {
        self.log.lock().unwrap().push(what);
    }

    /// Takes a step, and returns it with its result, the events, and the state afterwards.
    pub(crate) fn step(&self, step: Value) -> Value {
        let gives = self.run(&step);
        let log = std::mem::take(&mut *self.log.lock().unwrap());
        let repository = &self.repository;
        let after = json!([
            repository.generation(),
            repository.readiness().as_str(),
            repository.is_catching(),
            repository.is_holding(),
        ]);
        json!({"step": step, "gives": gives, "log": log, "after": after})
    }

    /// Takes a step, and returns its result.
    pub(crate) fn run(&self, step: &Value) -> Value {
        let repository = &self.repository;
        let number = step["number"].as_u64().unwrap_or_default();
        match step["do"].as_str().unwrap() {
            "begin" => self.begin(),
            "clock" => {
                self.now.fetch_add(step["by"].as_i64().unwrap(), Ordering::Relaxed);
            }
            "publish" => repository.publish(self.publication(step)),
            "revoke" => {
                repository.revoke(&list(&step["environments"]).map(text).collect::<Vec<_>>());
            }
            "status" => {
                let status = status(step);
                repository.set_status(status.clone());
                return shown::status(&status);
            }
            "read" => return self.read(step),
            "hold" => {
                self.snapshots.lock().unwrap().insert(number, repository.snapshot());
            }
            "deliver" => repository.deliver(),
            "deliverSummaries" => {
                let now = Millis::new(step["now"].as_u64().unwrap());
                return json!(repository.deliver_summaries(now).map(Millis::as_u64));
            }
            "flush" => {
                repository.flush_usage(Duration::from_millis(step["limit"].as_u64().unwrap()));
            }
            "onChange" | "listen" | "intercept" | "observe" => {
                let subscription = self.subscribe(step);
                self.subscriptions.lock().unwrap().insert(number, subscription);
            }
            "unsubscribe" => {
                let subscription = self.subscriptions.lock().unwrap().remove(&number);
                drop(subscription);
            }
            "override" => self.set_override(number, step),
            "catch" => repository.catch_updates(),
            "stopCatching" => repository.stop_catching(),
            "release" => repository.release(),
            "releaseOnly" => {
                repository
                    .release_only(list(&step["keys"]).map(|key| key.as_str().unwrap().to_owned()));
            }
            "record" => {
                let params = step["params"].as_object().unwrap().clone().into_iter().collect();
                repository.record(
                    step["name"].as_str().unwrap(),
                    params,
                    self.context(&step["context"]),
                );
            }
            "reportReads" => repository.report_reads(),
            "contact" => repository.contact(Millis::new(step["at"].as_u64().unwrap())),
            "raw" => repository.raw(raw(step)),
            "notice" => {
                let mut notices = known::notices().into_iter();
                let (_, notice) = notices.find(|(form, _)| *form == step["notice"]).unwrap();
                repository.notice(notice.clone());
                return shown::notice(&notice);
            }
            "close" => repository.close(),
            "state" => return self.state(step["what"].as_str().unwrap()),
            other => panic!("no such step: {other}"),
        }
        Value::Null
    }

    fn begin(&self) {
        let note = |what: &'static str| {
            let world = self.this.clone();
            move || {
                if let Some(world) = world.upgrade() {
                    world.note(json!([what]));
                }
            }
        };
        self.repository.set_waker(note("work"));
        self.repository.set_touch_waker(note("touch"));
        let world = self.this.clone();
        self.repository.set_notice_log(move |notice| {
            if let Some(world) = world.upgrade() {
                world.note(json!(["logged", shown::notice(&notice)]));
            }
        });
    }

    fn context(&self, number: &Value) -> Option<&Arc<Attributes>> {
        number.as_u64().map(|number| &self.contexts[number as usize])
    }

    fn publication(&self, step: &Value) -> Publication {
        let cause = match step["cause"].as_str().unwrap() {
            "first" => Cause::First,
            "change" => Cause::Change,
            _ => Cause::Invisible,
        };
        let environments = match &step["environments"] {
            Value::Null => Environments::Unknown,
            Value::String(id) => Environments::One(id.as_str().into()),
            several => Environments::Several(pairs(several)),
        };
        let evaluated = &step["evaluated"];
        let compiler = Compiler::new(Profile::Client);
        let rules = if evaluated.is_null() {
            Rules::client_evaluated(ruleset(compiler, &step["features"]), environments)
        } else {
            let evaluated = ServerEvaluated {
                context: Arc::clone(self.context(&evaluated["context"]).unwrap()),
                kept_for: self.context(&evaluated["keptFor"]).cloned(),
                strategies: pairs(&evaluated["strategies"]),
            };
            let ruleset = ruleset(compiler.without_strategies(), &step["features"]);
            Rules::server_evaluated(ruleset, environments, Arc::new(evaluated))
        };
        Publication { rules: Arc::new(rules), cause }
    }

    fn read(&self, step: &Value) -> Value {
        let held = step["snapshot"].as_u64().and_then(|number| {
            let snapshots = self.snapshots.lock().unwrap();
            snapshots.get(&number).cloned()
        });
        let snapshot = held.unwrap_or_else(|| self.repository.snapshot());
        reads::read(&snapshot, step, self.context(&step["context"]))
    }

    fn subscribe(&self, step: &Value) -> Subscription {
        let repository = &self.repository;
        let world = self.this.upgrade().unwrap();
        let reaction = |step: &Value| Reaction::new(&world, step);
        match (step["do"].as_str().unwrap(), step["what"].as_str().unwrap_or_default()) {
            ("onChange", _) => {
                let reaction = reaction(step);
                let context = self.context(&step["context"]);
                repository.on_change(step["key"].as_str().unwrap(), context, move |change| {
                    reaction.called(
                        "change",
                        json!([
                            *change.key,
                            shown::value(change.old.as_ref()),
                            shown::value(change.new.as_ref()),
                            change.was_locked,
                            change.is_locked,
                            change.exists,
                            change.version,
                            change.generation,
                        ]),
                    );
                })
            }
            ("listen", "newState") => {
                let reaction = reaction(step);
                repository.on_new_state(move |event| {
                    reaction.called("newState", json!([event.is_held, &*event.keys]));
                })
            }
            ("listen", "readiness") => {
                let reaction = reaction(step);
                repository.on_readiness(move |change| {
                    let status = shown::status(&change.status);
                    reaction.called(
                        "readiness",
                        json!([change.readiness.as_str(), change.is_first, status]),
                    );
                })
            }
            ("listen", "status") => {
                let reaction = reaction(step);
                repository.on_status(move |status| reaction.called("status", shown::status(status)))
            }
            ("listen", "raw") => {
                let reaction = reaction(step);
                repository.on_raw(move |update| reaction.called("raw", shown::raw(update)))
            }
            ("listen", _) => {
                let reaction = reaction(step);
                repository.on_notice(move |notice| reaction.called("notice", shown::notice(notice)))
            }
            ("intercept", _) => {
                let locks = match step["locks"].as_str().unwrap() {
                    "respect" => LockPolicy::Respect,
                    "override" => LockPolicy::Override,
                    _ => LockPolicy::Decide,
                };
                let number = step["number"].as_u64().unwrap();
                let interceptor = Arc::new(TestInterceptor {
                    world: self.this.clone(),
                    number,
                    name: step["name"].as_str().unwrap().to_owned(),
                    answers: Mutex::new(pairs(&step["answers"])),
                    changes: Mutex::default(),
                });
                self.interceptors.lock().unwrap().insert(number, Arc::clone(&interceptor));
                repository.intercept(interceptor, locks)
            }
            _ => {
                let observer =
                    TestObserver { reaction: reaction(step), dispatch: step["dispatch"].clone() };
                let deduplicate = &step["deduplicate"];
                let options = UsageOptions {
                    queue: step["queue"].as_u64().unwrap() as usize,
                    one_of: NonZeroU32::new(step["oneOf"].as_u64().unwrap() as u32).unwrap(),
                    deduplicate: (!deduplicate.is_null()).then(|| Deduplicate {
                        window: Duration::from_millis(deduplicate["window"].as_u64().unwrap()),
                        remembered: deduplicate["remembered"].as_u64().unwrap() as usize,
                    }),
                };
                repository.observe(Arc::new(observer), options)
            }
        }
    }

    fn set_override(&self, number: u64, step: &Value) {
        let interceptor = self.interceptors.lock().unwrap().get(&number).cloned();
        if let Some(interceptor) = interceptor {
            let key = step["key"].as_str().unwrap().to_owned();
            interceptor.answers.lock().unwrap().insert(key, step["answer"].clone());
            let changes = interceptor.changes.lock().unwrap().clone();
            if let (Some(changes), "handle") = (changes, step["notify"].as_str().unwrap()) {
                changes.notify();
            }
        }
        if step["notify"] == "repository" {
            self.repository.overrides_changed();
        }
    }

    fn state(&self, what: &str) -> Value {
        let repository = &self.repository;
        match what {
            "counters" => shown::counters(&repository.counters()),
            "listeners" => json!(repository.listeners()),
            "held" => json!(repository.held()),
            "latest" => {
                repository.latest().ruleset().iter().map(|feature| feature.json()).collect()
            }
            "status" => shown::status(&repository.status()),
            _ => json!(repository.last_contact().map(Millis::as_u64)),
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> Arc<str> {
    value.as_str().unwrap().into()
}

/// Returns the pairs of a list. A value that is a text is used without quotes.
fn pairs<K: for<'k> From<&'k str>, V: FromJson, M: FromIterator<(K, V)>>(value: &Value) -> M {
    list(value).map(|pair| (K::from(pair[0].as_str().unwrap()), V::from_json(&pair[1]))).collect()
}

trait FromJson {
    fn from_json(value: &Value) -> Self;
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Self {
        value.clone()
    }
}

impl FromJson for Arc<str> {
    fn from_json(value: &Value) -> Self {
        text(value)
    }
}

impl FromJson for Box<str> {
    fn from_json(value: &Value) -> Self {
        value.as_str().unwrap().into()
    }
}

pub(crate) fn attributes(context: &Value) -> Attributes {
    let pairs: Vec<(String, Value)> = pairs(context);
    let builder = pairs.iter().fold(Attributes::builder(), |builder, (name, values)| {
        let values: Vec<&str> = list(values).map(|value| value.as_str().unwrap()).collect();
        builder.attribute(name, values)
    });
    builder.build()
}

fn ruleset(compiler: Compiler<'_>, features: &Value) -> Ruleset {
    let mut compilation = compiler.begin(None);
    list(features).for_each(|json| compilation.add(json.as_str().unwrap()));
    compilation.finish()
}

fn status(step: &Value) -> SessionStatus {
    SessionStatus {
        readiness: match step["readiness"].as_str().unwrap() {
            "READY" => Readiness::Ready,
            "FAILED" => Readiness::Failed,
            _ => Readiness::NotReady,
        },
        connection: CONNECTIONS[step["connection"].as_u64().unwrap() as usize],
        problem: known::problems()
            .into_iter()
            .find(|problem| shown::problem(problem) == step["problem"]),
        source: step["source"]["kind"].as_str().map(source),
        is_stale: step["isStale"].as_bool().unwrap(),
        is_withheld: step["isWithheld"].as_bool().unwrap(),
        requests: step["requests"].as_u64().unwrap(),
        ..SessionStatus::default()
    }
}

fn source(name: &str) -> Source {
    match name {
        "polling" => Source::Polling,
        "streaming" => Source::Streaming,
        _ => Source::Store("redis-store".into()),
    }
}

fn raw(step: &Value) -> RawUpdate {
    RawUpdate {
        source: source(step["source"].as_str().unwrap()),
        environment: step["environment"].as_str().map(Into::into),
        kind: match step["kind"].as_str().unwrap() {
            "list" => RawKind::List,
            _ => RawKind::Delete,
        },
        json: text(&step["json"]).into(),
    }
}

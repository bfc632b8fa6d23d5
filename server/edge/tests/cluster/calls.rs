//! The requests of a history, which callers send to all servers at the same time.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::servers::{CLIENT_KEY, GUEST_KEY, Rights, Server, WRITER_KEY, options, state_of};

pub(crate) const FEATURES: [&str; 2] = ["BANNER", "NEW_CHECKOUT"];

/// A request.
#[derive(Debug)]
pub(crate) enum What {
    /// A PUT of a value and a lock of the feature with this number. Values of BANNER are unique.
    Put {
        is_guest: bool,
        feature: usize,
        value: Option<String>,
        lock: Option<bool>,
    },
    /// A PATCH of the value of BANNER, if its version is one of these. An empty list accepts each version.
    Patch {
        value: String,
        versions: Vec<i64>,
    },
    /// A poll with the key of the account `guest`.
    GuestPoll,
    Load(Load),
}

/// A whole state.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) rights: Rights,
    pub(crate) values: [String; 2],
    /// The name of the server that the log has for an import, which keeps changes.
    pub(crate) import: Option<String>,
    /// The revisions that a replacement accepts. An empty list accepts each revision.
    pub(crate) revisions: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Status(u16),
    /// Status 503, with the promise that nothing was changed.
    NotMade,
    Unknown,
}

/// A request and its answer, and the times at which they were sent, on a clock that counts them.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) what: What,
    pub(crate) begin: u64,
    pub(crate) end: u64,
    pub(crate) outcome: Outcome,
    /// The value and the version of BANNER that the server served after the answer.
    pub(crate) served: (String, i64),
}

impl What {
    async fn send(&self, server: &Server, cluster: &Cluster) -> Outcome {
        let (status, body) = match self {
            Self::Put { is_guest, feature, value, lock } => {
                let mut members = Vec::new();
                members.extend(value.as_ref().map(|value| match feature {
                    0 => format!("\"value\": \"{value}\""),
                    _ => format!("\"value\": {value}"),
                }));
                members.extend(lock.map(|lock| format!("\"lock\": {lock}")));
                let key = if *is_guest { GUEST_KEY } else { WRITER_KEY };
                server.put_as(key, FEATURES[*feature], &format!("{{{}}}", members.join(","))).await
            }
            Self::Patch { value, versions } => {
                let body = format!(r#"{{"value": "{value}"}}"#);
                server.patch_if(&list(versions), "BANNER", &body).await
            }
            Self::GuestPoll => {
                let (status, _, body) = server.poll(GUEST_KEY).await;
                (status, body)
            }
            Self::Load(load) => {
                let state = state_of(load.rights, &load.values[0], load.values[1] == "true");
                match &load.import {
                    None => server.replace_if(&list(&load.revisions), &state).await,
                    Some(name) => {
                        let at = options(&cluster.database()).server_name(name.as_str());
                        let state = serde_json::from_str(&state).unwrap();
                        let import = move || fh_edge::cluster::import(&at, state);
                        match tokio::task::spawn_blocking(import).await.unwrap() {
                            Ok(_) => (200, String::new()),
                            Err(why) => (503, why.to_string()),
                        }
                    }
                }
            }
        };
        match status {
            503 if body.contains("made is not known") || body.contains("loaded is not known") => {
                Outcome::Unknown
            }
            503 => Outcome::NotMade,
            status => Outcome::Status(status),
        }
    }

    /// Returns the value of a change of BANNER.
    pub(crate) fn unique(&self) -> Option<&str> {
        match self {
            Self::Put { feature: 0, value, .. } => value.as_deref(),
            Self::Patch { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// Returns the header `If-Match`.
fn list<T: ToString>(versions: &[T]) -> String {
    let all: Vec<String> =
        versions.iter().map(|each| format!("\"{}\"", each.to_string())).collect();
    if all.is_empty() { "*".to_owned() } else { all.join(", ") }
}

/// Numbers that only a seed decides.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % end
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn rights(&mut self) -> Rights {
        // Most states allow most changes.
        Rights { lock: self.below(4) > 0, change: self.below(4) > 0, guest: self.coin() }
    }
}

/// Sends a request, and counts its outcome.
pub(crate) async fn send(cluster: &Cluster, server: &Server, at: usize, what: What) -> Call {
    let begin = cluster.tick();
    let outcome = what.send(server, cluster).await;
    let end = cluster.tick();
    let banner = server.feature(CLIENT_KEY, "BANNER").await;
    let served =
        (banner["value"].as_str().unwrap().to_owned(), banner["version"].as_i64().unwrap());
    if !matches!(what, What::GuestPoll) {
        cluster.note(at, outcome);
    }
    Call { what, begin, end, outcome, served }
}

/// A caller that changes BANNER and NEW_CHECKOUT on one server. The version that the server serves never falls.
pub(crate) async fn caller(cluster: Arc<Cluster>, number: usize, seed: u64) -> Vec<Call> {
    let at = number % cluster.size();
    let mut random = Random(seed);
    let mut calls = Vec::new();
    let (mut last, mut seen) = (cluster.server(at), 0);
    for count in 0.. {
        if cluster.is_over() {
            break;
        }
        let value = format!("{seed:x}-{count}");
        let put =
            |is_guest, lock| What::Put { is_guest, feature: 0, value: Some(value.clone()), lock };
        let what = match random.below(16) {
            0..=4 => put(false, None),
            5 => put(false, Some(true)),
            6..=7 => put(false, Some(false)),
            8 => What::Put { is_guest: false, feature: 0, value: None, lock: Some(random.coin()) },
            9..=10 => {
                let value = Some(random.coin().to_string());
                What::Put { is_guest: false, feature: 1, value, lock: None }
            }
            11 => put(true, None),
            12..=13 => What::Patch {
                value: value.clone(),
                versions: (0..9).map(|more| seen + more).collect(),
            },
            14 => What::Patch { value: value.clone(), versions: Vec::new() },
            _ => What::GuestPoll,
        };
        let server = cluster.server(at);
        if !Arc::ptr_eq(&server, &last) {
            (last, seen) = (server, 0);
        }
        let call = send(&cluster, &last, at, what).await;
        assert!(seen <= call.served.1, "a version fell on {}", last.name);
        seen = call.served.1;
        calls.push(call);
    }
    calls
}

/// Imports and replaces states with other rights in turn, each after some changes.
pub(crate) async fn operator(cluster: Arc<Cluster>, seed: u64) -> Vec<Call> {
    let mut random = Random(seed);
    let mut calls = Vec::new();
    for count in 0.. {
        if cluster.is_over() {
            break;
        }
        let at = random.below(cluster.size() as u64) as usize;
        let mut load = Load {
            rights: random.rights(),
            values: ["Welcome".to_owned(), "false".to_owned()],
            import: Some(format!("import-{seed:x}-{count}")),
            revisions: Vec::new(),
        };
        if count % 2 == 0 {
            let revision = cluster.server(at).revision().await;
            load.values = [format!("{seed:x}-{count}"), random.coin().to_string()];
            load.revisions = (revision..revision + 20).collect();
            load.import = None;
        }
        let last = load.revisions.last().copied().unwrap_or_default();
        let call = send(&cluster, &cluster.server(at), at, What::Load(load)).await;
        let is_unknown = call.outcome == Outcome::Unknown;
        calls.push(call);
        cluster.make_any(25).await;
        // Two replacements whose outcome is unknown must not accept the same revision.
        let later = (last + 1).to_string();
        while is_unknown && !cluster.is_over() {
            if cluster.server(at).poll_at(CLIENT_KEY, &later).await.0 == 200 {
                break;
            }
        }
    }
    calls
}

//! The rows of a table of requests, and their servers.

use std::path::Path;

use crate::floor::{Kind, TAG};
use crate::proof;
use crate::questions::Question::{
    Enabled, Evaluated, EvaluatedAnew, EvaluatedUnchanged, List, Unchanged,
};
use crate::questions::{Api, Question};
use crate::servers::{Places, Server};

pub struct Row {
    pub name: &'static str,
    pub server: usize,
    pub api: Api,
    pub question: Question,
    pub etag: String,
    /// The index of the row with which this one is compared.
    pub floor: usize,
    pub requests: Vec<f64>,
    pub processor: Vec<f64>,
    pub late: Vec<f64>,
    pub bytes: usize,
    /// The number of repeated turns.
    pub failures: usize,
}

impl Row {
    /// Returns the name of the row, with the number of failed turns.
    pub fn title(&self) -> String {
        match self.failures {
            0 => self.name.to_string(),
            failures => format!("{} (failed turns: {failures})", self.name),
        }
    }
}

#[derive(Default)]
pub struct Rows {
    pub rows: Vec<Row>,
    pub servers: Vec<Server>,
    ours: Option<Evaluator>,
    peer: Option<Evaluator>,
    /// The index of the last floor, with which the following rows are compared.
    floor: usize,
}

/// A server whose evaluation was checked.
struct Evaluator {
    server: usize,
    api: Api,
    /// The etag of the list of all features. `evaluated` is that of the evaluated features.
    whole: String,
    evaluated: String,
}

impl Rows {
    /// Starts all servers, and checks that they evaluate correctly.
    pub fn new(places: &Places) -> Result<Self, String> {
        let mut rows = Self::default();
        let (mut whole, mut evaluated) = (places.list.clone(), None);
        if places.fh.is_some() {
            let ours = Server::ours(places)?;
            proof::evaluates(&ours, Api::FeatureHub, places.features)?;
            // The floors serve the same bytes.
            let write = |name: &str, question: Question| {
                let path = places.folder.join(name);
                let answer = ours.fetch(&question.request(Api::FeatureHub, 0))?;
                std::fs::write(&path, &answer.body).map_err(|why| why.to_string())?;
                Ok::<_, String>((path, answer.etag))
            };
            let etags;
            (whole, etags) = write("whole.json", List)?;
            let (path, etag) = write("evaluated.json", Evaluated)?;
            evaluated = Some(path);
            rows.ours = Some(Evaluator {
                server: rows.server(ours),
                api: Api::FeatureHub,
                whole: etags,
                evaluated: etag,
            });
        } else {
            eprintln!("there is no `fh` beside this program: left out");
        }
        if places.peer.is_some() {
            let peer = Server::peer_with_file(places)?;
            let api = Api::Unleash;
            proof::evaluates(&peer, api, places.features)?;
            let whole = peer.fetch(&List.request(api, 0))?.etag;
            let evaluated = peer.fetch(&Evaluated.request(api, 0))?.etag;
            rows.peer = Some(Evaluator { server: rows.server(peer), api, whole, evaluated });
        }
        let axum = rows.floor_server(Kind::Axum, &whole)?;
        let listen = rows.floor_server(Kind::Listen, &whole)?;

        rows.floor("static axum", axum, List);
        rows.row("static axum, `fh_edge::listen`", listen, Api::FeatureHub, List, TAG);
        rows.ours("client-evaluated", List);
        rows.peer("`unleash-edge`, client-evaluated", List);
        rows.floor("static axum, 304", axum, Unchanged);
        rows.row("static axum, `fh_edge::listen`, 304", listen, Api::FeatureHub, Unchanged, TAG);
        rows.ours("client-evaluated, 304", Unchanged);
        rows.ours("server-evaluated, 304", EvaluatedUnchanged);
        rows.peer("`unleash-edge`, client-evaluated, 304", Unchanged);
        rows.peer("`unleash-edge`, server-evaluated, 304", EvaluatedUnchanged);
        if let Some(evaluated) = evaluated {
            let axum = rows.floor_server(Kind::Axum, &evaluated)?;
            rows.floor("static axum, evaluated bytes", axum, Evaluated);
        }
        rows.ours("server-evaluated, 1,000 contexts", Evaluated);
        rows.ours("server-evaluated, contexts all different", EvaluatedAnew);
        rows.peer("`unleash-edge`, server-evaluated, 1,000 contexts", Evaluated);
        rows.peer("`unleash-edge`, server-evaluated, contexts all different", EvaluatedAnew);
        rows.peer("`unleash-edge`, only what is on, contexts all different", Enabled);
        Ok(rows)
    }

    fn server(&mut self, server: Server) -> usize {
        self.servers.push(server);
        self.servers.len() - 1
    }

    /// Starts a floor, and checks that it responds with this list.
    fn floor_server(&mut self, kind: Kind, list: &Path) -> Result<usize, String> {
        let expected = std::fs::read(list).map_err(|why| why.to_string())?;
        let server = Server::floor(kind, list)?;
        if server.fetch(&List.request(Api::FeatureHub, 0))?.body != expected {
            return Err(format!("a floor does not answer with {}", list.display()));
        }
        Ok(self.server(server))
    }

    fn floor(&mut self, name: &'static str, server: usize, question: Question) {
        self.floor = self.rows.len();
        self.row(name, server, Api::FeatureHub, question, TAG);
    }

    fn ours(&mut self, name: &'static str, question: Question) {
        let ours = self.ours.take();
        self.evaluator(name, ours.as_ref(), question);
        self.ours = ours;
    }

    fn peer(&mut self, name: &'static str, question: Question) {
        let peer = self.peer.take();
        self.evaluator(name, peer.as_ref(), question);
        self.peer = peer;
    }

    /// Adds a row for a server. Does nothing if the server is not measured.
    fn evaluator(&mut self, name: &'static str, of: Option<&Evaluator>, question: Question) {
        let Some(of) = of else { return };
        let etag = match question {
            EvaluatedUnchanged => &of.evaluated,
            _ => &of.whole,
        };
        self.row(name, of.server, of.api, question, etag);
    }

    fn row(&mut self, name: &'static str, server: usize, api: Api, question: Question, etag: &str) {
        let (requests, processor, late) = Default::default();
        let (floor, etag) = (self.floor, etag.to_string());
        self.rows.push(Row {
            name,
            server,
            api,
            question,
            etag,
            floor,
            requests,
            processor,
            late,
            bytes: 0,
            failures: 0,
        });
    }
}

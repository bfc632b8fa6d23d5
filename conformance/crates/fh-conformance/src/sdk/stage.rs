//! The Edges of one scenario.

use std::cell::OnceCell;
use std::io;
use std::ops::Range;

use fh_test::certificates::Authority;
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Http2Front, Proxy, TlsFront};

use super::tempo::Tempo;

/// The Edges that a scenario sets up. `fh-conformance edge --scenario ID` serves the same.
#[derive(Debug)]
pub struct Stage {
    edge: FakeEdge,
    other: OnceCell<FakeEdge>,
    tls: OnceCell<Tls>,
    entrance: Option<Tls>,
    proxy: OnceCell<Proxy>,
    tempo: Tempo,
}

/// The protocol between clients and the Edge of a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EdgeProtocol {
    /// HTTP/1.1 without TLS.
    #[default]
    Http1,
    /// HTTP/1.1 with TLS.
    Tls,
    /// HTTP/2 with TLS.
    Http2,
}

/// A TLS server in front of the Edge.
#[derive(Debug)]
pub struct Tls {
    front: Front,
    authority: String,
}

#[derive(Debug)]
enum Front {
    Http1(TlsFront),
    Http2(Http2Front),
}

impl Tls {
    /// Returns the URL, for the host name `localhost`.
    #[must_use]
    pub fn url(&self) -> String {
        let address = match &self.front {
            Front::Http1(front) => front.address(),
            Front::Http2(front) => front.address(),
        };
        format!("https://localhost:{}", address.port())
    }

    /// Returns the certificate of the authority, as PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Stage {
    /// Starts an Edge for a client with these delays.
    ///
    /// # Errors
    /// If no port is available.
    pub fn start(tempo: Tempo) -> io::Result<Self> {
        Self::start_on(0, tempo)
    }

    /// Starts an Edge on this port for a client with these delays. The number 0 stands for any free port.
    ///
    /// # Errors
    /// If the port is not available.
    pub fn start_on(port: u16, tempo: Tempo) -> io::Result<Self> {
        Ok(Self {
            edge: FakeEdge::start_on(port)?,
            other: OnceCell::new(),
            tls: OnceCell::new(),
            entrance: None,
            proxy: OnceCell::new(),
            tempo,
        })
    }

    /// Returns the Edge that clients connect to.
    #[must_use]
    pub fn edge(&self) -> &FakeEdge {
        &self.edge
    }

    /// Returns a second Edge at another origin, which is started by the first call. `None` if no port is available.
    #[must_use]
    pub fn other(&self) -> Option<&FakeEdge> {
        if self.other.get().is_none() {
            let _ = self.other.set(FakeEdge::start().ok()?);
        }
        self.other.get()
    }

    /// Starts a TLS server in front of the Edge, with a certificate for a host that is valid from the first to the last of these days,
    /// counted from now. Without a free port, [`Stage::tls`] returns `None`.
    pub fn with_tls(&self, host: &str, days: Range<i64>) {
        if let Ok(tls) = self.secured(host, days, EdgeProtocol::Tls) {
            let _ = self.tls.set(tls);
        }
    }

    fn secured(&self, host: &str, days: Range<i64>, protocol: EdgeProtocol) -> io::Result<Tls> {
        let authority = Authority::new("the authority of the scenario");
        let (edge, config) = (self.edge.address(), authority.issue(host, days).server());
        let front = match protocol {
            EdgeProtocol::Http2 => Front::Http2(Http2Front::start(edge, Some(config))?),
            EdgeProtocol::Http1 | EdgeProtocol::Tls => Front::Http1(TlsFront::start(edge, config)?),
        };
        Ok(Tls { front, authority: authority.pem() })
    }

    /// Starts the server through which all clients reach the Edge that get no URL from the scenario.
    ///
    /// # Errors
    /// If no port is available.
    pub(super) fn speak(&mut self, protocol: EdgeProtocol) -> io::Result<()> {
        if protocol != EdgeProtocol::Http1 {
            self.entrance = Some(self.secured("localhost", -1..1, protocol)?);
        }
        Ok(())
    }

    /// Returns the server through which clients reach the Edge; `None` if they reach it directly.
    pub(super) fn entrance(&self) -> Option<&Tls> {
        self.entrance.as_ref()
    }

    /// Returns the TLS server, if it was started.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.get()
    }

    /// Returns a proxy that leads to the Edge, which is started by the first call. `None` if no port is available.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        if self.proxy.get().is_none() {
            let _ = self.proxy.set(Proxy::start(self.edge.address()).ok()?);
        }
        self.proxy.get()
    }

    /// Returns the second Edge, if it was started.
    pub(super) fn started_other(&self) -> Option<&FakeEdge> {
        self.other.get()
    }

    /// Returns the delays of the client.
    #[must_use]
    pub fn tempo(&self) -> Tempo {
        self.tempo
    }

    /// Serves the feature `F`, a STRING with the value `one` and version 1.
    pub fn with_feature_f(&self) {
        self.edge.set_feature(Feature::string("F", "one"));
    }

    /// Serves the features `F` and `G`, two STRINGs with the value `one` and version 1.
    pub fn with_features_f_and_g(&self) {
        self.with_feature_f();
        self.edge.set_feature(Feature::string("G", "one"));
    }

    /// Answers no request before the signal `go`.
    pub fn answer_after_go(&self) {
        self.edge.behave(Behaviour::new().wait_for_signal("go").then_healthy());
    }
}

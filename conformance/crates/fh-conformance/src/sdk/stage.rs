//! The Edges of one scenario.

use std::cell::OnceCell;
use std::ops::Range;

use fh_fake_edge::{Behaviour, FakeEdge, Feature, Proxy, TlsFront};
use fh_test_certificates::Authority;

use super::tempo::Tempo;

/// The Edges that a scenario sets up. `fh-conformance edge --scenario ID` serves the same.
#[derive(Debug)]
pub struct Stage {
    edge: FakeEdge,
    other: OnceCell<FakeEdge>,
    tls: OnceCell<Tls>,
    proxy: OnceCell<Proxy>,
    tempo: Tempo,
}

/// A TLS server in front of the Edge.
#[derive(Debug)]
pub struct Tls {
    front: TlsFront,
    authority: String,
}

impl Tls {
    /// Returns the URL, for the host name `localhost`.
    #[must_use]
    pub fn url(&self) -> String {
        self.front.url()
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
    pub fn start(tempo: Tempo) -> std::io::Result<Self> {
        Self::start_on(0, tempo)
    }

    /// Starts an Edge on this port for a client with these delays. The number 0 stands for any free port.
    ///
    /// # Errors
    /// If the port is not available.
    pub fn start_on(port: u16, tempo: Tempo) -> std::io::Result<Self> {
        Ok(Self {
            edge: FakeEdge::start_on(port)?,
            other: OnceCell::new(),
            tls: OnceCell::new(),
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
        let authority = Authority::new("the authority of the scenario");
        let certificate = authority.issue(host, days);
        if let Ok(front) = TlsFront::start(self.edge.address(), certificate.server()) {
            let _ = self.tls.set(Tls { front, authority: authority.pem() });
        }
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

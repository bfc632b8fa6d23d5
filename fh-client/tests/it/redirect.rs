//! Redirects, which the client itself follows within the origin only (D-82).

use std::time::Duration;

use fh_client::{Backoff, NotReady, Problem};
use fh_fake_edge::{Behaviour, FakeEdge, Feature, RedirectTo, Route};

use crate::support::{builder, reads, started, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

#[test]
fn within_the_origin_they_are_followed() {
    for status in [301, 302, 307, 308] {
        let edge = edge();
        edge.behave(Behaviour::choose(move |request| {
            if request.path.starts_with("/moved") {
                Behaviour::healthy()
            } else {
                Behaviour::redirect(status, RedirectTo::Prefix("/moved".into()))
            }
        }));
        let client = started(builder(&edge));
        edge.set_value("COLOUR", "blue");
        reads(&client, "COLOUR", "blue");
        assert_eq!(client.status().requests, 2);
        assert_eq!(edge.recording().count(Route::Stream), 2);
        let polled = started(builder(&edge).once());
        assert_eq!(polled.status().requests, 2);
    }
}

#[test]
fn elsewhere_nothing_is_sent() {
    let (edge, other) = (edge(), edge());
    edge.behave(Behaviour::redirect(307, RedirectTo::Origin(other.url())));
    let client = builder(&edge).start().unwrap();
    let status = until(&client, |status| status.attempts >= 3);
    assert_eq!(status.problem, Some(Problem::Redirect));
    assert!(other.recording().connections.is_empty());
    assert!(matches!(client.wait_ready(Duration::ZERO), Err(NotReady::TimedOut(_))));
}

#[test]
fn in_a_circle_they_end() {
    let edge = edge();
    edge.behave(Behaviour::redirect(302, RedirectTo::Itself));
    let hour = Duration::from_secs(3600);
    let once = Backoff { initial: hour, cap: hour, jitter: 0.0 };
    let client = builder(&edge).once().configure(move |config| config.backoff = once).start();
    let status = until(&client.unwrap(), |status| status.problem.is_some());
    assert_eq!(status.problem, Some(Problem::Redirect));
    // The first request and five redirects.
    assert_eq!(status.requests, 6);
}

/// An HTTP client that follows redirects itself would send the API key to any host that it is redirected to.
#[test]
fn a_client_that_follows_them_itself_is_refused() {
    let (edge, other) = (edge(), edge());
    edge.behave(Behaviour::redirect(307, RedirectTo::Origin(other.url())));
    let follows = fh_client::transport::ReqwestTransport::builder()
        .no_proxy()
        .configure(|builder| builder.redirect(reqwest::redirect::Policy::limited(5)))
        .build()
        .unwrap();
    let client = builder(&edge).transport(follows).start().unwrap();
    let status = until(&client, |status| status.problem.is_some());
    let said = status.problem.unwrap().to_string();
    assert!(said.contains("redirect::Policy::none"), "{said}");
}

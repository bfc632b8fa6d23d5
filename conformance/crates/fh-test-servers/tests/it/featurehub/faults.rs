//! Tests of the faults: what a stream and a poll receive, and that everything is healthy afterwards.
use std::net::TcpStream;

use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{FakeEdge, Fault, Feature, Route};

use crate::client::{Client, End};
use crate::featurehub::event_stream::stream;

/// The expected bytes, up to the end of the connection or until nothing more is sent.
enum Shows {
    /// The connection ends in this way, after text that contains this.
    Ends(&'static str, End),
    /// Text that contains this is sent, and then nothing until the fault ends.
    Hangs(&'static str),
    /// An answer of known length with this status is sent.
    Answers(u16),
    /// The answer is the same as without a fault.
    Healthy,
    /// Connections are refused.
    Nothing,
}

fn expected(fault: Fault, route: Route) -> Shows {
    let of_stream = route == Route::Stream;
    match fault {
        Fault::Status500 => Shows::Answers(500),
        Fault::Status503 | Fault::RetryAfter => Shows::Answers(503),
        Fault::Status429 => Shows::Answers(429),
        Fault::Status401 => Shows::Answers(401),
        Fault::Status403 => Shows::Answers(403),
        Fault::Status400 => Shows::Answers(400),
        Fault::Status404 => Shows::Answers(404),
        Fault::RedirectLoop => Shows::Answers(302),
        Fault::WrongContentType => Shows::Answers(200),
        Fault::EmptyClose => Shows::Ends("chunked\r\n\r\n", End::Fin),
        Fault::Reset => Shows::Ends("", End::Rst),
        Fault::Garbage => Shows::Ends("not HTTP", End::Fin),
        Fault::ByeLoop | Fault::Failure if !of_stream => Shows::Healthy,
        Fault::ByeLoop => {
            Shows::Hangs("event: bye\ndata: {\"status\":\"closed\"}\n\n\r\n0\r\n\r\n")
        }
        Fault::Failure => Shows::Hangs("requesting.\"}\n\n\r\n0\r\n\r\n"),
        Fault::MalformedJson if of_stream => Shows::Hangs("event: features\ndata: [{\"id\":\n\n"),
        Fault::MalformedJson => Shows::Hangs("[{\"id\":\r\n0\r\n\r\n"),
        Fault::EndlessLine => Shows::Hangs("xxxxxxxx"),
        Fault::SlowDrip => Shows::Hangs("HTTP"),
        Fault::Silence => Shows::Hangs(""),
        Fault::HalfHead => Shows::Hangs("content-ty"),
        Fault::DataThenSilence if of_stream => Shows::Hangs("]\n\n\r\n"),
        Fault::DataThenSilence => Shows::Hangs("}]\r\n"),
        Fault::Refused => Shows::Nothing,
        Fault::EmptyAnswers => Shows::Answers(204),
    }
}

fn ask(edge: &FakeEdge, route: Route) -> Client {
    match route {
        Route::Stream => stream(edge, &edge.client_key()),
        _ => {
            let mut client = Client::connect(edge.address());
            let target = format!("/features?apiKey={}", edge.client_key());
            client.request("GET", &target, &[], b"");
            client
        }
    }
}

#[test]
fn each_fault_shows_on_the_wire_and_ends() {
    for fault in Fault::ALL {
        for route in [Route::Stream, Route::Poll] {
            let edge = FakeEdge::start().unwrap();
            edge.set_feature(Feature::boolean("F", true));
            fault.begin(&edge);
            let shows = expected(fault, route);
            if matches!(shows, Shows::Nothing) {
                assert!(TcpStream::connect(edge.address()).is_err());
            } else {
                let mut client = ask(&edge, route);
                match shows {
                    Shows::Ends(text, end) => {
                        let (bytes, seen) = client.rest();
                        let seen = (String::from_utf8(bytes).unwrap().contains(text), seen);
                        assert_eq!(seen, (true, end), "{fault} {route:?}");
                    }
                    Shows::Hangs(text) => {
                        client.until(text).unwrap();
                        edge.wait_for_requests(route, 1, PATIENCE).unwrap();
                        assert_eq!(edge.recording().open_connections(), 1, "{fault} {route:?}");
                        fault.end(&edge).unwrap();
                        // The end of the fault ends the connection.
                        client.rest();
                    }
                    Shows::Answers(status) => {
                        assert_eq!(client.answer().status, status, "{fault} {route:?}");
                    }
                    Shows::Healthy => assert_eq!(client.answer().status, 200),
                    Shows::Nothing => {}
                }
            }
            fault.end(&edge).unwrap();
            assert_eq!(ask(&edge, route).head().unwrap().status, 200, "{fault} {route:?}");
        }
    }
}

#[test]
fn retry_after_and_names() {
    let edge = FakeEdge::start().unwrap();
    Fault::RetryAfter.begin(&edge);
    assert_eq!(ask(&edge, Route::Poll).answer().header("retry-after"), Some("3"));
    let mut names: Vec<String> = Fault::ALL.iter().map(Fault::to_string).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Fault::ALL.len());
}

//! How the published SDKs bore the same faults: recorded (sdk-behaviour 7.5), not measured here. Streaming, client-evaluated key,
//! 12 s of fault, 45 s of health, nothing scaled.

use fh_fake_edge::Fault;

/// What the columns are called.
pub const SOURCES: [&str; 2] = ["Node 1.4.0", "Python 1.1.0"];

/// Requests during the fault and seconds until back, as they stand in the page: of the SDK for Node, and of the one for Python.
#[must_use]
pub const fn recorded(fault: Fault) -> [&'static str; 2] {
    match fault {
        Fault::Status500
        | Fault::Status503
        | Fault::Status429
        | Fault::Status401
        | Fault::Status403
        | Fault::Status400 => ["1, never", "2,085 to 2,239, 0 s"],
        Fault::RetryAfter => ["1, never", "5, 0.3 s"],
        Fault::Status404 => ["1, never", "1, never"],
        Fault::EmptyClose => ["1, never", "2,011, 0 s"],
        Fault::Reset | Fault::Garbage => ["1, never", "4, never (its thread dies)"],
        Fault::RedirectLoop => ["1, never (ends the process)", "4, never (its thread dies)"],
        Fault::ByeLoop => ["11, 0.6 s", "2,073, 0 s"],
        Fault::MalformedJson => ["1, never", "12, 0.8 s"],
        Fault::EndlessLine => ["1, never, 898 MB", "1, never, 2,888 MB"],
        Fault::Failure => ["1, never", "2,247, 0 s"],
        Fault::SlowDrip => ["1, 5.9 s", "1, 5.0 s"],
        Fault::Silence | Fault::HalfHead => ["1, never", "1, 0.7 s after the close"],
        Fault::DataThenSilence => ["1, 2.1 s after the close", "1, 0.6 s after the close"],
        Fault::WrongContentType => ["1, never", "2,559, 0 s"],
        Fault::Refused => ["0, never", "0, never"],
    }
}

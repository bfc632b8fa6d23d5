//! The Edge is killed 50 times under eight reading threads.

use crate::command::{run, succeed};

#[test]
fn a_client_of_its_own_thread_bears_restarts() {
    succeed(&["restarts", "--driver", "thread"]);
}

#[test]
fn a_client_in_a_runtime_bears_restarts() {
    succeed(&["restarts", "--driver", "tokio"]);
}

#[test]
fn what_was_measured_is_told() {
    let output = run(&["restarts", "--restarts", "3"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("3 restarts") && printed.contains("8 threads"), "{printed}");
}

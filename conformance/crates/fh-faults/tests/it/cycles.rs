//! C-CLOSE-004: 200 clients made and closed. Threads, sockets and memory are back to where they were.

use crate::command::succeed;

#[test]
fn clients_of_their_own_threads_leave_nothing_behind() {
    succeed(&["cycles", "--driver", "thread"]);
}

#[test]
fn clients_in_a_runtime_leave_nothing_behind() {
    succeed(&["cycles", "--driver", "tokio"]);
}

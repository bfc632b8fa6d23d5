//! The memory of a closed repository.

use std::sync::Arc;

use super::{flags, ready};

/// The functions of listeners are dropped at the end, so a function that owns a handle of its repository does not keep it alive for ever.
#[test]
fn closing_breaks_reference_cycles() {
    let repository = ready(&flags(&[("a", true)]));
    let held = Arc::new(());
    let (in_closure, own) = (held.clone(), repository.clone());
    repository
        .on_change("a", None, move |_| {
            let _ = (&in_closure, &own);
        })
        .detach();
    assert_eq!(Arc::strong_count(&held), 2);
    repository.close();
    repository.deliver();
    assert_eq!(Arc::strong_count(&held), 1);
}

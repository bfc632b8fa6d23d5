//! Watches, which tasks await.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use fh_repository::status::SessionStatus;
use fh_repository::{Repository, RepositoryWatch};
use serde_json::json;

use super::{publish, repository};

/// A task that counts how often it is woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Task {
    fn woken(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

fn is_ready(watch: &mut RepositoryWatch, task: &Arc<Task>) -> bool {
    watch.poll_changed(&mut Context::from_waker(&Waker::from(Arc::clone(task)))).is_ready()
}

fn features(repository: &Repository, cause: Cause, version: i64) {
    let features =
        json!([{"id": "1", "key": "A", "type": "BOOLEAN", "value": true, "version": version}]);
    publish(repository, cause, &features);
}

#[test]
fn each_update_wakes_a_watch_once() {
    let repository = repository();
    let mut watch = repository.watch();
    let task = Arc::<Task>::default();
    assert!(!is_ready(&mut watch, &task), "nothing has happened since the watch exists");
    let ready = SessionStatus { readiness: Readiness::Ready, ..SessionStatus::default() };
    let updates: [(&str, &dyn Fn()); 11] = [
        ("first list", &|| features(&repository, Cause::First, 1)),
        ("status", &|| repository.set_status(ready.clone())),
        ("another version only", &|| features(&repository, Cause::Invisible, 2)),
        ("held update", &|| {
            repository.catch_updates();
            features(&repository, Cause::Change, 3);
        }),
        ("release", &|| repository.release()),
        ("another held update", &|| features(&repository, Cause::Change, 4)),
        ("release of one feature", &|| repository.release_only(["A"])),
        ("a third held update", &|| features(&repository, Cause::Change, 5)),
        ("revoked environment", &|| repository.revoke(&["env-1".into()])),
        ("unknown environment", &|| repository.revoke(&["env-2".into()])),
        ("end", &|| repository.close()),
    ];
    for (name, update) in updates {
        assert!(!is_ready(&mut watch, &task), "{name}");
        assert!(!is_ready(&mut watch, &task), "{name}: a second poll");
        update();
        assert_eq!(task.woken(), 1, "{name}");
        assert!(is_ready(&mut watch, &task), "{name}");
    }
    features(&repository, Cause::Change, 6);
    repository.set_status(SessionStatus::default());
    assert!(!is_ready(&mut watch, &task), "a closed repository takes no updates");
}

#[test]
fn updates_between_two_polls_are_one() {
    let repository = repository();
    let (mut first, task) = (repository.watch(), Arc::<Task>::default());
    features(&repository, Cause::First, 1);
    let mut second = repository.watch();
    features(&repository, Cause::Change, 2);
    for watch in [&mut first, &mut second] {
        assert!(is_ready(watch, &task));
        assert!(!is_ready(watch, &task));
    }
    features(&repository, Cause::Change, 3);
    assert_eq!(task.woken(), 2, "both");
}

#[test]
fn the_task_that_polled_last_is_woken() {
    let repository = repository();
    let mut watch = repository.watch();
    let (former, latter) = (Arc::<Task>::default(), Arc::<Task>::default());
    assert!(!is_ready(&mut watch, &former));
    assert!(!is_ready(&mut watch, &latter));
    assert_eq!(Arc::strong_count(&former), 1, "its waker is dropped");
    features(&repository, Cause::First, 1);
    assert_eq!((former.woken(), latter.woken()), (0, 1));
    assert!(is_ready(&mut watch, &latter));
    assert!(!is_ready(&mut watch, &latter));
    drop(watch);
    assert_eq!(Arc::strong_count(&latter), 1, "a dropped watch keeps no waker");
}

#[test]
fn a_watch_outlives_its_repository() {
    let repository = repository();
    let mut watch = repository.watch();
    let task = Arc::<Task>::default();
    assert!(!is_ready(&mut watch, &task));
    drop(repository);
    assert_eq!(task.woken(), 1);
    assert!(is_ready(&mut watch, &task));
}

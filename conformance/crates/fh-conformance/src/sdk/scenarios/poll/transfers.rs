//! C-POLL-025 to 029: answers that do not arrive, or not as they should.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Closing, Ended, Framing, Recording, Route};

use super::{
    AGAIN, GO, PATIENT, POLLING, held, keeps_one, list_of, problem_is_shown, recovers_with_two,
    releases_one, retry_delay, unusable, waits_for_features,
};
use crate::protocol::{Create, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, Skip, Stage, Stop, Tempo, Verdict, at_least, check, equal,
};

/// A limit that ends nothing here.
const FAR: Duration = Duration::from_secs(60);

pub(super) const SLOW_HEADERS: Scenario = Scenario {
    id: "C-POLL-025",
    name: "slow-headers",
    needs: &["poll_ms", "timeouts.head_ms"],
    given: "an Edge that answers the first poll with silence and the second with a part of a head",
    when: "a client polls",
    then: "it ends both at the limit for the head and retries, and becomes ready with the third poll",
    decision: "D-74",
    bites: &["NoHeadDeadline"],
    tempo: Tempo { head: Duration::from_millis(500), whole_poll: FAR, ..PATIENT },
    stage: |stage| {
        let script = [Behaviour::silence(), Behaviour::half_head()];
        slow_answers(stage, &script);
    },
    run: |scene| ends_slow_answers(scene, 2, scene.tempo().head),
    ..POLLING
};

pub(super) const SLOW_BODY: Scenario = Scenario {
    id: "C-POLL-026",
    name: "slow-body",
    needs: &["poll_ms", "timeouts.poll_ms"],
    given: "an Edge that sends the first body one byte at a time, with a pause that is shorter than any limit",
    when: "a client polls",
    then: "it ends the poll at the limit for a whole poll and retries, and becomes ready with the second poll",
    decision: "D-74",
    bites: &["NoBodyDeadline"],
    tempo: Tempo { head: FAR, whole_poll: Duration::from_millis(700), ..PATIENT },
    stage: |stage| {
        let drip = Behaviour::status(200)
            .header("content-type", "application/json")
            .drip(1, Duration::from_millis(50))
            .fill(b' ', 100_000);
        slow_answers(stage, &[drip]);
    },
    run: |scene| ends_slow_answers(scene, 1, scene.tempo().whole_poll),
    ..POLLING
};

pub(super) const REFUSED_THEN_UP: Scenario = Scenario {
    id: "C-POLL-027",
    name: "refused-then-up",
    needs: &["poll_ms"],
    given: "a port that refuses connections at first",
    when: "a client polls, and the Edge starts",
    then: "it is NOT_READY until the Edge starts and READY afterwards; at least the delay before retries is between attempts",
    decision: "sdk-behaviour 2.9.2",
    bites: &["FailuresSettleNothing", "NoBackoff"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().refuse();
    },
    run: refused_then_up,
    ..POLLING
};

pub(super) const OVERSIZE: Scenario = Scenario {
    id: "C-POLL-028",
    name: "oversize",
    needs: &["poll_ms", "max_bytes"],
    given: "an Edge whose second answer is a list of 8 MiB",
    when: "a client with a limit of 100 kB polls",
    then: "it ends that answer before a MiB more than the limit is sent, keeps its values, and takes the next answer",
    decision: "D-74",
    bites: &["SizesAreTooLarge"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().script(Route::Poll, [Behaviour::healthy(), oversize()], Behaviour::healthy());
    },
    run: ends_oversize,
    ..POLLING
};

pub(super) const WRONG_LENGTH: Scenario = Scenario {
    id: "C-POLL-029",
    name: "wrong-length",
    needs: &["poll_ms"],
    given: "an Edge that ends the connection before a body has its announced length, before the first list and after it",
    when: "a client polls",
    then: "it takes nothing from such an answer, retries after its delay, and takes the next one",
    decision: "sdk-behaviour 2.9.2",
    bites: &["CutBodiesCount"],
    stage: |stage| {
        stage.with_feature_f();
        let script = [cut_short(), Behaviour::healthy(), cut_short()];
        stage.edge().script(Route::Poll, script, Behaviour::healthy());
    },
    run: wrong_length,
    ..POLLING
};

/// The size limit of the client, in bytes.
const MAX_BYTES: u64 = 100_000;

/// The size of the pieces of an answer that is too large, in bytes, and the time between two pieces. The pauses give the client the time
/// to end the connection before the operating system has taken many pieces.
const PIECE: usize = 64 * 1024;
const PAUSE: Duration = Duration::from_millis(20);

fn slow_answers(stage: &Stage, slow: &[Behaviour]) {
    stage.with_feature_f();
    stage.edge().script(Route::Poll, slow.to_vec(), Behaviour::healthy());
}

/// Returns a list that would be valid, with more than 8 MiB of spaces in it.
fn oversize() -> Behaviour {
    let list = list_of(&[unusable()]);
    let head = list.strip_suffix(']').unwrap_or(&list);
    Behaviour::status(200)
        .header("content-type", "application/json")
        .framing(Framing::Chunked)
        .split(&[PIECE], PAUSE)
        .body(head)
        .fill(b' ', 8 * 1024 * 1024)
        .body("]")
}

/// Returns a complete list, whose announced length is greater.
fn cut_short() -> Behaviour {
    let list = list_of(&[unusable()]);
    let announced = list.len() as u64 + 100;
    Behaviour::status(200)
        .header("content-type", "application/json")
        .framing(Framing::Declared(announced))
        .body(list)
        .close(Closing::Fin)
}

/// Returns true if the client ended the connection of the poll with this number.
fn is_ended_by_client(seen: &Recording, number: usize) -> bool {
    let connection = seen.of(Route::Poll).nth(number).map(|poll| poll.connection);
    let ended = connection.and_then(|at| seen.connections.get(at)?.ended);
    matches!(ended, Some((_, Ended::ByClient | Ended::ResetByClient)))
}

/// Checks that the client ends its first polls at a limit, and retries. The times are those at the Edge, which may see a request late.
fn ends_slow_answers(scene: &Scene<'_>, slow: usize, limit: Duration) -> Verdict {
    // The Edge notes a request late while the machine is busy, so the times count from the beginning.
    let start = Instant::now();
    let client = scene.create(scene.polling())?;
    for number in 0..slow {
        scene.until("the client ends the slow poll", "the end by the client", |seen| {
            is_ended_by_client(seen, number)
        })?;
    }
    let ready = client.until_state("the client becomes ready", "READY", |state| {
        state.readiness != SdkReadiness::NotReady
    })?;
    equal("never FAILED", ready.readiness, SdkReadiness::Ready)?;
    let seen = scene.edge().recording();
    let mut least = Duration::ZERO;
    for poll in seen.of(Route::Poll).skip(1).take(slow) {
        least += limit + retry_delay(scene);
        let time = poll.request.at.saturating_duration_since(start);
        at_least("the limit and the delay before the retry", &[time], least)?;
    }
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))
}

fn refused_then_up(scene: &Scene<'_>) -> Verdict {
    let delay = retry_delay(scene);
    let client = scene.create(scene.polling())?;
    let start = Instant::now();
    if let Some(sent) = client.state()?.sent {
        let later = sent + 5;
        client.until_state("further attempts", "five more", |state| state.sent >= Some(later))?;
        // The first of these attempts may follow at once.
        at_least("delay between attempts", &[start.elapsed()], delay * 4)?;
    } else {
        // Nothing shows attempts that no listener receives. Some have failed by the end of this time.
        scene.no_request("no request to a closed port", Route::Poll, Tempo::watch(delay, 5))?;
    }
    waits_for_features(scene, &client)?;
    problem_is_shown(scene, &client, "the status shows the problem")?;
    if scene.is_own() {
        let start = Instant::now();
        // Its answer is the readiness.
        let _ = client.refresh()?;
        let (took, most) = (start.elapsed(), scene.patience() / 2);
        let label = "a refresh ends if no Edge can be reached";
        check(label, took < most, &format!("within {most:?}"), || format!("{took:?}"))?;
    }
    scene
        .edge()
        .listen_again()
        .map_err(|error| Stop::Skipped(Skip::System(format!("the port again: {error}"))))?;
    client.until_ready()?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))?;
    let seen = scene.until_requests("polling goes on", Route::Poll, 3)?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)
}

fn ends_oversize(scene: &Scene<'_>) -> Verdict {
    let script = [Behaviour::healthy(), oversize(), held(AGAIN)];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
    let client = scene.create(Create { max_bytes: Some(MAX_BYTES), ..scene.polling() })?;
    client.until_ready()?;
    let seen = scene.until_requests("polling goes on", Route::Poll, 3)?;
    let written = seen.of(Route::Poll).nth(1).map_or(0, |poll| poll.written);
    let most = MAX_BYTES + 1024 * 1024;
    check("bytes of the answer", written < most, &format!("less than {most}"), || {
        written.to_string()
    })?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)?;
    keeps_one(scene, &client, "value after the answer")?;
    problem_is_shown(scene, &client, "the status shows the problem")?;
    recovers_with_two(scene, &client)
}

fn wrong_length(scene: &Scene<'_>) -> Verdict {
    let script = [cut_short(), held(GO), cut_short(), held(AGAIN)];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    let seen = scene.until_requests("a retry", Route::Poll, 2)?;
    at_least("delay before the first list", &seen.gaps(Route::Poll), retry_delay(scene))?;
    waits_for_features(scene, &client)?;
    releases_one(scene, &client)?;
    client.until_readiness("READY with the first list", SdkReadiness::Ready)?;
    let seen = scene.until_requests("a later retry", Route::Poll, 4)?;
    let gaps = seen.gaps(Route::Poll).split_off(1);
    at_least("the interval between polls", &gaps, scene.tempo().poll)?;
    keeps_one(scene, &client, "value after the answer")?;
    problem_is_shown(scene, &client, "the status shows the problem")?;
    recovers_with_two(scene, &client)
}

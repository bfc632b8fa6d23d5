//! Changes in a data folder.

use fh_edge::state::{Json, State};
use fh_edge::{DataFolderError, Edge, FeatureChange, ReplaceError, StartError};

use fh_test::Folder;
use fh_test::Log;
use fh_test::wait::wait_for;

use crate::router::{ask, text};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, state};

/// Starts an Edge with this folder, as soon as the previous Edge has released it.
fn start(folder: &Folder, state: Option<State>) -> Edge {
    build(folder, state).unwrap_or_else(|why| panic!("{why}"))
}

fn build(folder: &Folder, state: Option<State>) -> Result<Edge, StartError> {
    wait_for("a dropped Edge releases its folder", || {
        let builder = Edge::builder().data_folder(folder.path());
        let builder = match &state {
            Some(state) => builder.state(state.clone()),
            None => builder,
        };
        let built = builder.build();
        let is_in_use = matches!(built, Err(StartError::DataFolder(DataFolderError::InUse(_))));
        (!is_in_use).then_some(built)
    })
}

fn banner(state: &State) -> &str {
    state.environments[0].values["BANNER"].value.as_ref().unwrap().as_str()
}

#[tokio::test]
async fn a_change_survives_a_start_without_a_state() {
    let folder = Folder::new();
    let edge = start(&folder, Some(state()));
    let change = FeatureChange { value: Some(Some(Json::text("kept"))), ..Default::default() };
    edge.handle().change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
    drop(edge);
    // The state is read after the start.
    for _ in 0..2 {
        let edge = start(&folder, None);
        edge.handle().reload(state()).await.unwrap();
        assert_eq!(banner(&edge.handle().state().await.unwrap()), "\"kept\"");
    }
}

/// Returns the statuses of readiness and of a poll.
async fn statuses(edge: &Edge) -> [u16; 2] {
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let poll = ask(&edge.router(), "GET", &poll, &[]).await;
    [readiness(edge).await.0, poll.status().as_u16()]
}

/// Without a base, only a state of the admin API makes an Edge ready, and the next Edge with its folder, too. Changes of a base wait for it.
#[tokio::test]
async fn a_state_of_the_admin_api_is_the_first_state_after_a_restart() {
    for (base, replacement, before, after) in
        [(None, None, 503, 503), (None, Some(state()), 200, 200), (Some(state()), None, 200, 503)]
    {
        let folder = Folder::new();
        let edge = start(&folder, base.clone());
        if base.is_none() {
            assert_eq!(statuses(&edge).await, [503; 2]);
        }
        if let Some(state) = replacement {
            edge.handle().replace(state, None).await.unwrap();
        }
        assert_eq!(statuses(&edge).await, [before; 2]);
        let change = FeatureChange { value: Some(Some(Json::text("kept"))), ..Default::default() };
        if before == 200 {
            edge.handle().change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
        }
        drop(edge);
        let edge = start(&folder, None);
        assert_eq!(statuses(&edge).await, [after; 2]);
        edge.handle().reload(base.unwrap_or_default()).await.unwrap();
        if before == 200 {
            assert_eq!(banner(&edge.handle().state().await.unwrap()), "\"kept\"");
        }
    }
}

/// The file is edited while no Edge runs, and then edited back.
#[tokio::test]
async fn a_change_that_the_file_overrode_does_not_come_back() {
    let folder = Folder::new();
    let environment = ENVIRONMENT.parse().unwrap();
    let edge = start(&folder, Some(state()));
    let change = FeatureChange { value: Some(Some(Json::text("kept"))), ..Default::default() };
    edge.handle().change(environment, "BANNER", change).await.unwrap();
    drop(edge);
    let mut edited = state();
    let value = edited.environments[0].values.get_mut("BANNER").unwrap();
    value.value = Some(Json::text("edited"));
    let edge = start(&folder, Some(edited));
    assert_eq!(banner(&edge.handle().state().await.unwrap()), "\"edited\"");
    drop(edge);
    let edge = start(&folder, Some(state()));
    assert_eq!(banner(&edge.handle().state().await.unwrap()), banner(&state()));
}

/// Returns the status and the body of readiness on the monitor port.
async fn readiness(edge: &Edge) -> (u16, String) {
    let response = ask(&edge.monitor_router(), "GET", "/health/readyness", &[]).await;
    (response.status().as_u16(), text(response).await)
}

/// The folder is released when the call returns.
#[tokio::test]
async fn a_closed_edge_serves_and_changes_nothing() {
    let folder = Folder::new();
    let edge = start(&folder, Some(state()));
    edge.handle().close().await;
    let other = Edge::builder().data_folder(folder.path()).state(state()).build();
    let change = FeatureChange { locked: Some(true), ..FeatureChange::default() };
    let environment = ENVIRONMENT.parse().unwrap();
    let why = edge.handle().change(environment, "BANNER", change).await.unwrap_err();
    assert_eq!(why, ReplaceError::Closed);
    assert_eq!(readiness(&edge).await, (200, String::new()));
    other.unwrap().handle().close().await;
    edge.handle().close().await;
}

#[tokio::test]
async fn damage_is_reported_by_readiness_and_by_the_error_at_the_start() {
    let log = Log::capture();
    let folder = Folder::new();
    let edge = start(&folder, Some(state()));
    let change = |text: &str| FeatureChange {
        value: Some(Some(Json::text(text))),
        ..FeatureChange::default()
    };
    let environment = ENVIRONMENT.parse().unwrap();
    edge.handle().change(environment, "BANNER", change("kept in a folder")).await.unwrap();
    assert_eq!(readiness(&edge).await, (200, String::new()));
    edge.handle().close().await;
    let path = folder.file("changes.redb");
    let whole = std::fs::read(&path).unwrap();
    let refused = |expected: &str| {
        let why = build(&folder, Some(state())).map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("changes.redb") && why.contains(expected), "{why}");
    };

    let mut damaged = whole.clone();
    let text = b"kept in a folder";
    while let Some(at) = damaged.windows(text.len()).position(|window| window == text) {
        damaged[at] = b'K';
    }
    std::fs::write(&path, &damaged).unwrap();
    let lost = format!("--data-repair would lose changes in environment {ENVIRONMENT} (1)");
    refused(&lost);
    let repaired = || {
        let edge = Edge::builder().state(state()).data_folder(folder.path());
        edge.damaged_data(fh_edge::DamagedData::Repair).build().unwrap()
    };
    let edge = repaired();
    let (status, notice) = readiness(&edge).await;
    let name = format!("lost records: the change of feature BANNER in environment {ENVIRONMENT}");
    assert!(status == 200 && notice.contains(&name), "{status}: {notice}");
    let text = log.text();
    assert!(text.lines().any(|line| line.contains("WARN") && line.contains(&name)), "{text}");
    assert_eq!(banner(&edge.handle().state().await.unwrap()), banner(&state()));
    edge.handle().close().await;

    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refused("the file is truncated");
    let edge = repaired();
    let (status, notice) = readiness(&edge).await;
    assert!(status == 200 && notice.contains("repaired"), "{status}: {notice}");
}

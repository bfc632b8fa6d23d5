//! What a data folder keeps.

use std::time::{Duration, Instant};

use fh_edge::state::{Json, State};
use fh_edge::{DataFolderError, Edge, FeatureChange, StartError};

use fh_test_folder::Folder;

use crate::shop::{ENVIRONMENT, state};

/// An Edge with this folder, as soon as the one before has let go of it.
fn start(folder: &Folder, state: Option<State>) -> Edge {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let builder = Edge::builder().data_folder(folder.path());
        let builder = match &state {
            Some(state) => builder.state(state.clone()),
            None => builder,
        };
        match builder.build() {
            Ok(edge) => return edge,
            Err(StartError::DataFolder(DataFolderError::InUse(_))) => {
                assert!(Instant::now() < deadline, "the thread of an Edge outlives it");
                std::thread::yield_now();
            }
            Err(why) => panic!("{why}"),
        }
    }
}

fn banner(state: &State) -> &str {
    state.environments[0].values["BANNER"].value.as_ref().unwrap().as_str()
}

#[tokio::test]
async fn a_change_outlives_an_edge_that_learns_late_what_it_serves() {
    let folder = Folder::new();
    let edge = start(&folder, Some(state()));
    let change = FeatureChange { value: Some(Some(Json::text("kept"))), ..Default::default() };
    edge.handle().change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
    drop(edge);
    // The file comes after the start.
    for _ in 0..2 {
        let edge = start(&folder, None);
        edge.handle().reload(state()).await.unwrap();
        assert_eq!(banner(&edge.handle().state().await.unwrap()), "\"kept\"");
    }
}

/// The file was edited while nothing ran, and edited back while nothing ran.
#[tokio::test]
async fn a_change_that_gave_way_to_the_file_does_not_come_back() {
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

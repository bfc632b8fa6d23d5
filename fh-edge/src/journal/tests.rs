use super::*;
use crate::state::Json;
use crate::state::{FeatureValue, State};
use uuid::Uuid;

/// A folder of this test alone, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("fh-edge-journal-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn record(feature: &str, version: i64) -> Record {
    Record {
        environment: Uuid::from_u128(7),
        feature: feature.into(),
        base: "b".into(),
        version,
        value: FeatureValue {
            value: Some(Json::parse("7.50").unwrap()),
            locked: true,
            ..FeatureValue::default()
        },
    }
}

#[test]
fn what_was_committed_is_there_again() {
    let folder = Folder::new("committed");
    let (mut open, records) = DataFolder::open(&folder.0).unwrap();
    assert_eq!(records, Records::default());
    open.commit(1, 5, &[record("A", 5), record("B", 3)]).unwrap();
    open.commit(2, 7, &[record("A", 6)]).unwrap();
    drop(open);
    let (mut open, records) = DataFolder::open(&folder.0).unwrap();
    assert_eq!((records.revision, records.highest), (2, 7));
    assert_eq!(records.changes, [record("A", 6), record("B", 3)]);
    let rewritten = Records {
        revision: 3,
        highest: 9,
        replacement: Some(("print".into(), State::default())),
        changes: vec![record("C", 1)],
    };
    open.rewrite(&rewritten).unwrap();
    drop(open);
    assert_eq!(DataFolder::open(&folder.0).unwrap().1, rewritten);
}

#[test]
fn a_folder_belongs_to_one() {
    let folder = Folder::new("lock");
    let _open = DataFolder::open(&folder.0).unwrap();
    assert!(matches!(DataFolder::open(&folder.0), Err(DataFolderError::InUse(_))));
}

/// A replacement holds the keys of accounts.
#[cfg(unix)]
#[test]
fn nobody_else_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::new("mode");
    drop(DataFolder::open(&folder.0).unwrap());
    assert_eq!(mode(&folder.0), 0o700);
    assert_eq!(mode(&folder.0.join(FILE)), 0o600);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new("garbage");
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join(FILE), vec![7_u8; 10_000]).unwrap();
    let error = DataFolder::open(&folder.0).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains(FILE), "{error}");
    fs::remove_file(folder.0.join(FILE)).unwrap();

    let (open, _) = DataFolder::open(&folder.0).unwrap();
    let transaction = open.database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(FORMAT, b"2".as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(open);
    let error = DataFolder::open(&folder.0).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("format 2"), "{error}");

    let file = folder.0.join("a file");
    fs::write(&file, "").unwrap();
    assert!(matches!(DataFolder::open(&file.join("x")), Err(DataFolderError::Folder(..))));
}

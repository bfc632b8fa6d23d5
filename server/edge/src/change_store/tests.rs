mod damage;
mod size;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use fh_test::Folder;
use redb::ReadableTable;
use redb::backends::FileBackend;

use super::tables::*;
use super::*;
use crate::state::Json;
use crate::state::{FeatureValue, State};
use uuid::Uuid;

fn record(feature: &str, version: i64) -> Record {
    Record {
        environment: Uuid::from_u128(7),
        feature: feature.into(),
        id: Uuid::from_u128(8),
        base: "b".into(),
        version,
        served: "s".into(),
        value: FeatureValue {
            value: Some(Json::parse("7.50").unwrap()),
            locked: true,
            ..FeatureValue::default()
        },
    }
}

#[test]
fn committed_changes_are_read_again() {
    let folder = Folder::new();
    let Opened { folder: mut open, records, .. } = DataFolder::open(folder.path()).unwrap();
    assert_eq!(records, Records::default());
    open.add(1, 5, &[record("A", 5), record("B", 3)]).unwrap();
    open.add(2, 7, &[record("A", 6)]).unwrap();
    drop(open);
    let Opened { folder: mut open, records, .. } = DataFolder::open(folder.path()).unwrap();
    assert_eq!((records.revision, records.highest), (2, 7));
    assert_eq!(records.changes, [record("A", 6), record("B", 3)]);
    let rewritten = Records {
        revision: 3,
        highest: 9,
        versions: vec![ServedVersion {
            environment: Uuid::from_u128(7),
            feature: Uuid::from_u128(9),
            version: 4,
            served: None,
            is_changed: false,
        }],
        forgotten: 3,
        base: Some(("of the file".into(), 8)),
        replacement: Some(("print".into(), Arc::new(State::default()))),
        changes: vec![record("C", 1)],
    };
    open.replace(&rewritten).unwrap();
    drop(open);
    assert_eq!(DataFolder::open(folder.path()).unwrap().records, rewritten);
}

/// A disk that can be full, and that counts the written bytes.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    is_full: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.file.read(offset, len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self, eventual: bool) -> io::Result<()> {
        self.file.sync_data(eventual)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written.fetch_add(data.len() as u64, Ordering::SeqCst);
        match self.is_full.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.file.write(offset, data),
        }
    }
}

/// Puts a disk under the open file of a folder. Returns the flag that makes it full, and the number of written bytes.
fn on_disk(folder: &Folder, open: &mut DataFolder) -> (Arc<AtomicBool>, Arc<AtomicU64>) {
    open.database = None;
    let file = fs::File::options().read(true).write(true).open(folder.file(FILE)).unwrap();
    let file = FileBackend::new(file).unwrap();
    let (is_full, written) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let disk = Disk { file, is_full: Arc::clone(&is_full), written: Arc::clone(&written) };
    open.database = Some(builder().create_with_backend(disk).unwrap());
    (is_full, written)
}

#[test]
fn a_disk_that_was_full_takes_changes_again() {
    let folder = Folder::new();
    let mut open = DataFolder::open(folder.path()).unwrap().folder;
    open.add(1, 5, &[record("A", 5)]).unwrap();
    let (is_full, _) = on_disk(&folder, &mut open);
    is_full.store(true, Ordering::SeqCst);
    open.add(2, 6, &[record("A", 6)]).unwrap_err();
    open.add(3, 7, &[record("B", 7)]).unwrap();
    drop(open);
    let records = DataFolder::open(folder.path()).unwrap().records;
    assert_eq!((records.revision, records.highest), (3, 7));
    assert_eq!(records.changes, [record("A", 5), record("B", 7)]);
}

/// The operator needs room on the disk, not a repair of an intact file.
#[test]
fn a_full_disk_is_no_damage_of_the_file() {
    let folder = Folder::new();
    let LockedFile { folder: path, path: file, backend } = LockedFile::open(folder.path()).unwrap();
    let backend = Arc::into_inner(backend).unwrap();
    let is_full = Arc::new(AtomicBool::new(true));
    let backend = Arc::new(Disk { file: backend, is_full, written: Arc::default() });
    let file = LockedFile { folder: path, path: file, backend };
    let why = take(file, Contents::default()).map(|_| ()).unwrap_err();
    assert!(
        matches!(&why, DataFolderError::Folder(_, why) if why.kind() == io::ErrorKind::StorageFull),
        "{why:?}"
    );
    assert!(!why.to_string().contains("--data-repair"), "{why}");
}

#[test]
fn a_folder_has_one_user_at_a_time() {
    let folder = Folder::new();
    let _open = DataFolder::open(folder.path()).unwrap();
    let Err(why @ DataFolderError::InUse(_)) = DataFolder::open(folder.path()) else { panic!() };
    assert!(
        why.to_string().ends_with(": another Edge uses it, in this process or in another process")
    );
}

/// A replacement contains the keys of accounts.
#[cfg(unix)]
#[test]
fn other_users_cannot_read_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::new();
    let made = folder.file("made");
    drop(DataFolder::open(&made).unwrap());
    assert_eq!(mode(&made), 0o700);
    assert_eq!(mode(&made.join(FILE)), 0o600);
}

#[test]
fn errors_name_the_file_that_cannot_be_read() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).unwrap();
    fs::write(folder.file(FILE), vec![7_u8; 10_000]).unwrap();
    let error = DataFolder::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains(FILE), "{error}");
    fs::remove_file(folder.file(FILE)).unwrap();

    let open = DataFolder::open(folder.path()).unwrap().folder;
    let transaction = open.database.as_ref().unwrap().begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(FORMAT, b"3".as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(open);
    let error = DataFolder::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("format 3"), "{error}");

    let file = folder.file("a file");
    fs::write(&file, "").unwrap();
    assert!(matches!(DataFolder::open(&file.join("x")), Err(DataFolderError::Folder(..))));
}

//! Files that are damaged or incomplete.

use std::collections::BTreeSet;

use super::super::lost::Lost;
use super::*;

/// Silences panics on the thread that tries files: they are errors, and printing each with its stack takes longer than the tests.
fn silent_trials() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(DATA_THREAD) {
                print(panic);
            }
        }));
    });
}

/// Writes a file with this number of changes and returns its records.
fn written(folder: &Folder, changes: u32) -> Records {
    silent_trials();
    let Opened { folder: mut open, .. } = DataFolder::open(folder.path()).unwrap();
    let record = |number: u32| Record {
        id: Uuid::from_u128(number.into()),
        ..record(&format!("FEATURE_{number:03}"), i64::from(number) + 1)
    };
    open.replace(&Records::default()).unwrap();
    for number in 0..changes {
        open.add(number.into(), i64::from(number) + 1, &[record(number)]).unwrap();
    }
    drop(open);
    DataFolder::open(folder.path()).unwrap().records
}

fn keys(records: &Records) -> BTreeSet<String> {
    records.changes.iter().map(|change| change.feature.to_string()).collect()
}

/// Opens a folder whose file has these bytes; a panic fails the test.
fn open(folder: &Folder, bytes: &[u8]) -> Result<Opened, DataFolderError> {
    fs::write(folder.file(FILE), bytes).unwrap();
    DataFolder::open(folder.path())
}

#[test]
fn a_truncated_file_is_named_with_what_to_do_and_stays_as_it_is() {
    let folder = Folder::new();
    let whole = written(&folder, 20);
    let bytes = fs::read(folder.file(FILE)).unwrap();
    let lengths = (1..8).map(|part| bytes.len() * part / 8);
    for length in lengths.chain([1, 319, 4096, bytes.len() - 1]) {
        let cut = &bytes[..length];
        let why = open(&folder, cut).map(|_| ()).unwrap_err();
        assert!(matches!(why, DataFolderError::Damaged(..)), "{length}: {why}");
        let text = why.to_string();
        assert!(text.contains(FILE) && text.contains("--data-repair would lose"), "{text}");
        assert_eq!(fs::read(folder.file(FILE)).unwrap(), cut, "{length}");

        let (opened, repaired) = DataFolder::repair(folder.path()).unwrap();
        let repaired = repaired.unwrap();
        assert_eq!(fs::read(&repaired.copy).unwrap(), cut);
        assert_eq!(repaired.changes, opened.records.changes.len());
        let kept = keys(&opened.records);
        assert!(kept.is_subset(&keys(&whole)));
        for change in &opened.records.changes {
            assert!(whole.changes.contains(change));
        }
        drop(opened);
        let again = DataFolder::open(folder.path()).unwrap();
        assert_eq!(keys(&again.records), kept);
        fs::remove_file(&repaired.copy).unwrap();
    }
    // An empty file counts as one that was never written.
    assert_eq!(open(&folder, &[]).unwrap().records, Records::default());
}

#[test]
fn no_flipped_byte_panics_or_changes_a_value() {
    let folder = Folder::new();
    let whole = written(&folder, 12);
    let bytes = fs::read(folder.file(FILE)).unwrap();
    // Every byte of the header, and all bytes of pages that are not zero.
    let used: Vec<usize> = bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| *at < 320 || **byte != 0)
        .map(|(at, _)| at)
        .collect();
    let step = (used.len() / 30).max(1);
    let mut refused = 0;
    for at in used.iter().take(320).step_by(16).chain(used.iter().skip(320).step_by(step)) {
        let mut damaged = bytes.clone();
        damaged[*at] ^= 0x55;
        match open(&folder, &damaged) {
            // A byte outside of the pages in use.
            Ok(opened) => assert_eq!(opened.records, whole, "byte {at}"),
            Err(DataFolderError::Damaged(..) | DataFolderError::Unreadable(..)) => {
                refused += 1;
                fs::write(folder.file(FILE), &damaged).unwrap();
                match DataFolder::repair(folder.path()) {
                    Ok((opened, Some(repaired))) => {
                        for change in &opened.records.changes {
                            assert!(whole.changes.contains(change), "byte {at}: {change:?}");
                        }
                        fs::remove_file(&repaired.copy).unwrap();
                    }
                    Ok((_, None)) => panic!("byte {at}: nothing to repair"),
                    // A flipped byte in the format's number makes it another format.
                    Err(DataFolderError::Unreadable(..)) => {}
                    Err(why) => panic!("byte {at}: {why}"),
                }
            }
            Err(why) => panic!("byte {at}: {why}"),
        }
    }
    assert!(refused > 0);
}

/// Changes a byte in all copies of a text, including those of older commits. redb's own checksums of pages are not read after a clean stop.
fn damage(bytes: &mut [u8], text: &[u8], last: u8) {
    let places: Vec<usize> = bytes
        .windows(text.len())
        .enumerate()
        .filter(|(_, w)| *w == text)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + text.len() - 1] = last;
    }
}

#[test]
fn a_damaged_record_is_counted_and_lost_only_by_a_repair() {
    let folder = Folder::new();
    let whole = written(&folder, 12);
    let mut bytes = fs::read(folder.file(FILE)).unwrap();
    damage(&mut bytes, br#""version":8,"value":{"value":7.50"#, b'9');
    let environment = Uuid::from_u128(7);
    let why = open(&folder, &bytes).map(|_| ()).unwrap_err().to_string();
    let expected = format!(
        "the readable records are changes of features (11) and their versions (12), and --data-repair would lose changes in environment {environment} (1)"
    );
    assert!(why.contains(&expected), "{why}");
    assert_eq!(fs::read(folder.file(FILE)).unwrap(), bytes);

    let (opened, repaired) = DataFolder::repair(folder.path()).unwrap();
    let repaired = repaired.unwrap();
    assert_eq!(fs::read(&repaired.copy).unwrap(), bytes);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let copy = fs::metadata(&repaired.copy).unwrap();
        assert_eq!(copy.permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(repaired.lost, [Lost::Change(environment.to_string(), "FEATURE_007".to_owned())]);
    let mut expected = keys(&whole);
    expected.remove("FEATURE_007");
    assert_eq!(keys(&opened.records), expected);
    // Its version is known from another record.
    let of_lost = |version: &&ServedVersion| version.feature == Uuid::from_u128(7);
    assert_eq!(opened.records.versions.iter().find(of_lost).map(|found| found.version), Some(8));
    drop(opened);
    assert_eq!(keys(&DataFolder::open(folder.path()).unwrap().records), expected);
}

#[test]
fn a_repair_keeps_whole_records_and_names_the_lost_ones() {
    let folder = Folder::new();
    let whole = written(&folder, 12);
    let mut bytes = fs::read(folder.file(FILE)).unwrap();
    let value = br#""version":8,"value":{"value":7.50"#;
    damage(&mut bytes, value, b'9');
    // The last byte is missing, too. It holds no record, but redb does not open such a file.
    bytes.truncate(bytes.len() - 1);
    fs::write(folder.file(FILE), &bytes).unwrap();
    let (opened, repaired) = DataFolder::repair(folder.path()).unwrap();
    let mut expected = keys(&whole);
    expected.remove("FEATURE_007");
    assert_eq!(keys(&opened.records), expected);
    assert_eq!((opened.records.revision, opened.records.highest), (11, 12));
    let text = repaired.unwrap().to_string();
    assert!(text.contains("11 changes of features are kept"), "{text}");
    assert!(text.contains("records are incomplete"), "{text}");
    assert!(text.contains(&format!("with id {}", Uuid::from_u128(7))), "{text}");
}

/// Takes the last byte off the file of a folder, and repairs it.
fn repaired(folder: &Folder) -> (Opened, Repaired) {
    let bytes = fs::read(folder.file(FILE)).unwrap();
    fs::write(folder.file(FILE), &bytes[..bytes.len() - 1]).unwrap();
    let (opened, repaired) = DataFolder::repair(folder.path()).unwrap();
    (opened, repaired.unwrap())
}

/// The record of a fact names no feature and no environment.
#[test]
fn a_repair_names_a_lost_fact() {
    let folder = Folder::new();
    written(&folder, 2);
    let database = Database::create(folder.file(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    insert_fact(&transaction, 99, BASE, &"no base").unwrap();
    transaction.commit().unwrap();
    drop(database);
    let (_, repaired) = repaired(&folder);
    assert_eq!(repaired.lost, [Lost::Fact("base".to_owned())]);
}

/// The file also contains the bytes of records that are no longer in force.
#[test]
fn a_repair_brings_no_old_record_back() {
    let folder = Folder::new();
    let mut records = written(&folder, 12);
    let last = Record { version: 99, ..records.changes[3].clone() };
    let mut open = DataFolder::open(folder.path()).unwrap().folder;
    open.add(12, 99, std::slice::from_ref(&last)).unwrap();
    drop(open);
    let (opened, _) = repaired(&folder);
    let of_feature = |records: &Records| {
        let mut changes = records.changes.clone();
        changes.retain(|change| change.feature == last.feature);
        changes
    };
    assert_eq!(of_feature(&opened.records), std::slice::from_ref(&last));
    assert_eq!((opened.records.revision, opened.records.highest), (12, 99));
    // A change that the state file has overridden.
    let mut open = opened.folder;
    records.changes.retain(|change| change.feature != last.feature);
    records.versions.clone_from(&opened.records.versions);
    for version in &mut records.versions {
        version.is_changed &= version.feature != last.id;
    }
    open.replace(&records).unwrap();
    drop(open);
    let (opened, repaired) = repaired(&folder);
    assert_eq!(of_feature(&opened.records), []);
    assert_eq!((opened.records.changes.len(), repaired.lost), (11, Vec::new()));
}

/// No version is assigned twice, whichever record is damaged (D-117).
#[test]
fn the_highest_version_is_known_without_its_record() {
    let folder = Folder::new();
    written(&folder, 12);
    let mut bytes = fs::read(folder.file(FILE)).unwrap();
    let fact = br#"["highest",""],"content":12"#;
    damage(&mut bytes, fact, b'3');
    fs::write(folder.file(FILE), &bytes).unwrap();
    let (opened, repaired) = DataFolder::repair(folder.path()).unwrap();
    assert_eq!(repaired.unwrap().lost, [Lost::Fact("highest".to_owned())]);
    assert_eq!(opened.records.highest, 12);
}

/// A record counts only in the table and under the key for which it was written.
#[test]
fn a_record_in_another_place_is_damaged() {
    let folder = Folder::new();
    written(&folder, 2);
    let database = Database::create(folder.file(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    let environment = Uuid::from_u128(7).to_string();
    {
        let mut changes = transaction.open_table(CHANGES).unwrap();
        let row = changes.get((environment.as_str(), "FEATURE_000")).unwrap();
        let row = row.unwrap().value().to_vec();
        changes.insert((environment.as_str(), "FEATURE_001"), row.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let (_, repaired) = DataFolder::repair(folder.path()).unwrap();
    let lost = Lost::Change(environment, "FEATURE_001".to_owned());
    assert_eq!(repaired.unwrap().lost, [lost]);
}

/// A file of a later version of the program is not damaged, so it is not repaired.
#[test]
fn a_repair_leaves_the_file_of_another_program_alone() {
    let folder = Folder::new();
    written(&folder, 2);
    let database = Database::create(folder.file(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(FORMAT, b"3".as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = fs::read(folder.file(FILE)).unwrap();
    let why = DataFolder::repair(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(why, DataFolderError::Unreadable(..)), "{why}");
    assert_eq!(fs::read(folder.file(FILE)).unwrap(), before);
}

/// The first format is JSON without checksums, and has no versions.
#[test]
fn records_of_the_first_format_are_read() {
    let folder = Folder::new();
    let database = Database::create(folder.file(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    let environment = Uuid::from_u128(7).to_string();
    {
        let mut meta = transaction.open_table(META).unwrap();
        meta.insert(FORMAT, b"1".as_slice()).unwrap();
        meta.insert(REVISION, b"4".as_slice()).unwrap();
        meta.insert(HIGHEST, b"9".as_slice()).unwrap();
        meta.insert(BASE, br#"{"base":"x","version":3}"#.as_slice()).unwrap();
        let mut changes = transaction.open_table(CHANGES).unwrap();
        let row = br#"{"base":"b","version":5,"value":{"value":7.50,"locked":true}}"#;
        changes.insert((environment.as_str(), "A"), row.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let Opened { folder: mut open, records } = DataFolder::open(folder.path()).unwrap();
    assert_eq!((records.revision, records.highest), (4, 9));
    assert_eq!(records.base, Some(("x".into(), 3)));
    let [change] = &records.changes[..] else { panic!("{records:?}") };
    assert_eq!((&*change.feature, change.version, &change.value), ("A", 5, &record("A", 5).value));
    open.replace(&records).unwrap();
    drop(open);
    assert_eq!(DataFolder::open(folder.path()).unwrap().records, records);
}

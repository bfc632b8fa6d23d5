//! The bytes that starts and edits write, and the sizes of the file and of its content in memory.

use std::ops::Range;

use fh_test::memory::{Counting, during};

use super::super::guarded::trial;
use super::super::overlay::Overlay;
use super::super::read::read;
use super::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns records like those of a state file with this many features. `numbers` have changes.
fn records(features: u128, changed: Range<u128>, version: i64) -> Records {
    let print = |number: u128| format!("{:032x}", number + version as u128).as_str().into();
    let versions = (0..features).map(|number| ServedVersion {
        environment: Uuid::from_u128(number % 10),
        feature: Uuid::from_u128(number << 64),
        version,
        served: Some(print(number)),
        is_changed: changed.contains(&number),
    });
    let changes = changed.clone().map(|number| Record {
        environment: Uuid::from_u128(number % 10),
        id: Uuid::from_u128(number << 64),
        ..record(&format!("FEATURE_{number:05}"), version)
    });
    let mut changes: Vec<_> = changes.collect();
    changes.sort_by_key(|change| (change.environment, Arc::clone(&change.feature)));
    Records {
        revision: 7,
        highest: version,
        versions: versions.collect(),
        forgotten: 0,
        base: Some(("base".into(), version)),
        replacement: None,
        changes,
    }
}

/// Returns the number of bytes of the keys and values in the open file of a folder.
fn bytes_in(open: &DataFolder) -> u64 {
    let transaction = open.database.as_ref().unwrap().begin_read().unwrap();
    let mut bytes = 0;
    for table in [CHANGES, VERSIONS] {
        for row in transaction.open_table(table).unwrap().iter().unwrap() {
            let (place, row) = row.unwrap();
            bytes += place.value().0.len() + place.value().1.len() + row.value().len();
        }
    }
    let meta = transaction.open_table(META).unwrap();
    let facts = meta.iter().unwrap().map(|row| row.unwrap());
    (bytes + facts.map(|(name, row)| name.value().len() + row.value().len()).sum::<usize>()) as u64
}

/// Returns a state with a name of this many bytes.
fn state_of(bytes: usize) -> Arc<State> {
    let environment =
        serde_json::json!({"id": Uuid::nil(), "name": "x".repeat(bytes), "values": {}});
    let state = serde_json::json!({"features": [], "environments": [environment], "accounts": []});
    Arc::new(serde_json::from_value(state).unwrap())
}

/// The rows in order: equal records, one changed value, an edit of every value, fewer features, large and small states in place of the base,
/// and no records.
#[test]
fn only_rows_that_differ_are_written_and_the_file_stays_small() {
    let folder = Folder::new();
    let first = records(3_000, 0..100, 5);
    let one = records(3_000, 0..101, 5);
    let versions = records(3_000, 0..101, 9);
    let fewer = records(2_000, 0..50, 9);
    let replaced = |bytes| Records {
        replacement: Some(("base".into(), state_of(bytes))),
        revision: bytes as u64,
        ..fewer.clone()
    };
    // The written bytes are at most this number, or eight times the bytes of the records of this step.
    let steps = [
        ("the same", first.clone(), Ok(0)),
        // The pages of a few rows, and the pages above them.
        ("one change", one, Ok(128 * 1024)),
        ("all versions", versions, Err(2)),
        ("fewer", fewer.clone(), Err(2)),
        ("a large state", replaced(5 << 20), Err(4)),
        ("another one", replaced(6 << 20), Err(5)),
        ("a small state", replaced(10), Err(3)),
        ("none", Records::default(), Err(3)),
    ];
    let mut bytes: Vec<u64> = Vec::new();
    let mut open = DataFolder::open(folder.path()).unwrap().folder;
    open.replace(&first).unwrap();
    for (name, records, most) in steps {
        let (_, written) = on_disk(&folder, &mut open);
        let before = written.load(Ordering::SeqCst);
        open.replace(&records).unwrap();
        let written = written.load(Ordering::SeqCst) - before;
        bytes.push(bytes_in(&open));
        let most = most.unwrap_or_else(|step: usize| 8 * bytes[step]);
        assert!(written <= most, "{name}: {written} of {most} bytes");
        drop(open);
        let opened = DataFolder::open(folder.path()).unwrap();
        let sorted = |mut records: Records| {
            records.versions.sort_by_key(|version| (version.environment, version.feature));
            records
        };
        assert_eq!(opened.records, sorted(records.clone()), "{name}");
        open = opened.folder;
        let length = fs::metadata(folder.file(FILE)).unwrap().len();
        let most = super::super::most(&records, *bytes.last().unwrap());
        assert!(length <= most, "{name}: {length} of {most} bytes");
    }
}

/// Earlier versions of the program emptied the tables by `retain` in each start, which leaves large holes in the file.
#[test]
fn a_file_with_holes_is_opened_within_the_memory_of_its_records_and_becomes_small() {
    let folder = Folder::new();
    let records = records(10_000, 0..0, 5);
    let mut open = DataFolder::open(folder.path()).unwrap().folder;
    open.replace(&records).unwrap();
    let bytes = bytes_in(&open);
    open.with_database(|database| {
        for _ in 0..2 {
            let transaction = database.begin_write().map_err(failed)?;
            for mut table in [CHANGES, VERSIONS].map(|table| transaction.open_table(table).unwrap())
            {
                table.retain(|_, _| false).map_err(failed)?;
            }
            insert_rows(&transaction, 9, &records.versions)?;
            transaction.commit().map_err(failed)?;
        }
        Ok(())
    })
    .unwrap();
    drop(open);
    let length = fs::metadata(folder.file(FILE)).unwrap().len();
    assert!(length > 20 * bytes, "{length}");
    let (opened, memory) = during(|| {
        let file = LockedFile::open(folder.path()).unwrap();
        let overlay = Overlay::new(Arc::clone(&file.backend)).unwrap();
        let contents = trial(overlay, read).unwrap().unwrap();
        let mut opened = take(file, contents).unwrap();
        opened.folder.replace(&opened.records).unwrap();
        opened
    });
    let peak = memory.peak as u64;
    assert!(peak < 3 * bytes + 2 * CACHE as u64, "{peak} bytes for {bytes}");
    let length = fs::metadata(folder.file(FILE)).unwrap().len();
    assert!(length <= MOST_PER_BYTE * bytes + SLACK, "{length} bytes for {bytes}");
    assert_eq!(opened.records.versions.len(), 10_000);
}

use crate::tool::fh;

const ID: &str = "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0";

#[test]
fn known_buckets() {
    let buckets = |args: &[&str]| -> Vec<u64> {
        let args: Vec<&str> =
            ["bucket", "--json", "--id"].into_iter().chain(args.iter().copied()).collect();
        let rows = fh(&args).expect(0).json();
        rows.as_array().unwrap().iter().map(|row| row["bucket"].as_u64().unwrap()).collect()
    };
    assert_eq!(buckets(&["abcde", "fred"]), [212_628]);
    assert_eq!(buckets(&[ID, "visitor-1", "zoë", "zoë-🚲"]), [419_953, 355_268, 292_567]);
    assert_eq!(buckets(&[ID, "zoë-🚲", "--profile", "edge"]), [47_084]);
    let out = fh(&["bucket", "--id", "abcde", "fred"]).expect(0).out;
    assert_eq!(out, "KEY    BUCKET    IN FROM\nfred  212,628  21.2628 %\n");
}

#[test]
fn keys_for_testers() {
    let args = [
        "bucket", "--id", ID, "--want", "0-200000", "--count", "4", "--prefix", "tester-", "--json",
    ];
    let rows = fh(&args).expect(0).json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let key = row["value"].as_str().unwrap();
        assert!(key.starts_with("tester-"));
        assert!(row["bucket"].as_u64().unwrap() <= 200_000);
        // `fh bucket KEY` computes the same bucket as the search.
        assert_eq!(fh(&["bucket", "--json", "--id", ID, key]).expect(0).json()[0], *row);
    }
    assert_eq!(
        fh(&["bucket", "--id", ID, "--want", "999999-999999", "--count", "1", "--json"])
            .expect(0)
            .json()[0]["bucket"],
        999_999
    );
}

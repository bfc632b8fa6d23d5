#!/usr/bin/env bash
# Checks the state files of FILES with the program FH, and prints an annotation of GitHub for each mistake. Needs jq. Fails if `fh serve --check
# --strict` or `fh lint` fails for one of them.
set -euo pipefail
shopt -s nullglob
# The bash of macOS has no `**`.
shopt -s globstar 2>/dev/null || true

# Writes an annotation for each object of the list `$list`. Both parts of an annotation have escapes of their own.
annotation='
  def data: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
  def property: data | gsub(":"; "%3A") | gsub(","; "%2C");
  def place: "file=\($file | property),line=\(.line // 1)" + if .column then ",col=\(.column)" else "" end;
  def annotate: "::\(.kind) \(place),title=\(.code // "state file" | property)::\(.text | data)";'
# `fh serve --check --strict` refuses warnings, so both kinds are errors.
of_check=$annotation'
  (.errors + .warnings)[] | .kind = "error" | .text = if .path == "" then .message else "\(.path): \(.message)" end | annotate'
# The check has most findings of `fh lint`, too, with more precise positions.
of_lint=$annotation'
  .findings[] | select(. as $found | any($check.warnings[]; .code == $found.code and (.message | contains($found.advice))) | not)
    | .kind = .severity | .text = "\(.message); \(.advice)" | annotate'

# Runs `fh` with a report as JSON in `report`. If there is no report, what `fh` wrote to stderr is the annotation.
run() {
    code=0
    report=$("$fh" "$@" "$file" --json 2>"$errors") || code=$?
    if ((code > 1)) || [[ -z $report ]]; then
        report=""
        jq -rRs --arg file "$file" "$annotation"'{kind: "error", text: rtrimstr("\n")} | annotate' "$errors"
    fi
    ((code == 0)) || failed=1
}

fh=${FH:-fh}
failed=0
count=0
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
# Splits the words of FILES, and expands its patterns.
for file in ${FILES:?names no files}; do
    count=$((count + 1))
    run serve --strict --check
    check=$report
    [[ -n $check ]] || continue
    jq -r --arg file "$file" "$of_check" <<<"$check"
    # A file that cannot be served has nothing to lint.
    jq -e '.errors == []' <<<"$check" >/dev/null || continue
    run lint
    [[ -z $report ]] || jq -r --arg file "$file" --argjson check "$check" "$of_lint" <<<"$report"
done
if ((count == 0)); then
    echo "::error::no file matches ${FILES//[$'\r\n']/ }"
    exit 1
fi
echo "files checked: $count"
exit "$failed"

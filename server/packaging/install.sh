#!/bin/sh
# Installs a program of this project for Linux, without root and without a compiler:
#
#   sh install.sh [--from FOLDER|URL] [--prefix FOLDER] [PROGRAM]
#
# PROGRAM is fh, which is the default, or fh-conformance. --from names the place of the archives and of SHA256SUMS, by default the folder of
# this script. The files go below --prefix, by default ~/.local: the program into bin, man pages and completions into share.
# An archive whose checksum is not that of SHA256SUMS is not installed.
set -eu

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

# Copies a file of the place into the folder $folder.
fetch() {
    case $from in
    http://* | https://*)
        if command -v curl >/dev/null; then
            curl --fail --silent --show-error --location --output "$folder/$1" "$from/$1" || fail "$from/$1 cannot be downloaded"
        elif command -v wget >/dev/null; then
            wget -q -O "$folder/$1" "$from/$1" || fail "$from/$1 cannot be downloaded"
        else
            fail "a URL needs curl or wget: install one of them, or download the files and name their folder with --from"
        fi
        ;;
    *)
        [ -f "$from/$1" ] || fail "there is no file $1 in $from: name the folder or the URL of the archives with --from"
        cp "$from/$1" "$folder/$1"
        ;;
    esac
}

sum() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 "$1"
    else
        fail "the checksum cannot be verified: install sha256sum (of coreutils) or shasum"
    fi
}

main() {
    from='' prefix='' program=''
    while [ $# -gt 0 ]; do
        case $1 in
        --from | --prefix)
            [ $# -gt 1 ] || fail "$1 takes a value, such as $1 ./folder"
            if [ "$1" = --from ]; then from=$2; else prefix=$2; fi
            shift
            ;;
        -h | --help)
            echo "usage: sh install.sh [--from FOLDER|URL] [--prefix FOLDER] [fh|fh-conformance]"
            exit
            ;;
        fh | fh-conformance)
            [ -z "$program" ] || fail "one program at a time: run the script again for $1"
            program=$1
            ;;
        *) fail "unknown argument $1; usage: sh install.sh [--from FOLDER|URL] [--prefix FOLDER] [fh|fh-conformance]" ;;
        esac
        shift
    done
    program=${program:-fh}
    if [ -z "$from" ]; then
        # With `curl … | sh`, $0 is no file.
        [ -f "$0" ] || fail "name the folder or the URL of the archives with --from"
        from=$(dirname "$0")
    fi
    from=${from%/}
    if [ -z "$prefix" ]; then
        [ -n "${HOME:-}" ] || fail "HOME is not set: name the folder to install into with --prefix"
        prefix=$HOME/.local
    fi

    case $(uname -s) in
    Linux) ;;
    *) fail "there is no $program for $(uname -s) yet: in a clone, cargo install --path server/cli builds fh" ;;
    esac
    case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no $program for the processor $(uname -m): in a clone, cargo install --path server/cli builds fh" ;;
    esac
    archive=$program-linux-$machine.tar.gz

    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    fetch SHA256SUMS
    fetch "$archive"
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$folder/SHA256SUMS")
    [ -n "$expected" ] || fail "SHA256SUMS of $from does not name $archive"
    actual=$(sum "$folder/$archive")
    [ "${actual%% *}" = "$expected" ] || fail "$archive has the checksum ${actual%% *}, and SHA256SUMS names $expected: download both again"

    { mkdir -p "$prefix/bin" && [ -w "$prefix/bin" ]; } 2>/dev/null ||
        fail "$prefix/bin cannot be written to: name another folder with --prefix"
    prefix=$(cd "$prefix" && pwd)
    # tar replaces a program that runs; cp could not.
    tar -xzf "$folder/$archive" -C "$prefix" --strip-components=1 || fail "$archive cannot be unpacked into $prefix"
    "$prefix/bin/$program" --version || fail "$prefix/bin/$program does not start on this machine"
    echo "installed $prefix/bin/$program"
    case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) echo "add it to the search path: export PATH=\"$prefix/bin:\$PATH\"" ;;
    esac
}

# The script is read to its end before it does anything.
main "$@"

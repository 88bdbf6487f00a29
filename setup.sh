# Sourced by install.sh and tests/run.sh: makes .venv with packlog in it, once.
# $1: what to install, "." or ".[test]". $2: install takes the versions and hashes of requirements/,
# test what pyproject.toml allows. Done again only when one of these has changed.

packlog_setup() {
    local extras="$1" stamp=.venv/.packlog-$2 digest pinned=2
    command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.10 or newer" >&2; return 1; }
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
        echo "this python3 is $(python3 -V): packlog needs Python 3.10 or newer" >&2; return 1; }
    digest="$(cat pyproject.toml requirements/*.txt | cksum) $(pwd)"
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then return 0; fi
    echo "setting up .venv (once; takes a minute or two) ..." >&2
    python3 -m venv .venv || { echo "python3 has no venv: on Debian or Ubuntu, apt install python3-venv" >&2; return 1; }
    if [ "$2" = install ] && [ -z "${PACKLOG_UNPINNED:-}" ]; then
        packlog_pinned && pinned=0 || pinned=$?
    fi
    case "$pinned" in
        0) ;;
        1) return 1 ;;
        *) packlog_pip -e "$extras" || {
            echo "packages could not be installed: is there a network? Then run this again." >&2; return 1; } ;;
    esac
    printf '%s' "$digest" > "$stamp"
}

packlog_pip() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

# The packages of requirements/. 1: one is not the file that it should be; 2: not available here.
packlog_pinned() {
    local said
    said="$({
        packlog_pip --require-hashes -r requirements/build.txt &&
        packlog_pip --require-hashes --no-build-isolation -r requirements/install.txt &&
        packlog_pip --no-deps --no-build-isolation -e .
    } 2>&1)" && return 0
    case "$said" in
        *"DO NOT MATCH THE HASHES"*)
            printf '%s\n' "$said" "A package is not the file that requirements/ names: do not go on unless you know why." \
                "PACKLOG_UNPINNED=1 ./install.sh takes whatever versions pyproject.toml allows." >&2
            return 1 ;;
    esac
    echo "the pinned versions are not available here: taking others that pyproject.toml allows" >&2
    return 2
}

# Sourced by install.sh and tests/run.sh: makes .venv with packlog in it, once.
# $1: what to install, "." or ".[test]". Done again only when pyproject.toml has changed.

packlog_setup() {
    local extras="$1" stamp=.venv/.packlog-$2 digest
    command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.10 or newer" >&2; return 1; }
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
        echo "this python3 is $(python3 -V): packlog needs Python 3.10 or newer" >&2; return 1; }
    digest="$(cksum < pyproject.toml) $(pwd)"
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then return 0; fi
    echo "setting up .venv (once; takes a minute or two) ..." >&2
    python3 -m venv .venv || { echo "python3 has no venv: on Debian or Ubuntu, apt install python3-venv" >&2; return 1; }
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$extras" || {
        echo "packages could not be installed: is there a network? Then run this again." >&2; return 1; }
    printf '%s' "$digest" > "$stamp"
}

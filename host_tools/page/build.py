"""Builds the page: one gzipped file of HTML, CSS and JavaScript that asks nothing of anywhere else.

    python -m host_tools.page.build [--check]

esbuild joins the modules of src/ with what is needed of uPlot, terser shortens them. All three come
from npm, in the versions and with the checksums of package-lock.json, into the user's cache folder.
The page names a checksum of what it was built from: one that is out of date shows without npm.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import zopfli.gzip
from host_tools.build.cache import cache_folder
from host_tools.ground.text import show
from host_tools.page import tables
from host_tools.page.built import PAGE, STAMP, page
from host_tools.page.lean import lean

HERE = Path(__file__).parent
SOURCES = HERE / "src"
LARGEST = 45 * 1024  # bytes of it
TARGETS = "chrome111,firefox113,safari16.4"
_COMPRESS = "passes=2,unsafe_arrows=true,pure_getters=true,keep_fargs=false"
_KINDS = (".js", ".css", ".html")
_PACKAGES = ("package.json", "package-lock.json")


class NoNpm(Exception):
    """npm is not there, or cannot get the packages."""


def checksum() -> str:
    """SHA-256 of all that the page is built from."""
    found = hashlib.sha256()
    paths = [HERE / name for name in _PACKAGES]
    paths += [
        path for path in sorted(SOURCES.rglob("*")) if path.suffix in (".js", ".css", ".html")
    ]
    for path in paths:
        data = path.read_bytes()
        found.update(f"{path.relative_to(HERE).as_posix()} {len(data)}\n".encode() + data)
    return found.hexdigest()[:16]


def build() -> bytes:
    """The page's HTML, made anew. NoNpm if the packages cannot be had."""
    packages = _packages()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        uplot = packages / "node_modules" / "uplot" / "dist" / "uPlot.esm.js"
        (out / "uplot.js").write_text(lean(uplot.read_text(encoding="utf8")), encoding="utf8")
        joined = out / "joined.js"
        alias = f"--alias:uplot={out / 'uplot.js'}"
        _esbuild(packages, SOURCES / "main.js", joined, "--bundle", "--format=esm", alias)
        _esbuild(packages, SOURCES / "style.css", out / "page.css", "--minify")
        script = _terser(packages, joined)
        style = (out / "page.css").read_text(encoding="utf8").strip()
    html = (SOURCES / "index.html").read_text(encoding="utf8").replace("\n", "")
    stamp = f'<meta name="{STAMP}" content="{checksum()}">'
    html = html.replace("<title>", f"{stamp}<title>").replace("/*style*/", style)
    return html.replace("/*script*/", script.replace("</script", "<\\/script")).encode()


def compress(html: bytes) -> bytes:
    """The same, as a browser takes it."""
    return zopfli.gzip.compress(html)


def _esbuild(packages: Path, source: Path, target: Path, *options: str) -> None:
    """Join modules, or shorten CSS."""
    command = ["node", packages / "node_modules" / "esbuild" / "bin" / "esbuild", source]
    command += [f"--outfile={target}", f"--target={TARGETS}", "--charset=utf8", *options]
    _run(command, packages)


def _terser(packages: Path, source: Path) -> str:
    """Shorten JavaScript: by a twelfth more than esbuild does."""
    command = ["node", packages / "node_modules" / "terser" / "bin" / "terser", source]
    command += ["--module", "--ecma", "2022", "--compress", _COMPRESS, "--mangle"]
    return _run([*command, "--comments", "false"], packages).strip()


def _packages() -> Path:
    """The folder with node_modules; filled once for each package-lock.json."""
    name = hashlib.sha256((HERE / _PACKAGES[1]).read_bytes()).hexdigest()[:16]
    folder = cache_folder("page") / name
    if not (folder / "complete").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix="new-"))
        for package in _PACKAGES:
            shutil.copy(HERE / package, made)
        _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], made)
        (made / "complete").touch()
        try:
            made.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(made)
    return folder


def _npm() -> list[str | Path]:
    """The command: that of the node in the PATH (in PyPI's wheel, npm itself does not start)."""
    if node := shutil.which("node"):
        script = Path(node).parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
        if script.is_file():
            return [node, script]
    found = shutil.which("npm")
    if not found:
        raise NoNpm("npm is not in the PATH")
    return [found]


def _run(command: list, folder: Path) -> str:
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            capture_output=True,
            encoding="utf8",
        )
    except OSError as error:
        raise NoNpm(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        error = done.stderr.strip() or done.stdout.strip()
        raise (NoNpm if "ci" in command else RuntimeError)(error)
    return done.stdout


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    if not check:
        tables.SOURCE.write_text(tables.source(), encoding="utf8")
    html = build()
    size = len(compress(html))
    show(f"{len(html)} bytes, {size} compressed, of {LARGEST}")
    if check:
        return int(html != page() or size > LARGEST)
    PAGE.write_bytes(compress(html))
    return int(size > LARGEST)


if __name__ == "__main__":
    sys.exit(main())

"""Run the examples of pages against ``fh serve``, with the package that this Python has installed.

``FH=PATH python smoke.py --version VERSION PAGE...``. The first example of each page that makes a client runs as it stands, but
for the URL and the API key.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tempfile

STATE = """
features:
  - { key: NEW_CHECKOUT, type: BOOLEAN }
environments:
  - name: dev
    id: 3f6c1a52-90d4-4a7b-8c3e-2b5d7e9f0a11
    values:
      NEW_CHECKOUT:
        value: false
        strategies:
          - { id: kiwi, value: true, attributes: [
              { fieldName: country, type: STRING, conditional: EQUALS, values: [new_zealand] } ] }
accounts:
  - name: shop
    clientKey: shop*client
    permissions: { dev: [READ] }
"""
KEY = "3f6c1a52-90d4-4a7b-8c3e-2b5d7e9f0a11/shop*client"
URL_OF_PAGES, KEY_OF_PAGES = "https://edge.example", "ENVIRONMENT/KEY*"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", required=True)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    check_installation(arguments.version)
    with tempfile.TemporaryDirectory() as folder:
        state = pathlib.Path(folder) / "state.yaml"
        state.write_text(STATE)
        command = [os.environ["FH"], "serve", "--state", str(state), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as edge:
            try:
                url = url_of(edge)
                for page in arguments.pages:
                    run(page, url)
            finally:
                edge.kill()


def check_installation(version: str) -> None:
    import fh_client

    found = (importlib.metadata.version("fh-client"), fh_client.__version__)
    assert found == (version, version), f"the versions are {found} in place of {version}"
    folder = pathlib.Path(fh_client.__file__).parent
    for name in ("py.typed", "_native.pyi", "django/templatetags/fh_client.py"):
        assert (folder / name).is_file(), f"{name} is not installed"
    plugins = importlib.metadata.entry_points(group="pytest11")
    assert any(plugin.value == "fh_client.pytest_plugin" for plugin in plugins), "the plugin of pytest is not installed"


def url_of(edge: subprocess.Popen[str]) -> str:
    assert edge.stdout is not None
    said = []
    for line in edge.stdout:
        said.append(line)
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found[0]
    raise AssertionError("".join(said))


def run(page: pathlib.Path, url: str) -> None:
    [program, *_] = [text for text in BLOCK.findall(page.read_text()) if URL_OF_PAGES in text and "wait_ready" in text]
    assert KEY_OF_PAGES in program, f"the example of {page} names no key"
    program = program.replace(URL_OF_PAGES, url).replace(KEY_OF_PAGES, KEY)
    ended = subprocess.run([sys.executable, "-I", "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    is_right = "NEW_CHECKOUT" in ended.stdout and "kiwi" in ended.stdout
    assert (ended.returncode, ended.stderr, is_right) == (0, "", True), f"the example of {page}: {ended}"
    print(f"    the example of {page.name} has run against fh serve on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()

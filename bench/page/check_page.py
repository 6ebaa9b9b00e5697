#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loads a page of `plait bench --html` in headless Chromium and checks what a reader would see.

  bench/page/check_page.py PAGE [--screenshots FOLDER]

In both colour schemes, at the width of a phone and of a desk: no message on the console, every plot is drawn and is not
empty, every workload has a table, nothing sticks out sideways, and text stands out from what is behind it. Then the page
is scrolled through to its end. A copy of the page without the library that draws the plots must say so and show all
tables. Takes chromium and chromedriver (Debian: chromium-driver).
"""

import argparse
import base64
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

SIZES = {"phone": (390, 844), "desk": (1280, 900)}

# A plot is drawn when it comes near the window.
SCROLL = """
const done = arguments[0];
(async () => {
  for (const canvas of document.querySelectorAll("canvas")) {
    canvas.scrollIntoView({behavior: "instant", block: "center"});
    for (let i = 0; i < 50 && !canvas.dataset.drawn; ++i) await new Promise(later => setTimeout(later, 20));
  }
  scrollTo({top: 0, behavior: "instant"});
  done();
})();
"""
LOOK = """
const root = document.documentElement;
const luminance = color => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const style = getComputedStyle(document.body);
const lights = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => b - a);
const isEmpty = canvas => {
  if (!canvas.width || !canvas.height) return true;
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(pixels).size < 4;
};
const canvases = [...document.querySelectorAll("canvas")];
return {
  plots: canvases.length,
  notDrawn: canvases.filter(c => !c.dataset.drawn || isEmpty(c)).map(c => c.getAttribute("aria-label")),
  workloads: document.querySelectorAll("h3").length,
  tables: document.querySelectorAll("table").length,
  shownTables: [...document.querySelectorAll("table")].filter(t => t.offsetHeight > 0).length,
  notice: document.getElementById("notice").hidden ? "" : document.getElementById("notice").innerText,
  rows: document.querySelectorAll("tbody tr").length,
  width: root.scrollWidth, windowWidth: root.clientWidth,
  contrast: (lights[0] + 0.05) / (lights[1] + 0.05),
  background: style.backgroundColor,
};
"""


class Browser:
    """A session of WebDriver, https://www.w3.org/TR/webdriver2/."""

    def __init__(self, port):
        self.at = f"http://127.0.0.1:{port}"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]}
        made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.at += f"/session/{made['sessionId']}"
        self.ask("POST", "/timeouts", {"script": 120_000})

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.at + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"chromedriver: {json.load(error)['value']['message']}") from None

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def run_until_done(self, script):
        return self.ask("POST", "/execute/async", {"script": script, "args": []})

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def console(self):
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]


@contextlib.contextmanager
def browser():
    driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        session = None
        for line in driver.stdout:
            if "started successfully on port" in line:
                session = Browser(int(line.rstrip(" .\n").rsplit(" ", 1)[1]))
                break
        if session is None:
            raise RuntimeError("chromedriver did not start")
        yield session
        session.ask("DELETE", "")
    finally:
        driver.terminate()
        driver.wait()


def faults(seen, console, scheme):
    """What is wrong with a page that looks so."""
    if seen["plots"] == 0:
        yield "it has no plot"
    for label in seen["notDrawn"]:
        yield f"a plot was not drawn: {label}"
    if seen["tables"] != seen["workloads"] or seen["rows"] == 0:
        yield f"{seen['workloads']} workloads have {seen['tables']} tables with {seen['rows']} rows"
    if seen["width"] > seen["windowWidth"]:
        yield f"it is {seen['width']} pixels wide and the window {seen['windowWidth']}"
    if seen["contrast"] < 7:
        yield f"text has a contrast of {seen['contrast']:.1f}; 7 is the least"
    is_dark = max(int(part) for part in seen["background"].removeprefix("rgb(").rstrip(")").split(",")) < 128
    if is_dark != (scheme == "dark"):
        yield f"its background is {seen['background']}"
    for message in console:
        yield f"the console says: {message}"


def look_at(session, page):
    session.ask("POST", "/url", {"url": page.resolve().as_uri()})
    session.run_until_done(SCROLL)
    return session.run(LOOK)


def faults_without_plots(session, page):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(re.sub(r'(<script id="charts">).*?(</script>)', r"\1\2", page.read_text(), count=1, flags=re.DOTALL))
        seen = look_at(session, copy)
    if seen["plots"] != 0 or not seen["notice"].startswith("Tables only"):
        yield f"without the library it has {seen['plots']} plots and says '{seen['notice']}'"
    if seen["shownTables"] != seen["workloads"]:
        yield f"without the library {seen['shownTables']} tables of {seen['workloads']} can be seen"
    yield from session.console()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER", help="put an image of each look there")
    chosen = parser.parse_args()
    wrong = []
    with browser() as session:
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                session.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=size == "phone")
                session.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                seen = look_at(session, chosen.page)
                wrong += [f"{scheme}, {size}: {fault}" for fault in faults(seen, session.console(), scheme)]
                if chosen.screenshots:
                    chosen.screenshots.mkdir(parents=True, exist_ok=True)
                    shot = session.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"]
                    (chosen.screenshots / f"{scheme}-{size}.png").write_bytes(base64.b64decode(shot))
        wrong += faults_without_plots(session, chosen.page)
    for line in wrong:
        print(line)
    if not wrong:
        print(f"note: {seen['plots']} plots and {seen['tables']} tables in {len(SIZES)} sizes and two colour schemes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""A real Chromium without a window, driven over a pipe: what a page shows to a learner, and what it does to them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
SECONDS = 120.0


class Page:
    """One page that is open."""

    def __init__(
        self, browser: Browser, url: str, width: int = 1366, height: int = 768, wait: bool = True
    ) -> None:  # fmt: skip
        self._browser = browser
        self._target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.ask("Page.enable")
        if wait:
            self.go(url)
        else:  # a page without an engine
            self.ask("Page.navigate", url=url)
            self.run(
                "new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))"
            )

    def ask(self, method: str, **parameters: Any) -> Any:
        """The result of a call of the browser's own protocol."""
        return self._browser.ask(method, self._session, **parameters)

    def go(self, url: str) -> None:
        """None; the page is there, and its engine has answered all."""
        self.ask("Page.navigate", url=url)
        self.settled()

    def run(self, script: str) -> Any:
        """What an expression gives. Raises: AssertionError with what it throws."""
        done = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def within(self, script: str) -> Any:
        """What an expression gives in the only frame within the page, which is not let out of its sandbox."""
        tree = self.ask("Page.getFrameTree")["frameTree"]
        if frames := tree.get("childFrames"):
            world = self.ask("Page.createIsolatedWorld", frameId=frames[0]["frame"]["id"])["executionContextId"]
            return self.ask("Runtime.evaluate", expression=script, contextId=world, returnByValue=True)["result"].get(
                "value"
            )
        infos = self._browser.ask("Target.getTargets", filter=[{"type": "iframe"}])["targetInfos"]
        session = self._browser.ask("Target.attachToTarget", targetId=infos[0]["targetId"], flatten=True)["sessionId"]
        return self._browser.ask("Runtime.evaluate", session, expression=script, returnByValue=True)["result"].get(
            "value"
        )

    def settled(self) -> None:
        """None; nothing is being calculated. Raises: AssertionError where that takes too long, or the engine fails."""
        begin = time.monotonic()
        while (state := self.run("document.documentElement?.dataset.state")) != "ready":
            assert state != "failed", self.run("document.querySelector('.status').textContent")
            assert time.monotonic() - begin < SECONDS, state
            time.sleep(0.02)

    def picture(self, path: Path) -> None:
        """None; what is seen stands in a file."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """None; it is gone."""
        self._browser.ask("Target.closeTarget", targetId=self._target)


class Browser:
    """A Chromium that answers over a pipe."""

    def __init__(self, folder: Path) -> None:
        (ours_in, theirs_out), (theirs_in, ours_out) = os.pipe(), os.pipe()
        kept = "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}"
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', CHROMIUM, "--headless=new",
             "--remote-debugging-pipe", *kept],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._number, self._rest = ours_in, ours_out, 0, b""

    def ask(self, method: str, session: str = "", **parameters: Any) -> Any:
        """The result of a call; what the browser tells by itself meanwhile is let go."""
        self._number += 1
        call = {"id": self._number, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._out, json.dumps(call).encode() + b"\0")
        while True:
            told = json.loads(self._next())
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]

    def _next(self) -> bytes:
        while b"\0" not in self._rest:
            more = os.read(self._in, 1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        one, _, self._rest = self._rest.partition(b"\0")
        return one

    def end(self) -> None:
        """None; it is gone."""
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser, until the context ends."""
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.end()

# SPDX-License-Identifier: MIT
"""Runs a command with a server of its own: with_server.py COMMAND..., to which the server's URL is added."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

# Debian's redis-server is a link to a program of the package redis-tools, which goes by its name.
program = next(filter(None, map(shutil.which, ("redis-server", "valkey-server", "redis-check-rdb"))), None)
if program is None:
    sys.exit("no server to test with is installed: apt-get install redis-tools")
with tempfile.TemporaryDirectory() as folder:
    socket = pathlib.Path(folder) / "server.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", "", "--logfile", "server.log"]
    name = "valkey-server" if "valkey" in program else "redis-server"
    server = subprocess.Popen([name, *options], executable=program)
    try:
        while not socket.exists():
            if server.poll() is not None:
                sys.exit(f"the server ended with exit code {server.returncode}")
            time.sleep(0.01)
        sys.exit(subprocess.run([*sys.argv[1:], f"unix://{socket}"]).returncode)
    finally:
        server.kill()
        server.wait()

#!/usr/bin/env python3
"""Hands a server over from process to process under wrk, and says how many requests were lost: it should be none.

    Benchmarks/handover.py [--restarts 20] [--connections 256] [--tls] [--workers N] [APUS]

APUS is the program, by default .build/release/apus. With --workers the workers are replaced instead. Exit code 1 when
anything was lost."""
import argparse
import os
import re
import signal
import subprocess
import sys
import time

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--restarts", type=int, default=20)
parser.add_argument("--connections", type=int, default=256)
parser.add_argument("--workers", type=int)
parser.add_argument("--tls", action="store_true", help="load https instead of http")
parser.add_argument("--driver", default="auto")
parser.add_argument("--pause", type=float, default=0.5, help="seconds between two restarts")
parser.add_argument("apus", nargs="?", default=os.path.join(root, ".build/release/apus"))
given = parser.parse_args()

words = [given.apus, "serve", "--port", "0", "--driver", given.driver]
if given.workers:
    words += ["--workers", str(given.workers)]
if given.tls:
    words += ["--tls-port", "0", "--tls-self-signed"]
server = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=root)
said = []


def await_line(pattern):
    for line in server.stderr:
        said.append(line)
        if match := re.search(pattern, line):
            return match
    sys.exit("the server ended:\n" + "".join(said))


pid = server.pid
load = None
try:
    served = await_line(r"serving on (http://[^\s,]+)(?:, (https://[^\s,]+))?")
    url = served[2] if given.tls else served[1]
    # It is told to load for longer than it may take, and stopped when the restarts are over.
    load = subprocess.Popen(["wrk", "-t", "2", "-c", str(given.connections), "-d", "600s", url + "/plaintext"],
                            stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    began = time.monotonic()
    for _ in range(given.restarts):
        os.kill(pid, signal.SIGUSR2)
        if given.workers:
            await_line("the workers are replaced")
        else:
            pid = int(await_line(r"handed over: process (\d+) serves")[1])
        time.sleep(given.pause)
    took = time.monotonic() - began
    time.sleep(1)
    load.send_signal(signal.SIGINT)
    result = load.communicate()[0]
finally:
    if load is not None:
        load.kill()
    os.kill(pid, signal.SIGTERM)

errors = re.search(r"Socket errors: .*", result)
status = re.search(r"Non-2xx or 3xx responses: \d+", result)
count = re.search(r"(\d+) requests in", result)
print(f"{given.restarts} restarts in {took:.1f} s under {given.connections} connections to {url.split(':')[0]}: "
      f"{count[1] if count else 'no'} requests, " + "; ".join([m[0] for m in (errors, status) if m] or ["0 errors"]))
sys.exit(1 if errors or status or not count else 0)

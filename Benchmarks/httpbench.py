#!/usr/bin/env python3
"""Measure HTTP/1.1 servers side by side, in one run, on a noisy machine.

    httpbench.py [options] NAME='command with {port}' NAME='command with {port}' ...

Every server is started pinned to one CPU and loaded by `wrk` pinned to another, in turn, several rounds;
the median round is printed. The first server named is the yardstick: every figure is also given as a ratio
to its in the same round (the median of those ratios). Throughput drifts with the machine's load; CPU time per request (user + system, read from /proc for
all of the server's processes) hardly does, so judge by `cpu us/req` first and by `req/s` second.

    httpbench.py --conns 64 \\
        limit='.build/bench/limit_epoll {port}' \\
        nginx='Benchmarks/run-nginx.sh {port}' \\
        apus='.build/release/apus serve --port {port} --loops 1'

A path behind a server's name is asked in place of --path: 'full/full=…' asks it for /full.
With --header 'Connection: close' every request is a connection, and the figures are per connection.
Exit status: 0 measured; 1 an answer was wrong; 2 a server did not answer.
"""
import argparse, json, re, subprocess, sys, tempfile

from servers import medians, raise_descriptor_limit, start_all, stop_all, write_json


def script(options):
    """What wrk sends, as the Lua file that it wants."""
    lua = "".join(f"wrk.headers[{json.dumps(name.strip())}] = {json.dumps(value.strip())}\n"
                  for name, value in (header.split(":", 1) for header in options.header))
    if options.body:
        with open(options.body) as body:
            lua += f'wrk.method = "POST"\nwrk.body = {json.dumps(body.read())}\n'
    if options.pipeline > 1:
        lua += ("local batch\ninit = function(args)\n  local requests = {}\n"
                f"  for i = 1, {options.pipeline} do requests[i] = wrk.format() end\n"
                "  batch = table.concat(requests)\nend\nrequest = function() return batch end\n")
    file = tempfile.NamedTemporaryFile("w", suffix=".lua")
    file.write(lua)
    file.flush()
    return file


def load(options, server, seconds, lua):
    """One round on one server."""
    _, slash, path = server.name.partition("/")
    output = subprocess.run(
        ["taskset", "-c", options.load_cpu, "wrk", "-t1", f"-c{options.conns}", f"-d{seconds}s", "--latency",
         "-s", lua.name, f"http://127.0.0.1:{server.port}{slash + path or options.path}"],
        capture_output=True, text=True).stdout

    def found(pattern, missing="0"):
        match = re.search(pattern, output, re.M)
        return match[1] if match else missing

    return {"requests": int(found(r"(\d+) requests in")), "rps": float(found(r"Requests/sec:\s+([\d.]+)")),
            "p50": found(r"^\s+50%\s+(\S+)"), "p99": found(r"^\s+99%\s+(\S+)"),
            "bad": int(found(r"Non-2xx or 3xx responses: (\d+)")), "errors": found(r"Socket errors: (.*)", "")}


def round_of(options, server, lua):
    user, system = server.cpu_seconds()
    row = load(options, server, options.seconds, lua)
    user_after, system_after = server.cpu_seconds()
    requests = max(row["requests"], 1)
    row["user"] = (user_after - user) * 1e6 / requests
    row["sys"] = (system_after - system) * 1e6 / requests
    row["cpu"] = row["user"] + row["sys"]
    row["rss"] = server.rss_bytes() / 1024
    return row


def measure(options):
    lua = script(options)
    servers = start_all(options.servers, options.server_cpu)
    try:
        rounds = {server.name: [] for server in servers}
        for server in servers:
            load(options, server, 1, lua)  # warm up
        for _ in range(options.rounds):
            for server in servers:
                rounds[server.name].append(round_of(options, server, lua))
    finally:
        stop_all(servers)
    table = medians(rounds, ("rps", "cpu", "user", "sys", "rss"))
    for name, rows in rounds.items():
        table[name].update(p50=rows[-1]["p50"], p99=rows[-1]["p99"], bad=sum(row["bad"] for row in rows),
                           errors="; ".join(sorted({row["errors"] for row in rows} - {""})))
    return table


def show(table):
    print(f"{'server':16}{'req/s':>10}{'x':>7}{'cpu us/req':>12}{'x':>7}{'user':>8}{'sys':>8}{'p50':>10}{'p99':>10}{'RSS KiB':>10}")
    for name, t in table.items():
        print(f"{name:16}{t['rps']:>10.0f}{t['rps_ratio']:>7.2f}{t['cpu']:>12.2f}{t['cpu_ratio']:>7.2f}"
              f"{t['user']:>8.2f}{t['sys']:>8.2f}{t['p50']:>10}{t['p99']:>10}{t['rss']:>10.0f}"
              + (f"  non-2xx {t['bad']}" if t["bad"] else "") + (f"  {t['errors']}" if t["errors"] else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=64, help="connections held open (64)")
    parser.add_argument("--pipeline", type=int, default=1, help="requests sent at once on each (1)")
    parser.add_argument("--seconds", type=int, default=4, help="of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--header", action="append", default=[], help="'Name: value', may be repeated")
    parser.add_argument("--body", metavar="FILE", help="POST it")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = measure(options)
    show(table)
    write_json(table, options.json)
    return 1 if any(figures["bad"] for figures in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

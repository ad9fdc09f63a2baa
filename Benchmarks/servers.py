"""Servers under measurement: started on a CPU of their own, watched through /proc, stopped at the end.

Every program here names its servers in one way: NAME='command with {port}'. The command is started pinned
to one CPU, in a session of its own, so that the CPU time and memory of all its processes can be summed.
"""
import json, os, resource, shlex, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def raise_descriptor_limit():
    """Let this program and the servers it starts open as many descriptors as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One server: `with Server("apus=.build/release/apus serve --port {port}") as server:`"""

    def __init__(self, spec, cpu=None, environment=None, errors=None):
        self.name, self.command = spec.split("=", 1)
        self.port = free_port()
        words = shlex.split(self.command.replace("{port}", str(self.port)).replace("{other}", str(free_port())))
        if cpu is not None:
            words = ["taskset", "-c", str(cpu)] + words
        self.scratch = tempfile.mkdtemp(prefix="apus-bench-")
        try:
            self.process = subprocess.Popen(
                words, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if errors is None else errors,
                env={**os.environ, "TMPDIR": self.scratch, **(environment or {})})
        except OSError as error:
            shutil.rmtree(self.scratch, ignore_errors=True)
            sys.exit(f"{self.name}: {error}")
        self.started = time.perf_counter()  # Popen returns when the child has called exec

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_up(self, seconds=10):
        """Wait until it accepts; ends the program with status 2 when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.02)
        print(f"{self.name}: did not answer on 127.0.0.1:{self.port}: {self.command}", file=sys.stderr)
        self.stop()
        sys.exit(2)

    def _stats(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:
                yield fields

    def cpu_seconds(self):
        """(user, system) CPU time of all its processes so far."""
        user = system = 0
        for fields in self._stats():
            user += int(fields[11])
            system += int(fields[12])
        return user / TICK, system / TICK

    def rss_bytes(self):
        return sum(int(fields[21]) for fields in self._stats()) * PAGE

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)


def start_all(specs, cpu):
    """Start every server, all pinned to one CPU: they are loaded in turn, and idle otherwise."""
    servers = []
    try:
        for spec in specs:
            servers.append(Server(spec, cpu))
            servers[-1].wait_up()
    except BaseException:
        stop_all(servers)
        raise
    return servers


def stop_all(servers):
    for server in servers:
        server.stop()


def medians(rounds, keys):
    """Of {server: [a row for each round]}: the median of each key, and as KEY_ratio the median of its ratio to the
    first server's in the same round, so that a drift of the machine between rounds falls out."""
    first = next(iter(rounds.values()))
    table = {}
    for name, rows in rounds.items():
        table[name] = {key: statistics.median(row[key] for row in rows) for key in keys}
        for key in keys:
            ratios = (row[key] / max(yardstick[key], 1e-9) for row, yardstick in zip(rows, first))
            table[name][key + "_ratio"] = statistics.median(ratios)
    return table


def write_json(table, path):
    if path:
        with open(path, "w") as file:
            json.dump(table, file, indent=1)


def measure_rounds(options, specs, warm_up, load):
    """The medians of some rounds of each server, in turn: `load(server)` is one of them and says what was done and in how
    many seconds, `warm_up(server)` comes before the first."""
    servers = start_all(specs, options.server_cpu)
    try:
        rounds = {server.name: [] for server in servers}
        for server in servers:
            warm_up(server)
        for _ in range(options.rounds):
            for server in servers:
                before = sum(server.cpu_seconds())
                done, seconds = load(server)
                cpu = sum(server.cpu_seconds()) - before
                rounds[server.name].append({"rate": done / seconds, "cpu": cpu * 1e6 / max(done, 1)})
    finally:
        stop_all(servers)
    return medians(rounds, ("rate", "cpu"))


def add_round_options(parser):
    """What every measurement by rounds can be told."""
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=64, help="connections (64)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")


def report(table, what, each, file):
    """Prints the medians: how many of `what` a second, and the processor's time for `each`."""
    print(f"{'server':16}{what + '/s':>12}{'x':>7}{'cpu us/' + each:>12}{'x':>7}")
    for name, t in table.items():
        print(f"{name:16}{t['rate']:>12.0f}{t['rate_ratio']:>7.2f}{t['cpu']:>12.2f}{t['cpu_ratio']:>7.2f}")
    write_json(table, file)

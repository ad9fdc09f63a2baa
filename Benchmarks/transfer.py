#!/usr/bin/env python3
"""Moves a large file up to Examples/FileTransfer and down again, each way interrupted at the half and resumed, and says
what the service held in memory meanwhile.

    swift build -c release --product FileTransfer
    Benchmarks/transfer.py [--gigabytes 10] [--folder /tmp] [.build/release/FileTransfer]
"""
import argparse, os, re, subprocess, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--gigabytes", type=float, default=10)
parser.add_argument("--folder", default="/tmp", help="where three files of that size have room")
parser.add_argument("program", nargs="?", default=".build/release/FileTransfer")
arguments = parser.parse_args()
size = int(arguments.gigabytes * (1 << 30))
block = 1 << 20


def status(process, name):
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024


def cpu(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def curl(*words, **run):
    return subprocess.run(["curl", "--fail", "--silent", "--show-error", "--noproxy", "*", *words], check=True, **run)


def fields(*words):
    head = curl("--include", *words, capture_output=True).stdout.decode()
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}


with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
    source, files, down = (os.path.join(folder, name) for name in ("source", "files", "down"))
    os.mkdir(files)
    # Nothing that a file system could make short of: each block of random bytes with its number in front.
    random = os.urandom(block)
    with open(source, "wb") as file:
        for number in range(0, size, block):
            file.write((number.to_bytes(8, "big") + random[8:])[:min(block, size - number)])
    service = subprocess.Popen([arguments.program, "--port", "0", "--loops", "1", files], stderr=subprocess.PIPE, text=True)
    try:
        port = next(int(found[1]) for line in service.stderr if (found := re.search(r"serving on http://\S+:(\d+)", line)))
        url = f"http://127.0.0.1:{port}"
        curl("--output", os.devnull, url + "/files/")
        before = status(service, "VmRSS:")
        print(f"before: RSS {before:.1f} MiB")

        start, used = time.monotonic(), cpu(service)
        upload = fields("--request", "POST", "--data-binary", "", "--header", "Upload-Complete: ?0", "--header",
                        f"Upload-Length: {size}", url + "/files/big")["location"]

        def send(offset, count, last):
            command = f"tail -c +{offset + 1} {source} | head -c {count}"
            piped = subprocess.Popen(command, shell=True, stdout=subprocess.PIPE)
            curl("--request", "PATCH", "--upload-file", "-", "--header", "Content-Type: application/partial-upload",
                 "--header", f"Upload-Offset: {offset}", "--header", f"Upload-Complete: ?{int(last)}", url + upload,
                 stdin=piped.stdout)
            piped.wait()

        # The first half ends as an interruption does: the client is killed in the middle of its content.
        killed = subprocess.Popen(["curl", "--silent", "--noproxy", "*", "--request", "PATCH", "--upload-file", source,
                                   "--header", "Content-Type: application/partial-upload", "--header", "Upload-Offset: 0",
                                   "--header", "Upload-Complete: ?1", url + upload])
        part = os.path.join(files, ".uploads", upload.rpartition("/")[2] + ".part")
        while os.path.getsize(part) < size // 2:
            time.sleep(0.01)
        killed.kill()
        killed.wait()
        offset = int(fields("--head", url + upload)["upload-offset"])
        send(offset, size - offset, True)
        took, used = time.monotonic() - start, cpu(service) - used
        print(f"up: interrupted at {offset / size:.0%}, {took:.1f} s, {size / took / (1 << 20):.0f} MiB/s, "
              f"CPU {used / (size / (1 << 30)):.2f} s/GiB, peak RSS {status(service, 'VmHWM:'):.1f} MiB")

        start, used = time.monotonic(), cpu(service)
        with open(down, "wb") as file:
            curl("--range", f"0-{size // 2}", url + "/files/big", stdout=file)
        curl("--continue-at", "-", "--output", down, url + "/files/big")
        took, used = time.monotonic() - start, cpu(service) - used
        print(f"down: interrupted at 50%, {took:.1f} s, {size / took / (1 << 20):.0f} MiB/s, "
              f"CPU {used / (size / (1 << 30)):.2f} s/GiB, peak RSS {status(service, 'VmHWM:'):.1f} MiB")
        subprocess.run(["cmp", source, down], check=True)
        print(f"after: RSS {status(service, 'VmRSS:'):.1f} MiB; what came down is what went up, {size} bytes")
    finally:
        service.kill()
        service.wait()

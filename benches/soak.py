#!/usr/bin/env python3
"""A lab that works for long: what it holds, and whether its money is exact in the end.

Runs the layout `swarm` with 8 miners and 50 payments a second, without a screen, and samples what the
system says of the process (memory by kind, descriptors by kind, threads) beside what the program says
of itself (`chainlab rpc status`) and what is in its directories. Prints a row for each sample, how fast
memory grew over the second half, and at the end what `chainlab check` says of every database.

    cargo build --release
    benches/soak.py                     an hour
    benches/soak.py --for 10m --every 10s --keep /tmp/soak

Exit code 1 if a database is not sound, if the supply is not what the blocks made, or if memory is above
the limit or still grows. Needs Linux (/proc) and Python 3, nothing else. Not run by CI.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COIN = 100_000_000

# Targets, on 24 nodes: MB resident, and how much more of that an hour may bring beyond the chain itself.
RESIDENT_MAX = 300.0
GROWTH_MAX = 20.0


def seconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)\s*(s|m|min|h)", text).groups()
    return float(number) * {"s": 1, "m": 60, "min": 60, "h": 3600}[unit]


def layout(miners, rate):
    """`swarm` with other numbers, and with payments of its own."""
    text = (ROOT / "layouts/swarm.toml").read_text()
    text, changed = re.subn(r"count = 4\b", f"count = {miners}", text)
    assert changed == 1, "swarm has one group of four miners"
    text = text.replace("count = 18", f"count = {22 - miners}")
    return text + f'\n[traffic]\nrate = "{rate} tx/s"\namount = ["0.001", "0.01"]\n'


def memory(pid):
    """Resident bytes by what they are for, from smaps."""
    held = Counter()
    kind = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)$", line)
        if head:
            name = head.group(1)
            kind = (
                "heap" if name == "[heap]"
                else "stack" if name.startswith("[stack")
                else "file" if name.startswith("/")
                else "anon"
            )
        elif line.startswith("Rss:"):
            held[kind] += int(line.split()[1]) * 1024
    return held


def descriptors(pid):
    held = Counter()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            name = os.readlink(entry.path)
        except OSError:
            continue
        held[
            "socket" if name.startswith("socket:")
            else "journal" if name.endswith(".jnl")
            else "table" if "/tables/" in name
            else "other"
        ] += 1
    return held


def on_disk(lab):
    held = Counter()
    for path in lab.glob("nodes/*/chain/**/*"):
        if path.is_file():
            kind = "journal" if path.suffix == ".jnl" else "table"
            held[kind] += path.stat().st_blocks * 512
            held["tables"] += kind == "table" and path.parent.name == "tables"
    return held


def status(program, pid):
    """What the nodes hold, summed over them, by their own account."""
    out = subprocess.run(
        [program, "rpc", "--json", "status", "--lab", str(pid)], capture_output=True, text=True
    )
    if out.returncode:
        return None
    held = Counter()
    for node in json.loads(out.stdout):
        seen = node["snapshot"]
        if not seen:
            continue
        held["height"] = max(held["height"], seen["tip"]["height"])
        held["waiting"] = max(held["waiting"], seen["mempool"]["count"])
        held["pooled bytes"] += seen["mempool"]["bytes"]
        held["orphans"] += seen["mempool"]["orphans"]
        held["side headers"] += seen["side_headers"]
        held["connections"] += len(seen["peers"])
        held["unsent"] += sum(peer["unsent_bytes"] for peer in seen["peers"])
    return held


MB = 1024 * 1024

COLUMNS = (
    "second", "MB", "heap", "anon", "file", "threads", "fds", "sockets", "tables", "journals",
    "height", "waiting", "pool kB", "orphans", "side", "conns", "unsent kB", "disk MB", "files",
)


def row(second, program, pid, lab):
    resident, open_files = memory(pid), descriptors(pid)
    said, stored = status(program, pid) or Counter(), on_disk(lab)
    threads = len(os.listdir(f"/proc/{pid}/task"))
    total = sum(resident.values()) / MB
    cells = (
        f"{second:.0f}", f"{total:.1f}",
        *(f"{resident[kind] / MB:.1f}" for kind in ("heap", "anon", "file")),
        threads, sum(open_files.values()), open_files["socket"], open_files["table"],
        open_files["journal"], said["height"], said["waiting"], f"{said['pooled bytes'] / 1000:.0f}",
        said["orphans"], said["side headers"], said["connections"], f"{said['unsent'] / 1000:.0f}",
        f"{(stored['journal'] + stored['table']) / MB:.0f}", stored["tables"],
    )
    print("  ".join(f"{cell!s:>{max(6, len(name))}}" for name, cell in zip(COLUMNS, cells)), flush=True)
    return second, total, said["height"]


def growth(samples):
    """MB a second over the second half, by least squares."""
    late = samples[len(samples) // 2:]
    count = len(late)
    mean_x = sum(s for s, *_ in late) / count
    mean_y = sum(mb for _, mb, _ in late) / count
    spread = sum((s - mean_x) ** 2 for s, *_ in late)
    if not spread:
        return 0.0
    return sum((s - mean_x) * (mb - mean_y) for s, mb, _ in late) / spread


def is_exact(program, lab):
    """Whether every database is sound, and holds what its blocks made: 200 at first, 10 a block."""
    out = subprocess.run([program, "check", "--json", str(lab)], capture_output=True, text=True)
    found = json.loads(out.stdout)
    well = out.returncode == 0
    for node in found:
        made = 200 * COIN + 10 * COIN * (node.get("blocks", 1) - 1)
        whole, _, part = str(node.get("supply", "0")).partition(".")
        supply = int(whole) * COIN + int((part + "0" * 8)[:8])
        if not node["sound"] or supply != made:
            well = False
            print(f"{node['dir']}: supply {supply}, blocks made {made}; {node['problems']}")
    print(f"{len(found)} databases checked, supply exact in all: {'yes' if well else 'NO'}")
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--for", dest="length", default="1h", help="how long, as in 10m [1h]")
    parser.add_argument("--every", default="30s", help="between two samples [30s]")
    parser.add_argument("--program", default=str(ROOT / "target/release/chainlab"))
    parser.add_argument("--miners", type=int, default=8)
    parser.add_argument("--rate", type=int, default=50, help="payments a second [50]")
    parser.add_argument("--keep", help="a directory for the lab, which is left there")
    options = parser.parse_args()
    length, every = seconds(options.length), seconds(options.every)

    with tempfile.TemporaryDirectory(prefix="chainlab-soak-") as scratch:
        home = Path(options.keep or scratch)
        home.mkdir(parents=True, exist_ok=True)
        file, lab = home / "soak.toml", home / "lab"
        file.write_text(layout(options.miners, options.rate))
        command = [options.program, "run", str(file), "--headless", "--seed", "1"]
        command += ["--data-dir", str(lab), "--for", f"{length:.0f}s"]
        with open(home / "said.txt", "w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        print("  ".join(f"{name:>6}" for name in COLUMNS), flush=True)
        began, samples = time.monotonic(), []
        try:
            while process.poll() is None:
                second = time.monotonic() - began
                try:
                    samples.append(row(second, options.program, process.pid, lab))
                except (FileNotFoundError, ProcessLookupError):
                    break
                if process.poll() is None:
                    time.sleep(every)
        finally:
            if process.poll() is None:
                process.terminate()
            code = process.wait()
        print("".join(f"  {line}\n" for line in (home / "said.txt").read_text().splitlines()[-12:]))
        well = is_exact(options.program, lab)

    samples = samples[:-1] if len(samples) > 2 else samples
    most, slope = max(mb for _, mb, _ in samples), growth(samples)
    print(f"at most {most:.0f} MB (target {RESIDENT_MAX:.0f}), in the second half {slope:+.3f} MB a second")
    well &= code == 0 and most <= RESIDENT_MAX and slope * 3600 <= GROWTH_MAX
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()

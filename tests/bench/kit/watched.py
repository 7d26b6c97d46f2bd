"""A process that is measured."""

import os
import subprocess
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
END_S = 60


class Process:
    """A process of ours, what it has used, and its end."""

    def __init__(self, log, command, environment=None):
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                          stdout=file, stderr=file)
        self.began_s = time.monotonic()

    def lives(self):
        return self.child.poll() is None

    def cpu_s(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_peak_mib(self):
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as file:
            peak = next(line for line in file if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024

    def end(self):
        """Politely. A JVM that a signal has ended says so."""
        self.child.terminate()
        code = self.child.wait(END_S)
        if code not in (0, 143):
            raise RuntimeError(f"{self.child.args[0]} ended with {code}")

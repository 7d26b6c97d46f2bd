"""A process that is measured."""

import atexit
import os
import subprocess
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
END_S = 60


class Process:
    """A process, what it has used, and its end. It does not outlive the bench."""

    def __init__(self, log, command, environment=None):
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                          stdout=file, stderr=file)
        self.began_s = time.time()
        atexit.register(self.kill)

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

    def end(self, codes=(0,)):
        """Politely."""
        self.child.terminate()
        code = self.child.wait(END_S)
        if code not in codes:
            raise RuntimeError(f"{self.child.args} ended with {code}")

    def kill(self):
        self.child.kill()
        self.child.wait(END_S)

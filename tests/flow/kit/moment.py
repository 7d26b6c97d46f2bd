"""What a process is in the middle of: transactions that are open, calls that are out."""

import flow

WRITES = {
    "certificates": (
        "certificates.events",
        "certificates.state",
        "certificates.answers",
        "registry.commands",
    ),
    "registry-connector": ("registry.events", "registry.state"),
}


class Moment:
    def __init__(self, processor, ledger_path):
        self.topics = WRITES[processor]
        self.ledger_path = ledger_path
        self.client = flow.admin()

    def open_transactions(self):
        """Partitions in which something written is not committed: the last stable offset is behind
        the high watermark. Several of one lane's topics count as one."""
        # In this order: what is committed between the two questions does not look open then.
        written = flow.end_offsets(self.client, self.topics, committed=False)
        stable = flow.end_offsets(self.client, self.topics, committed=True)
        return len({place[1] for place, end in stable.items() if written[place] > end})

    def calls_out(self):
        """Requests that the registry has taken and not yet finished."""
        out = set()
        for line in flow.ledger(self.ledger_path):
            name = line["submissionId"], line["attempt"]
            if line["what"] == "request":
                out.add(name)
            else:
                out.discard(name)
        return len(out)

"""Prints how many of our events say a time at least so many seconds ahead: times.py SECONDS."""

import sys
import time

import flow

schemas = flow.Schemas()
limit_s = time.time() + int(sys.argv[1]) * 0.99
found = flow.read("certificates.events", "registry.events")
messages = (schemas.decode(record.value)[1] for record in found)
print(sum(message["metadata"]["timestamp"].timestamp() > limit_s for message in messages))

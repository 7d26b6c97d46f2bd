"""A proxy in front of one server, which a fault tells what to do: a line of words on its socket.

    proxy.py PORT UPSTREAM-HOST:PORT CONTROL [kafka]

Of Kafka it knows the frames: the broker's own address is replaced in what passes, so that clients
come back to the proxy, and single requests and answers can be met:

    meet API FAULT COUNT MS    the next COUNT requests of a kind: their answers are `delay`ed by MS,
                               `cut` (never seen, the connection is reset) or `duplicate`d; the
                               request itself is `hold`: it arrives MS later, even when the client
                               has given it up meanwhile
    chance SEED P MS           from now on any of these faults to each such request with chance P
    met                        answers how many requests met each fault
    block in|out|both          nothing passes: from the server, to it, either way
    open                       and passes again, with what had been sent meanwhile
    reset                      every connection is reset
"""

import asyncio
import collections
import json
import random
import struct
import sys

APIS = {"Produce": 0, "AddPartitions": 24, "AddOffsets": 25, "EndTxn": 26, "OffsetCommit": 28}
NAMES = {number: name for name, number in APIS.items()}
METADATA, FIND_COORDINATOR = 3, 10
LINGER_S, TICK_S = 5.0, 0.02
FAULTS = ("delay", "cut", "duplicate", "hold")


def string_end(frame, at):
    return at + 2 + max(0, struct.unpack_from(">h", frame, at)[0])


def readdress(api, version, frame, port):
    """The answer `frame` (without its length) with our address in the place of the broker's."""
    ours = struct.pack(">h", 9) + b"127.0.0.1" + struct.pack(">i", port)
    out = bytearray()
    if api == METADATA:
        assert version <= 8, "another layout, that librdkafka 2.0 never asks for"
        at = 4 + (4 if version >= 3 else 0)
        brokers = struct.unpack_from(">i", frame, at)[0]
        at += 4
        out += frame[:at]
        for _ in range(brokers):
            out += frame[at : at + 4] + ours
            at = string_end(frame, at + 4) + 4
            if version >= 1:
                end = string_end(frame, at)
                out += frame[at:end]
                at = end
        return bytes(out + frame[at:])
    at = 4 + (4 if version >= 1 else 0) + 2
    if version >= 1:
        at = string_end(frame, at)
    node = struct.unpack_from(">i", frame, at)[0]
    if node < 0:
        return frame
    return frame[: at + 4] + ours + frame[string_end(frame, at + 4) + 4 :]


class Proxy:
    def __init__(self, port, upstream, kafka):
        self.port = port
        self.host, self.upstream_port = upstream.rsplit(":", 1)
        self.kafka = kafka
        self.links = set()
        self.ordered = None  # (api, fault, ms)
        self.count = 0
        self.chance = None
        self.met = collections.Counter()
        self.may = {"in": asyncio.Event(), "out": asyncio.Event()}
        for way in self.may.values():
            way.set()

    def fault_of(self, api):
        """(fault, ms) that this request meets, or None."""
        if api not in NAMES:
            return None
        found = None
        if self.count > 0 and APIS[self.ordered[0]] == api:
            self.count -= 1
            found = self.ordered[1:]
        elif self.chance and self.chance[0].random() < self.chance[1]:
            found = self.chance[0].choice(FAULTS), self.chance[2]
        if found:
            self.met[f"{NAMES[api]} {found[0]}"] += 1
        return found

    async def accept(self, reader, writer):
        try:
            upstream = await asyncio.open_connection(self.host, self.upstream_port)
        except OSError:
            writer.transport.abort()
            return
        link = Link(self, (reader, writer), upstream)
        self.links.add(link)
        await link.serve()
        self.links.discard(link)

    def obey(self, words):
        match words:
            case ["meet", api, fault, count, ms]:
                assert fault in FAULTS and api in APIS
                self.ordered, self.count = (api, fault, int(ms) / 1000), int(count)
            case ["chance", seed, probability, ms]:
                self.chance = random.Random(int(seed)), float(probability), int(ms) / 1000
            case ["met"]:
                return dict(self.met)
            case ["block", way]:
                for name in ("in", "out") if way == "both" else (way,):
                    self.may[name].clear()
                return {"links": len(self.links)}
            case ["open"]:
                for way in self.may.values():
                    way.set()
            case ["reset"]:
                links = len(self.links)
                for link in list(self.links):
                    link.reset()
                return {"links": links}
            case _:
                return {"unknown": words}
        return {}

    async def control(self, reader, writer):
        while line := await reader.readline():
            writer.write((json.dumps(self.obey(line.decode().split())) + "\n").encode())
            await writer.drain()
        writer.close()


class Link:
    """A client's connection and ours to the server for it."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.client = client
        self.server = server
        self.asked = collections.deque()  # (api, version, fault) of requests without an answer

    def reset(self):
        self.client[1].transport.abort()

    async def serve(self):
        pumps = self.requests, self.answers
        if not self.proxy.kafka:
            pumps = (
                lambda: self.bytes(self.client, self.server, "out"),
                lambda: self.bytes(self.server, self.client, "in"),
            )
        tasks = [asyncio.create_task(pump()) for pump in pumps]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.client[1].transport.abort()
        self.server[1].transport.abort()

    async def bytes(self, source, target, way):
        while data := await source[0].read(65536):
            await self.proxy.may[way].wait()
            target[1].write(data)
            await target[1].drain()

    async def frame(self, source):
        length = await source[0].readexactly(4)
        return await source[0].readexactly(struct.unpack(">i", length)[0])

    async def requests(self):
        while True:
            try:
                frame = await self.frame(self.client)
            except (asyncio.IncompleteReadError, ConnectionError):
                # What is on its way arrives, though nobody waits for its answer any more.
                for _ in range(int(LINGER_S / TICK_S)):
                    if not self.asked:
                        break
                    await asyncio.sleep(TICK_S)
                return
            api, version = struct.unpack_from(">hh", frame)
            fault = self.proxy.fault_of(api)
            self.asked.append((api, version, fault))
            await self.proxy.may["out"].wait()
            if fault and fault[0] == "hold":
                await asyncio.sleep(fault[1])
            self.server[1].write(struct.pack(">i", len(frame)) + frame)
            await self.server[1].drain()

    async def answers(self):
        while True:
            try:
                frame = await self.frame(self.server)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            await self.proxy.may["in"].wait()
            api, version, fault = self.asked.popleft()
            if api in (METADATA, FIND_COORDINATOR):
                frame = readdress(api, version, frame, self.proxy.port)
            times = 1
            if fault and fault[0] == "delay":
                await asyncio.sleep(fault[1])
            elif fault and fault[0] == "cut":
                self.reset()
                return
            elif fault and fault[0] == "duplicate":
                times = 2
            try:
                for _ in range(times):
                    self.client[1].write(struct.pack(">i", len(frame)) + frame)
                await self.client[1].drain()
            except ConnectionError:
                pass  # others may still be on their way to the broker


async def main():
    port, upstream, control = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    proxy = Proxy(port, upstream.split(",")[0], sys.argv[4:] == ["kafka"])
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", port, limit=1 << 24)
    proxy.port = server.sockets[0].getsockname()[1]
    controls = await asyncio.start_unix_server(proxy.control, control)
    with open(control + ".address", "w", encoding="utf-8") as file:
        file.write(f"127.0.0.1:{proxy.port}\n")
    async with server, controls:
        await asyncio.gather(server.serve_forever(), controls.serve_forever())


asyncio.run(main())

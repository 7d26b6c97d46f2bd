"""Passes connections on: forward.py PORT TO_HOST:TO_PORT [PEM]. While it does not run, nobody
answers. With PEM, a key and its certificates, they come in by TLS.
"""

import asyncio
import ssl
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def main():
    host, port = sys.argv[2].split(":")

    async def connected(reader, writer):
        onward_reader, onward_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))

    context = None
    if len(sys.argv) > 3:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[3])
    server = await asyncio.start_server(connected, "127.0.0.1", int(sys.argv[1]), ssl=context)
    await server.serve_forever()


asyncio.run(main())

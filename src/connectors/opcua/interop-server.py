"""An OPC UA server by asyncua, for interop.test.ts: prints its port, then obeys lines on stdin (`name value [status]`; x1000 is a text of so many letters)."""

import asyncio
import socket
import sys
from datetime import datetime, timezone

from asyncua import Server, ua

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main(certificate, key):
    server = Server()
    await server.init()
    port = free_port()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/peer")
    await server.set_application_uri("urn:ecluse:peer")
    await server.load_certificate(certificate)
    await server.load_private_key(key)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    index = await server.register_namespace("urn:peer:plant")
    line = await server.nodes.objects.add_folder(index, "Line1")
    oven = await line.add_object(index, "Oven")
    kinds = {
        "Temp": (21.5, ua.VariantType.Double),
        "Count": (2**63 + 1, ua.VariantType.UInt64),
        "Below": (-5, ua.VariantType.Int64),
        "Run": (True, ua.VariantType.Boolean),
        "Name": ("four", ua.VariantType.String),
        "Shown": (ua.LocalizedText("chaud", "fr"), ua.VariantType.LocalizedText),
        "Since": (datetime(2026, 5, 6, 7, 8, 9, 123000, tzinfo=timezone.utc), ua.VariantType.DateTime),
        "List": ([1.0, 2.0], ua.VariantType.Double),
        "Raw": (b"abc", ua.VariantType.ByteString),
    }
    nodes = {}
    for name, (value, kind) in kinds.items():
        nodes[name] = await oven.add_variable(ua.NodeId(f"Oven.{name}", index), name, ua.Variant(value, kind))
    temp = nodes["Temp"]
    unit = ua.EUInformation(NamespaceUri="http://www.opcfoundation.org/UA/units/un/cefact", UnitId=4408652, DisplayName=ua.LocalizedText("°C"))
    await temp.add_property(ua.NodeId("Oven.Temp.EU", index), ua.QualifiedName("EngineeringUnits", 0), unit)

    async def put(name, value, status):
        data = ua.DataValue(ua.Variant(value, kinds[name][1]), StatusCode=ua.StatusCode(status), SourceTimestamp=TIME)
        await server.write_attribute_value(nodes[name].nodeid, data)

    async with server:
        await put("Temp", 21.5, 0)
        print(port, flush=True)
        loop = asyncio.get_running_loop()
        while words := (await loop.run_in_executor(None, sys.stdin.readline)).split():
            value = "x" * int(words[1][1:]) if words[1].startswith("x") else float(words[1])
            await put(words[0], value, int(words[2], 0) if len(words) > 2 else 0)


asyncio.run(main(sys.argv[1], sys.argv[2]))

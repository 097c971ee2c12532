"""Reads Sparkplug B payloads (hex, one per line) with Google's protobuf, and writes what it saw and the payload in its own encoding.

The schema is built here from the field numbers of the Sparkplug 3.0 specification.
"""
import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
ONE, MANY = F.LABEL_OPTIONAL, F.LABEL_REPEATED


def add(message, number, name, kind, label=ONE, of=None):
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if of:
        field.type_name = "." + of


file = descriptor_pb2.FileDescriptorProto(name="peer.proto", package="peer", syntax="proto2")
value = file.message_type.add(name="PropertyValue")
add(value, 1, "type", F.TYPE_UINT32)
add(value, 2, "is_null", F.TYPE_BOOL)
add(value, 3, "int_value", F.TYPE_UINT32)
add(value, 4, "long_value", F.TYPE_UINT64)
add(value, 5, "float_value", F.TYPE_FLOAT)
add(value, 6, "double_value", F.TYPE_DOUBLE)
add(value, 7, "boolean_value", F.TYPE_BOOL)
add(value, 8, "string_value", F.TYPE_STRING)
properties = file.message_type.add(name="PropertySet")
add(properties, 1, "keys", F.TYPE_STRING, MANY)
add(properties, 2, "values", F.TYPE_MESSAGE, MANY, "peer.PropertyValue")
metric = file.message_type.add(name="Metric")
add(metric, 1, "name", F.TYPE_STRING)
add(metric, 2, "alias", F.TYPE_UINT64)
add(metric, 3, "timestamp", F.TYPE_UINT64)
add(metric, 4, "datatype", F.TYPE_UINT32)
add(metric, 5, "is_historical", F.TYPE_BOOL)
add(metric, 6, "is_transient", F.TYPE_BOOL)
add(metric, 7, "is_null", F.TYPE_BOOL)
add(metric, 9, "properties", F.TYPE_MESSAGE, of="peer.PropertySet")
add(metric, 10, "int_value", F.TYPE_UINT32)
add(metric, 11, "long_value", F.TYPE_UINT64)
add(metric, 12, "float_value", F.TYPE_FLOAT)
add(metric, 13, "double_value", F.TYPE_DOUBLE)
add(metric, 14, "boolean_value", F.TYPE_BOOL)
add(metric, 15, "string_value", F.TYPE_STRING)
payload = file.message_type.add(name="Payload")
add(payload, 1, "timestamp", F.TYPE_UINT64)
add(payload, 2, "metrics", F.TYPE_MESSAGE, MANY, "peer.Metric")
add(payload, 3, "seq", F.TYPE_UINT64)

pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Payload = message_factory.GetMessageClass(pool.FindMessageTypeByName("peer.Payload"))


def read(one):
    if one.datatype == 3:
        return struct.unpack("<i", struct.pack("<I", one.int_value))[0]
    if one.datatype == 4:
        return struct.unpack("<q", struct.pack("<Q", one.long_value))[0]
    return {9: one.float_value, 10: one.double_value, 11: one.boolean_value, 12: one.string_value}[one.datatype]


for line in sys.stdin:
    seen = Payload.FromString(bytes.fromhex(line.strip()))
    own = [one for one in seen.metrics if one.name != "bdSeq"]
    units = [one.properties.values[list(one.properties.keys).index("engUnit")].string_value for one in own]
    print(json.dumps({"values": [read(one) for one in own], "units": units, "again": seen.SerializeToString().hex()}))

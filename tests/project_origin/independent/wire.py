"""Messages of the registry read from their bytes alone, by the public facts of its contract:
numbers and types stand here by hand, and no protobuf library reads them.

What is read must be canonical, since a transaction's id is the hash of what the registry writes
again: fields in the order of their numbers, each once, no default, no number longer than it need
be, nothing that is not known.
"""

TEXT, BYTES, NUMBER, FLAG = "text", "bytes", "number", "flag"

# Message -> number -> (name, type); a type in brackets comes any number of times. From the
# registry's registry.proto, common.proto and electricity.proto.
SHAPES = {
    "common.v1.Uuid": {1: ("value", TEXT)},
    "common.v1.FederatedStreamId": {1: ("registry", TEXT), 2: ("stream_id", "common.v1.Uuid")},
    "registry.v1.SendTransactionsRequest": {1: ("transactions", ["registry.v1.Transaction"])},
    "registry.v1.SubmitTransactionResponse": {},
    "registry.v1.GetStreamTransactionsRequest": {1: ("stream_id", "common.v1.Uuid")},
    "registry.v1.GetStreamTransactionsResponse": {1: ("transactions", ["registry.v1.Transaction"])},
    "registry.v1.GetTransactionStatusRequest": {1: ("id", TEXT)},
    "registry.v1.GetTransactionStatusResponse": {1: ("status", NUMBER), 2: ("message", TEXT)},
    "registry.v1.GetTransactionProofRequest": {1: ("id", TEXT)},
    "registry.v1.GetBlocksRequest": {
        1: ("skip", NUMBER), 2: ("limit", NUMBER), 3: ("include_transactions", FLAG)},
    "registry.v1.GetBlocksResponse": {1: ("blocks", ["registry.v1.Block"])},
    "registry.v1.TransactionHeader": {
        1: ("federated_stream_id", "common.v1.FederatedStreamId"), 2: ("payload_type", TEXT),
        3: ("payload_sha512", BYTES), 4: ("nonce", TEXT)},
    "registry.v1.Transaction": {
        1: ("header", "registry.v1.TransactionHeader"), 2: ("header_signature", BYTES),
        3: ("payload", BYTES)},
    "google.protobuf.Timestamp": {1: ("seconds", NUMBER), 2: ("nanos", NUMBER)},
    "electricity.v1.DateInterval": {
        1: ("start", "google.protobuf.Timestamp"), 2: ("end", "google.protobuf.Timestamp")},
    "electricity.v1.Commitment": {1: ("content", BYTES), 2: ("range_proof", BYTES)},
    "electricity.v1.PublicKey": {1: ("content", BYTES), 2: ("type", NUMBER)},
    "electricity.v1.Attribute": {1: ("key", TEXT), 2: ("value", TEXT), 3: ("type", NUMBER)},
    "electricity.v1.IssuedEvent": {
        1: ("certificate_id", "common.v1.FederatedStreamId"), 2: ("type", NUMBER),
        3: ("period", "electricity.v1.DateInterval"), 4: ("grid_area", TEXT),
        5: ("asset_id_hash", BYTES), 6: ("quantity_commitment", "electricity.v1.Commitment"),
        7: ("owner_public_key", "electricity.v1.PublicKey"),
        8: ("attributes", ["electricity.v1.Attribute"])},
    "electricity.v1.TransferredEvent": {
        1: ("certificate_id", "common.v1.FederatedStreamId"), 2: ("source_slice_hash", BYTES),
        3: ("new_owner", "electricity.v1.PublicKey")},
    "electricity.v1.SlicedEvent": {
        1: ("certificate_id", "common.v1.FederatedStreamId"), 2: ("source_slice_hash", BYTES),
        3: ("new_slices", ["electricity.v1.SlicedEvent.Slice"]), 4: ("sum_proof", BYTES)},
    "electricity.v1.SlicedEvent.Slice": {
        1: ("quantity", "electricity.v1.Commitment"),
        2: ("new_owner", "electricity.v1.PublicKey")},
    "electricity.v1.AllocatedEvent": {
        1: ("allocation_id", "common.v1.Uuid"),
        2: ("production_certificate_id", "common.v1.FederatedStreamId"),
        3: ("consumption_certificate_id", "common.v1.FederatedStreamId"),
        4: ("production_source_slice_hash", BYTES), 5: ("consumption_source_slice_hash", BYTES),
        6: ("equality_proof", BYTES), 7: ("chronicler_signature", BYTES)},
    "electricity.v1.ClaimedEvent": {
        1: ("certificate_id", "common.v1.FederatedStreamId"),
        2: ("allocation_id", "common.v1.Uuid")},
    "electricity.v1.WithdrawnEvent": {},
    "electricity.v1.UnclaimedEvent": {1: ("allocation_id", "common.v1.Uuid")},
}  # fmt: skip

# Enum -> its symbols, in the order of their numbers from 0.
ENUMS = {
    "registry.v1.TransactionState": ["UNKNOWN", "PENDING", "FAILED", "COMMITTED", "FINALIZED"],
    "electricity.v1.GranularCertificateType": ["INVALID", "CONSUMPTION", "PRODUCTION"],
    "electricity.v1.AttributeType": ["CLEARTEXT", "HASHED"],
    "electricity.v1.KeyType": ["Secp256k1", "ED25519"],
}

SERVICE = {  # method -> (request, reply)
    "SendTransactions": ("SendTransactionsRequest", "SubmitTransactionResponse"),
    "GetStreamTransactions": ("GetStreamTransactionsRequest", "GetStreamTransactionsResponse"),
    "GetTransactionStatus": ("GetTransactionStatusRequest", "GetTransactionStatusResponse"),
    "GetTransactionProof": ("GetTransactionProofRequest", "GetTransactionProofResponse"),
    "GetBlocks": ("GetBlocksRequest", "GetBlocksResponse"),
}


class NotCanonical(ValueError):
    pass


def varint(data, at):
    number = 0
    for i in range(10):
        if at >= len(data):
            raise NotCanonical("a number is cut off")
        byte, at = data[at], at + 1
        number |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            if byte == 0 and i > 0:
                raise NotCanonical("a number is longer than it need be")
            return number, at
    raise NotCanonical("a number does not end")


def read(name, data):
    """Name -> value, of what is in the bytes; a message is one of these too, with `raw`."""
    shape, out, at, last = SHAPES[name], {"raw": data}, 0, 0
    while at < len(data):
        tag, at = varint(data, at)
        number = tag >> 3
        if number not in shape:
            raise NotCanonical(f"{name} has no field {number}")
        field, kind = shape[number]
        repeated = isinstance(kind, list)
        if number < last or (number == last and not repeated):
            raise NotCanonical(f"{name}.{field} is out of order")
        last = number
        what, at = read_field(f"{name}.{field}", kind[0] if repeated else kind, tag & 7, data, at)
        if repeated:
            out.setdefault(field, []).append(what)
        elif what in (0, b"", ""):
            raise NotCanonical(f"{name}.{field} is written out although it is a default")
        else:
            out[field] = what
    return out


def read_field(field, kind, wire, data, at):
    if wire != (0 if kind in (NUMBER, FLAG) else 2):
        raise NotCanonical(f"{field} has the wire type {wire}")
    number, at = varint(data, at)
    if wire == 0:
        return number, at
    if number > len(data) - at:
        raise NotCanonical(f"{field} is cut off")
    inside, at = bytes(data[at : at + number]), at + number
    if kind == BYTES:
        return inside, at
    return (inside.decode("utf-8") if kind == TEXT else read(kind, inside)), at

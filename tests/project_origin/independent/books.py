"""What the verifier of electricity certificates decides of a transaction, by the public facts of
its rules: the checks in their order, and its words. Only what the orders of these tests can come
to."""

import proofs
import wire
from people import ED25519, is_signed

PREFIX = "project_origin.electricity.v1."


class Refused(Exception):
    pass


def refuse_unless(holds, words):
    if not holds:
        raise Refused(words)


class Certificate:
    def __init__(self, issued):
        self.issued = issued
        self.type = issued["type"]
        self.available, self.allocated, self.claimed, self.withdrawn = {}, {}, {}, False


def name_of(slice_):
    return proofs.slice_hash(slice_["commitment"])


def is_key(key):
    return len(key["content"]) == (44 if key.get("type") == ED25519 else 33)


class Books:
    """The certificates of one registry; `issuers`: area -> the content of a key."""

    def __init__(self, issuers):
        self.issuers, self.certificates = issuers, {}

    def judge(self, transaction):
        """None when it is executed, else the words that it is refused with."""
        header = transaction["header"]
        kind = header["payload_type"].removeprefix(PREFIX)
        event = wire.read(f"electricity.v1.{kind}", transaction.get("payload", b""))
        stream = header["federated_stream_id"]["stream_id"]["value"]

        def signed_by(key):
            return is_signed(header["raw"], transaction["header_signature"], key["content"],
                             key.get("type", 0))
        try:
            getattr(self, kind)(stream, event, signed_by)
        except Refused as refused:
            return str(refused)
        return None

    def live(self, stream):
        refuse_unless(stream in self.certificates, "Certificate does not exist")
        certificate = self.certificates[stream]
        refuse_unless(not certificate.withdrawn, "Certificate is withdrawn")
        return certificate

    def issuer_signed(self, area, signed_by):
        refuse_unless(area in self.issuers, f"No issuer found for GridArea ”{area}”")
        refuse_unless(signed_by({"content": self.issuers[area], "type": ED25519}),
                      f"Invalid issuer signature for GridArea ”{area}”")

    def IssuedEvent(self, stream, event, signed_by):
        refuse_unless(stream not in self.certificates,
                      f'Certificate with id ”{{ "value": "{stream}" }}” already exists')
        refuse_unless(event.get("type") in (1, 2), "Invalid certificate type")
        refuse_unless(is_key(event["owner_public_key"]), "Invalid owner key, not a valid publicKey")
        self.issuer_signed(event["grid_area"], signed_by)
        certificate = self.certificates[stream] = Certificate(event)
        self.put(certificate, event["quantity_commitment"]["content"], event["owner_public_key"])

    @staticmethod
    def put(certificate, commitment, owner):
        name = proofs.slice_hash(commitment)
        assert name not in certificate.available, "a slice that makes the stream unreadable"
        certificate.available[name] = {"commitment": commitment, "owner": owner}

    def owned(self, certificate, name, signed_by, missing="Slice not found"):
        refuse_unless(name in certificate.available, missing)
        slice_ = certificate.available[name]
        refuse_unless(signed_by(slice_["owner"]), "Invalid signature for slice")
        return slice_

    def TransferredEvent(self, stream, event, signed_by):
        slice_ = self.owned(self.live(stream), event["source_slice_hash"], signed_by)
        refuse_unless(is_key(event["new_owner"]), "Invalid NewOwner key, not a valid publicKey")
        slice_["owner"] = event["new_owner"]

    def SlicedEvent(self, stream, event, signed_by):
        certificate, name = self.live(stream), event["source_slice_hash"]
        source = self.owned(certificate, name, signed_by)
        for part in event["new_slices"]:
            refuse_unless(is_key(part["new_owner"]), "Invalid NewOwner key, not a valid publicKey")
        total = proofs.total(part["quantity"]["content"] for part in event["new_slices"])
        refuse_unless(proofs.is_equal(stream, source["commitment"], total, event["sum_proof"]),
                      "Invalid sum proof")
        del certificate.available[name]
        for part in event["new_slices"]:
            self.put(certificate, part["quantity"]["content"], part["new_owner"])

    def AllocatedEvent(self, stream, event, signed_by):
        certificate = self.live(stream)
        production = event["production_certificate_id"]["stream_id"]["value"]
        consumption = event["consumption_certificate_id"]["stream_id"]["value"]
        own = event["production_source_slice_hash" if stream == production
                    else "consumption_source_slice_hash"]
        slice_ = self.owned(certificate, own, signed_by, "Certificate slice does not exist")
        allocation = event["allocation_id"]["value"]
        if stream == production:
            other = self.certificates.get(consumption)
            refuse_unless(other, "ConsumptionCertificate does not exist")
            refuse_unless(other.type == 1,
                          "ConsumptionCertificate is not a consumption certificate")
            counter = other.available.get(event["consumption_source_slice_hash"])
            refuse_unless(counter, "Consumption slice does not exist")
            refuse_unless(proofs.is_equal(allocation, slice_["commitment"], counter["commitment"],
                                          event["equality_proof"]), "Invalid Equality proof")
        else:
            other = self.certificates.get(production)
            refuse_unless(other, "ProductionCertificate does not exist")
            refuse_unless(allocation in other.allocated, "Production not allocated")
        certificate.allocated[allocation] = {**certificate.available.pop(own),
                                             "others": (production, consumption)}

    def ClaimedEvent(self, stream, event, signed_by):
        certificate, allocation = self.live(stream), event["allocation_id"]["value"]
        refuse_unless(allocation in certificate.allocated, "Allocation does not exist")
        slice_ = certificate.allocated[allocation]
        refuse_unless(signed_by(slice_["owner"]), "Invalid signature for slice")
        production, consumption = slice_["others"]
        side, other, ready, words = (
            ("ConsumptionCertificate", consumption, "allocated", "Consumption not allocated")
            if stream == production else
            ("ProductionCertificate", production, "claimed", "Production not claimed"))
        refuse_unless(other in self.certificates, f"{side} does not exist")
        refuse_unless(not self.certificates[other].withdrawn, f"{side} is withdrawn")
        refuse_unless(allocation in getattr(self.certificates[other], ready), words)
        certificate.claimed[allocation] = certificate.allocated.pop(allocation)

    def WithdrawnEvent(self, stream, _, signed_by):
        refuse_unless(stream in self.certificates, "Certificate does not exist")
        certificate = self.certificates[stream]
        refuse_unless(not certificate.withdrawn, "Certificate is already withdrawn")
        self.issuer_signed(certificate.issued["grid_area"], signed_by)
        certificate.withdrawn = True

    def UnclaimedEvent(self, stream, event, signed_by):
        certificate, allocation = self.live(stream), event["allocation_id"]["value"]
        refuse_unless(allocation in certificate.claimed, "Certificate claim does not exist")
        claim = certificate.claimed[allocation]
        refuse_unless(signed_by(claim["owner"]), "Invalid signature for claim")
        other = next(name for name in claim["others"] if name != stream)
        refuse_unless(other in self.certificates, "Opposite certificate does not exist")
        refuse_unless(self.certificates[other].withdrawn, "Opposite certificate is NOT withdrawn")
        claim = certificate.claimed.pop(allocation)
        certificate.available[name_of(claim)] = claim

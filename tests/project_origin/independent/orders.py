"""Orders as the connector gets them, and the events that must come of them."""

import hashlib
import uuid
from datetime import datetime, timezone

import contract
import people
import proofs

OWN_NAME = "Narnia"  # as the registry calls itself
PRODUCTION, CONSUMPTION = 2, 1
METADATA = {"id": "0d5a7c3e-0000-4000-8000-000000000001", "timestamp": "2026-01-01T00:00:00.000Z",
            "source": {"name": "test", "version": "1"}}  # fmt: skip


def uid(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


class Life:
    """Orders for two certificates that belong together; another name makes others."""

    def __init__(self, name, quantity=1000):
        self.name, self.quantity = name, quantity
        self.production, self.consumption = uid(name, "production"), uid(name, "consumption")
        self.allocation = uid(name, "allocation")
        self.ordered = 0

    def order(self, certificate_id, kind, **operation):
        self.ordered += 1
        return {"metadata": METADATA, "submissionId": uid(self.name, "submission", self.ordered),
                "certificateId": certificate_id, "sequence": self.ordered, "registry": "narnia",
                "operation": {kind: operation}}  # fmt: skip

    def first_slice(self, certificate_id):
        return uid(certificate_id, "slice", 0)

    def issue(self, certificate_id, owner=people.ALICE):
        production = certificate_id == self.production
        return self.order(
            certificate_id, "issue",
            certificateType="Production" if production else "Consumption",
            gridArea=people.AREA, periodStart="2026-01-01T00:00:00.000Z",
            periodEnd="2026-01-01T01:00:00.000Z", quantity=self.quantity, assetId="5713131",
            attributes=[{"key": "FuelCode", "value": "F01040100", "kind": "ClearText"},
                        {"key": "meter", "value": "Ærø № 7", "kind": "Hashed"}],
            sliceId=self.first_slice(certificate_id), owner=owner.name)  # fmt: skip

    def slice(self, certificate_id, *parts, owner=people.ALICE):
        """Of the first slice; `parts`: quantity and owner of each."""
        return self.order(
            certificate_id, "slice", sliceId=self.first_slice(certificate_id),
            quantity=self.quantity, owner=owner.name,
            parts=[{"sliceId": uid(certificate_id, "part", i), "quantity": quantity,
                    "owner": to.name} for i, (quantity, to) in enumerate(parts)])  # fmt: skip

    def transfer(self, certificate_id, to, owner=people.ALICE, slice_id=None, quantity=None):
        return self.order(certificate_id, "transfer",
                          sliceId=slice_id or self.first_slice(certificate_id),
                          quantity=quantity or self.quantity, owner=owner.name,
                          newOwner=to.name)  # fmt: skip

    def allocate(self, certificate_id, own, other, quantity, owner=people.ALICE):
        production = certificate_id == self.production
        return self.order(
            certificate_id, "allocate", allocationId=self.allocation,
            certificateType="Production" if production else "Consumption", gridArea=people.AREA,
            sliceId=own, quantity=quantity, owner=owner.name,
            counterpartCertificateId=self.consumption if production else self.production,
            counterpartRegistry="narnia", counterpartSliceId=other)  # fmt: skip

    def claim(self, certificate_id, slice_id, quantity, kind="claim", owner=people.ALICE):
        production = certificate_id == self.production
        return self.order(
            certificate_id, kind, allocationId=self.allocation, sliceId=slice_id,
            quantity=quantity, owner=owner.name,
            counterpartCertificateId=self.consumption if production else self.production)

    def withdraw(self, certificate_id):
        return self.order(certificate_id, "withdraw", gridArea=people.AREA, reason="a mistake")

    def whole(self):
        """Every operation, in an order that a registry executes."""
        part = uid(self.production, "part", 0)
        half = self.quantity // 2
        own, counter = (self.production, part), (self.consumption,
                                                 self.first_slice(self.consumption))
        consumption = Life(self.name, half)  # of half the quantity
        issue_consumption = consumption.issue(self.consumption)
        issue_consumption["submissionId"] = uid(self.name, "consumption", "issue")
        return [
            self.issue(self.production),
            issue_consumption,
            self.slice(self.production, (half, people.ALICE), (self.quantity - half, people.ALICE)),
            self.transfer(self.production, people.CAROL,
                          slice_id=uid(self.production, "part", 1), quantity=self.quantity - half),
            self.allocate(*own, counter[1], half),
            self.allocate(*counter, own[1], half),
            self.claim(*own, half),
            self.claim(*counter, half),
            self.withdraw(self.consumption),
            self.claim(*own, half, kind="unclaim"),
        ]  # fmt: skip


# --- What must come of an order. ---


def kind_of(order):
    return next(kind for kind, operation in order["operation"].items() if operation)


def stream(certificate_id):
    return {"registry": OWN_NAME, "stream_id": {"value": certificate_id}}


def seconds(text):
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.000Z")
    return {"seconds": int(moment.replace(tzinfo=timezone.utc).timestamp())}


def commitment(certificate_id, slice_id, quantity):
    return proofs.commit(quantity, proofs.blinding_of(people.SECRET, certificate_id, slice_id))


def name_of(certificate_id, slice_id, quantity):
    return proofs.slice_hash(commitment(certificate_id, slice_id, quantity)).hex()


def attribute(certificate_id, given):
    if given["kind"] == "ClearText":
        return {"key": given["key"], "value": given["value"]}
    hashed = hashlib.sha256(f"{certificate_id}/{given['value']}".encode()).hexdigest()
    return {"key": given["key"], "value": hashed, "type": 1}


def issued(certificate_id, it):
    return {
        "certificate_id": stream(certificate_id),
        "type": PRODUCTION if it["certificateType"] == "Production" else CONSUMPTION,
        "period": {"start": seconds(it["periodStart"]), "end": seconds(it["periodEnd"])},
        "grid_area": it["gridArea"],
        "quantity_commitment": {
            "content": commitment(certificate_id, it["sliceId"], it["quantity"]).hex()},
        "owner_public_key": people.key_of(people.OWNERS[it["owner"]]),
        "attributes": [attribute(certificate_id, given) for given in it["attributes"]],
    }  # fmt: skip


def sliced(certificate_id, it):
    return {
        "certificate_id": stream(certificate_id),
        "source_slice_hash": name_of(certificate_id, it["sliceId"], it["quantity"]),
        "new_slices": [
            {"quantity": {
                "content": commitment(certificate_id, part["sliceId"], part["quantity"]).hex()},
             "new_owner": people.key_of(people.OWNERS[part["owner"]])} for part in it["parts"]],
    }  # fmt: skip


def transferred(certificate_id, it):
    return {
        "certificate_id": stream(certificate_id),
        "source_slice_hash": name_of(certificate_id, it["sliceId"], it["quantity"]),
        "new_owner": people.key_of(people.OWNERS[it["newOwner"]]),
    }


def sides(certificate_id, it):
    """Certificate and slice of the production, then of the consumption."""
    both = [(certificate_id, it["sliceId"]),
            (it["counterpartCertificateId"], it["counterpartSliceId"])]
    return both if it["certificateType"] == "Production" else both[::-1]


def allocated(certificate_id, it):
    production, consumption = sides(certificate_id, it)
    return {
        "allocation_id": {"value": it["allocationId"]},
        "production_certificate_id": stream(production[0]),
        "consumption_certificate_id": stream(consumption[0]),
        "production_source_slice_hash": name_of(*production, it["quantity"]),
        "consumption_source_slice_hash": name_of(*consumption, it["quantity"]),
    }


def claimed(certificate_id, it):
    return {"certificate_id": stream(certificate_id),
            "allocation_id": {"value": it["allocationId"]}}  # fmt: skip


def unclaimed(_, it):
    return {"allocation_id": {"value": it["allocationId"]}}


EVENTS = {
    "issue": ("IssuedEvent", issued), "slice": ("SlicedEvent", sliced),
    "transfer": ("TransferredEvent", transferred), "allocate": ("AllocatedEvent", allocated),
    "claim": ("ClaimedEvent", claimed), "unclaim": ("UnclaimedEvent", unclaimed),
    "withdraw": ("WithdrawnEvent", lambda *_: {}),
}  # fmt: skip


def event_of(order):
    """The event's name and value, without a proof."""
    kind = kind_of(order)
    name, make = EVENTS[kind]
    return name, make(order["certificateId"], order["operation"][kind])


def statement_of(order):
    """What is proven to be equal: label, left, right; and what the blindings differ by."""
    kind, certificate_id = kind_of(order), order["certificateId"]
    it = order["operation"][kind]
    secret = people.SECRET
    if kind == "slice":
        parts = [(certificate_id, part["sliceId"], part["quantity"]) for part in it["parts"]]
        source = (certificate_id, it["sliceId"], it["quantity"])
        between = sum(proofs.blinding_of(secret, *part[:2]) for part in parts)
        return (certificate_id, commitment(*source),
                proofs.total(commitment(*part) for part in parts),
                (proofs.blinding_of(secret, *source[:2]) - between) % proofs.L)  # fmt: skip
    if kind == "allocate":
        left, right = sides(certificate_id, it)
        return (it["allocationId"], commitment(*left, it["quantity"]),
                commitment(*right, it["quantity"]),
                (proofs.blinding_of(secret, *left) - proofs.blinding_of(secret, *right))
                % proofs.L)  # fmt: skip
    return None


PROOFS = {"slice": "sum_proof", "allocate": "equality_proof"}


def signer_of(order):
    it = order["operation"][kind_of(order)]
    return people.GRID if kind_of(order) in ("issue", "withdraw") else people.OWNERS[it["owner"]]


def signed(stream_value, name, payload, signer, nonce):
    """A transaction around an event's bytes."""
    header = contract.fill(contract.registry("TransactionHeader")(), {
        "federated_stream_id": stream_value,
        "payload_type": f"project_origin.electricity.v1.{name}",
        "payload_sha512": hashlib.sha512(payload).hexdigest(),
        "nonce": nonce,
    })  # fmt: skip
    transaction = contract.registry("Transaction")(payload=payload)
    transaction.header.CopyFrom(header)
    transaction.header_signature = signer.sign(header.SerializeToString())
    return transaction


def transaction_of(order, proof=None, *, signer=None, **changed):
    """The whole transaction of an order, as Python makes it; `proof`: that of its event, else one
    is made. Somebody else may sign, and fields of the event be others."""
    name, value = event_of(order)
    if kind_of(order) in PROOFS:
        made = proof or proofs.prove_equal(*statement_of(order), 12345)
        value[PROOFS[kind_of(order)]] = made.hex()
    payload = contract.fill(contract.event(name)(), {**value, **changed}).SerializeToString()
    return signed(stream(order["certificateId"]), name, payload, signer or signer_of(order),
                  order["submissionId"])  # fmt: skip

"""Commands as another team would make them."""

import time
import uuid


def metadata(command_id=None):
    return {
        "id": command_id or str(uuid.uuid4()),
        "timestamp": int(time.time() * 1000),
        "source": {"name": "flow", "version": "1.0.0"},
        "parentId": None,
        "correlationId": None,
        "channel": "kafka",
    }


def issue(certificate, **changes):
    """1,000 Wh of alice."""
    return {
        "metadata": metadata(),
        "certificateId": certificate,
        "requestedBy": "issuer-dk1",
        "expectedVersion": None,
        "claimId": None,
        "certificateType": "Production",
        "gridArea": "DK1",
        "periodStart": 1793534400000,
        "periodEnd": 1793538000000,
        "quantity": 1000,
        "owner": "alice",
        "registry": "narnia",
        "assetId": None,
        "attributes": [],
        **changes,
    }


def first_slice(command):
    """The id of the slice that an IssueCertificate makes."""
    name = command["metadata"]["id"] + "/slice/0"
    return str(uuid.uuid5(uuid.UUID(command["certificateId"]), name))


def transfer(certificate, slice_id, owner, new_owner, **changes):
    return {
        "metadata": metadata(),
        "certificateId": certificate,
        "requestedBy": owner,
        "expectedVersion": None,
        "claimId": None,
        "sliceId": slice_id,
        "newOwner": new_owner,
        **changes,
    }

"""Nothing was written and nobody joined: the flow's topics are empty, and it has no groups.

    untouched.py
"""

import flow

client = flow.admin()
names = client.list_topics(timeout=flow.ANSWER_S).topics
topics = [name[len(flow.PREFIX) :] for name in names if name.startswith(flow.PREFIX)]
flow.expect(topics, "there are topics")
ends = flow.end_offsets(client, topics, committed=False)
written = {place: end for place, end in ends.items() if end != 0}
flow.expect(not written, f"something was written: {written}")
listed = client.list_consumer_groups(request_timeout=flow.ANSWER_S).result().valid
groups = [one.group_id for one in listed if one.group_id.startswith(flow.PREFIX[:-1])]
flow.expect(not groups, f"there are groups: {groups}")

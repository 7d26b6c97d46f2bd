"""Makes both groups begin anew, and prints how much they had read: replay.py HOW APPLICATION.

HOW is delete (the group with all it knows) or reset (the offsets of the commands to 0). Both take a
group without members: one that was killed is waited for until its session is over.
"""

import sys

import confluent_kafka
import flow

COMMANDS = {"certificates": "certificates.commands", "registry-connector": "registry.commands"}


def committed(client, group, topic):
    """{partition: offset} of what the group has read."""
    wanted = confluent_kafka.ConsumerGroupTopicPartitions(
        group,
        [
            confluent_kafka.TopicPartition(flow.PREFIX + topic, partition)
            for partition in range(flow.PARTITIONS)
        ],
    )
    found = client.list_consumer_group_offsets([wanted])[group].result()
    return {place.partition: place.offset for place in found.topic_partitions if place.offset > 0}


def is_empty(client, group):
    state = client.describe_consumer_groups([group])[group].result().state
    return state == confluent_kafka.ConsumerGroupState.EMPTY


def main():
    how, application = sys.argv[1:]
    client = flow.admin()
    records = 0
    for processor, topic in COMMANDS.items():
        group = f"{application}.{processor}"
        flow.until(30, f"{group} has no members", lambda: is_empty(client, group))
        read = committed(client, group, topic)
        records += sum(read.values())
        if how == "delete":
            client.delete_consumer_groups([group])[group].result()
        else:
            zero = [
                confluent_kafka.TopicPartition(flow.PREFIX + topic, partition, 0)
                for partition in read
            ]
            wanted = confluent_kafka.ConsumerGroupTopicPartitions(group, zero)
            client.alter_consumer_group_offsets([wanted])[group].result()
    print(records)


main()

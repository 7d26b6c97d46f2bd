"""Who stands still: what a wait in vain says of the topics, and of the groups that read them.

A line for each topic, with what came since the wait began in each of its partitions, and behind it
how much of that is written and not committed (a transaction is open); a line for each processor,
with how much of its input each of its lanes has not yet done.
"""

import concurrent.futures
import os

import confluent_kafka
import flow
import moment

INPUTS = {"certificates": "certificates.commands", "registry-connector": "registry.commands"}
TOPICS = ["certificates.commands", *sum(moment.WRITES.values(), ())]


def ends():
    """{(topic, partition): end} of all; None: a broker does not answer, to be asked again."""
    try:
        return flow.end_offsets(flow.admin(), TOPICS, committed=False)
    except confluent_kafka.KafkaException:
        return None


def done(processor):
    """{partition: offset} up to which a processor's group has done its input."""
    topic = flow.PREFIX + INPUTS[processor]
    group = f"{os.environ['MILLRACE_APPLICATION']}.{processor}"
    places = [confluent_kafka.TopicPartition(topic, index) for index in range(flow.PARTITIONS)]
    wanted = [confluent_kafka.ConsumerGroupTopicPartitions(group, places)]
    asked = flow.admin().list_consumer_group_offsets(wanted, request_timeout=flow.ANSWER_S)
    answer = asked[group].result(flow.ANSWER_S).topic_partitions
    return {place.partition: max(place.offset, 0) for place in answer}


def of_topic(topic, begin, written, stable):
    def told(index):
        place = topic, index
        open_count = written[place] - stable[place]
        more = f" ({open_count} open)" if open_count > 0 else ""
        return f"+{written[place] - begin[place]}{more}"

    return f"{topic}: " + ", ".join(told(index) for index in range(flow.PARTITIONS))


def of_processor(processor, stable):
    at = done(processor)
    left = [str(stable[INPUTS[processor], index] - at[index]) for index in range(flow.PARTITIONS)]
    return f"{processor} has before it: " + ", ".join(left)


def lines(begin):
    """What is told, by partition, with the ends of then; what cannot be asked is told, too."""
    try:
        client = flow.admin()
        stable = flow.end_offsets(client, TOPICS, committed=True)
        written = flow.end_offsets(client, TOPICS, committed=False)
        told = [of_topic(topic, begin, written, stable) for topic in TOPICS]
        return told + [of_processor(processor, stable) for processor in INPUTS]
    except (confluent_kafka.KafkaException, concurrent.futures.TimeoutError) as error:
        return [f"Kafka does not say where it stands: {error!r}"]

"""Gives a topic of the flow a setting: topic_setting.py TOPIC NAME VALUE."""

import sys

import flow
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

topic, name, value = sys.argv[1:]
entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
client = flow.admin()
changed = client.incremental_alter_configs(
    [ConfigResource("topic", flow.PREFIX + topic, incremental_configs=[entry])]
)
for answer in changed.values():
    answer.result(flow.ANSWER_S)

"""Looks at the pages of running processes, as Prometheus and an orchestrator do.

watch.py DIRECTORY COMMAND [ARGUMENT...]; DIRECTORY has the processes' logs, NAME.log.
"""

import http.client
import json
import re
import sys
import time

import flow

DIRECTORY = ""
LIMIT_S = 30
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$')


def address(name):
    """Where a process said that it listens, the last time that it began."""
    with open(f"{DIRECTORY}/{name}.log", encoding="utf-8") as file:
        found = re.findall(r'pages are served.*"address":"([^"]+)"', file.read())
    return found[-1] if found else None


def ask(name, path, method="GET"):
    """Status, headers and body; None where nobody listens."""
    connection = http.client.HTTPConnection(address(name), timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    except ConnectionError:
        return None
    finally:
        connection.close()


def health(name, path="/readyz"):
    status, _, body = ask(name, path)
    return status, json.loads(body)


def scrape(name):
    """{(metric, labels as text): value} of /metrics, where each line is as it should be."""
    status, headers, body = ask(name, "/metrics")
    flow.expect(status == 200, f"/metrics: {status}")
    flow.expect("version=0.0.4" in headers["Content-Type"], headers["Content-Type"])
    samples, typed = {}, None
    for line in body.splitlines():
        if line.startswith("# TYPE "):
            typed = line.split()[2]
        elif not line.startswith("# HELP "):
            found = SAMPLE.match(line)
            flow.expect(found and found[1].startswith(typed), f"no sample of {typed}: {line}")
            key = (found[1], found[2] or "")
            flow.expect(key not in samples, f"told twice: {line}")
            samples[key] = float(found[3])
    return samples


def value(name, metric, *labels):
    """The sum of a metric's samples that have all these labels."""
    found = [
        number
        for (of, its), number in scrape(name).items()
        if of == metric and all(label in its for label in labels)
    ]
    flow.expect(found, f"{name} does not export {metric} with {labels}")
    return sum(found)


def wait_for(name, wanted, metric, *labels):
    what = f"{metric} {labels} of {name} to be {wanted}"
    flow.until(LIMIT_S, what, lambda: value(name, metric, *labels) == wanted)


# --- Commands ---


def ready(*names):
    for name in names:
        flow.until(LIMIT_S, f"{name} listens", lambda name=name: address(name) is not None)
        flow.until(LIMIT_S, f"{name} is ready", lambda name=name: health(name)[0] == 200)
        status, report = health(name)
        flow.expect(report["status"] == "ready" and report["reasons"] == [], report)
        flow.expect([p["partitions"] for p in report["processors"]] == [flow.PARTITIONS], report)
        status, report = health(name, "/livez")
        flow.expect(status == 200 and report == {"status": "alive", "reasons": []}, report)
        wait_for(name, flow.PARTITIONS, "millrace_lanes", 'state="working"')
        wait_for(name, 1, "millrace_ready")


def misbehave():
    """A record that is no message of ours, from somebody who may write commands."""
    write("certificates.commands", None, b"in plain text")


def write(topic, partition, value):
    producer = flow.producer()
    place = {} if partition is None else {"partition": partition}
    producer.produce(flow.PREFIX + topic, value, b"k", **place)
    flow.expect(producer.flush(10) == 0, f"{topic} takes no record")


def counted():
    """One certificate issued, a transfer of which nobody knows the outcome, a dead letter."""
    issue = 'type="certificates.commands.IssueCertificate"'
    transfer = 'type="certificates.commands.TransferSlice"'
    wait_for("certificates", 1, "millrace_commands_total", issue, 'verdict="Applied"')
    wait_for("certificates", 1, "millrace_commands_total", transfer, 'verdict="Unknown"')
    wait_for("certificates", 1, "millrace_command_duration_seconds_count")
    wait_for("certificates", 1, "millrace_dead_letters_total", "not-confluent-framed")
    wait_for("certificates", 0, "millrace_lag_records", 'topic="certificates.commands"')
    requests = "millrace_registry_requests_total"
    wait_for("connector", 1, requests, 'operation="issue"', 'verdict="succeeded"')
    wait_for("connector", 1, requests, 'operation="transfer"', 'verdict="unknown"')
    wait_for("connector", 2, "millrace_registry_request_duration_seconds_count")
    wait_for("connector", 1, "millrace_submissions_open")
    wait_for("connector", 1, "millrace_submissions_unknown")
    age = value("connector", "millrace_submissions_unknown_oldest_seconds")
    flow.expect(0 < age < 60, f"unknown for {age} s")
    for name in ("certificates", "connector"):
        committed = value(name, "millrace_transactions_total", 'result="committed"')
        flow.expect(committed > 1, f"{name} has committed {committed} transactions")
    flow.until(
        LIMIT_S,
        "librdkafka's statistics tell of the records that were read",
        lambda: any(m == "rdkafka_topic_rx_messages_total" and n > 0
                    for (m, _), n in scrape("certificates").items()),
    )


def rules_and_board():
    """Every metric that a rule or the board names is exported by somebody."""
    with open("docker/prometheus/alerts.yaml", encoding="utf-8") as file:
        text = file.read()
    with open("docker/grafana/millrace.json", encoding="utf-8") as file:
        text += file.read()
    named = set(re.findall(r"\b(?:millrace|rdkafka|process)_[a-z_]+\b(?=[\[{)\s])", text))
    exported = {metric for name in ("certificates", "connector") for metric, _ in scrape(name)}
    flow.expect(len(named) > 20, f"too few are named: {named}")
    flow.expect(named <= exported, f"not exported: {sorted(named - exported)}")


def manners(name):
    status, headers, body = ask(name, "/metrics", "HEAD")
    flow.expect(status == 200 and body == "" and int(headers["Content-Length"]) > 1000, "HEAD")
    for method, path, wanted in (
        ("GET", "/", 404),
        ("GET", "/metrics/", 404),
        ("POST", "/metrics", 405),
        ("DELETE", "/readyz", 405),
    ):
        flow.expect(ask(name, path, method)[0] == wanted, f"{method} {path} is not {wanted}")


def fill():
    """Much to restore: the last record of a changelog again and again."""
    record = flow.read("certificates.state")[-1]
    producer = flow.producer()
    for _ in range(200000):
        while True:
            try:
                producer.produce(
                    flow.PREFIX + record.topic, record.value, record.key, record.partition,
                    headers=record.headers,
                )
                break
            except BufferError:  # as many as it holds wait for the broker
                producer.poll(1)
    flow.expect(producer.flush(60) == 0, "the changelog takes no more")


def restoring(name):
    """Asked again and again, it tells of the restore before it is ready."""
    reasons, remaining = [], set()
    deadline = time.monotonic() + LIMIT_S
    while True:
        flow.expect(time.monotonic() < deadline, f"{name} is not ready: {reasons[-3:]}")
        answer = ask(name, "/readyz")
        if answer is None:
            continue  # it does not listen yet
        status, report = answer[0], json.loads(answer[2])
        if status == 200:
            break
        flow.expect(status == 503 and report["status"] == "not ready", report)
        reasons += report["reasons"]
        remaining |= {one["restore_remaining"] for one in report["processors"]}
    flow.expect(any("restoring, " in reason for reason in reasons), f"never told: {reasons}")
    flow.expect(len(remaining - {0}) > 1, f"no progress was told: {remaining}")
    flow.expect(health(name, "/livez")[0] == 200, "it is alive all the time")
    wait_for(name, 0, "millrace_restore_remaining_records")


def registry_down():
    flow.until(
        LIMIT_S,
        "a circuit is open",
        lambda: value("connector", "millrace_registry_circuits_open", 'registry="narnia"') > 0,
    )
    status, report = health("connector")
    flow.expect(status == 200, f"a registry that is down makes no process unready: {report}")
    flow.expect(report["registries"][0]["circuit"] == "open", report)
    wait_for("connector", 2, "millrace_submissions_open")


def break_lane():
    """A record that nobody can read, where only certificates writes."""
    write("registry.commands", 3, b"nonsense")
    wait_for("connector", 1, "millrace_lanes", 'state="stopped"')
    status, report = health("connector")
    flow.expect(status == 503, report)
    reasons = report["reasons"]
    flow.expect(
        len(reasons) == 1
        and reasons[0].startswith("registry-connector, partition 3: stopped: ")
        and "registry.commands partition 3 offset " in reasons[0],
        reasons,
    )
    flow.expect(health("connector", "/livez")[0] == 200, "it stands still on purpose")
    wait_for("connector", 0, "millrace_ready")
    flow.expect(health("certificates")[0] == 200, "others go on")


if __name__ == "__main__":
    DIRECTORY = sys.argv[1]
    globals()[sys.argv[2]](*sys.argv[3:])

# How the demo shows messages: one plain line each.

def short: sub(".*\\."; "");
def brief: .[0:8] + "…";

def why:
  if .reason == null then ""
  else " (" + .reason + (if .detail then ": " + .detail else "" end) + ")" end;

# What `millrace send` says of a command.
def command_line:
  "  → \(.type | short) \(.id | brief): \(.verdict // "no answer yet")\(why)";
def ten_line:
  "  → \(.type | short) \(.id | brief) on \(.certificateId | brief): " +
  "\(.verdict), version \(.version)";

# An event of `millrace tail`, without what all events have.
def event_line:
  "    event \(.type | short) " + (.message |
    del(.metadata, .certificateId, .commandId, .transactionId, .attributes, .assetId) |
    del(.. | nulls) | tojson);

# The last answer of each command, counted.
def count_answers:
  map(select(.message)) | group_by(.message.commandId) | map(.[-1].message.verdict) |
  "  applied:       \(map(select(. == "Applied")) | length)",
  "  refused:       \(map(select(. == "Rejected")) | length)";

def count_of(name): map(select(.type == "registry.events." + name)) | length;
def count_unknown:
  "  unknown:       \(count_of("SubmissionUnknown")) " +
  "(settled: \(count_of("SubmissionResolved")))";

package peer;

import certificates.answers.CommandAnswered;
import certificates.commands.IssueCertificate;
import certificates.state.CertificateModel;
import certificates.state.CertificateState;
import certificates.state.CertificateWork;
import certificates.state.CurrentSubmission;
import certificates.state.WaitingCommand;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import millrace.IssueOperation;
import millrace.Metadata;
import millrace.Operation;
import millrace.Reason;
import millrace.Source;
import millrace.Verdict;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import registry.commands.SubmitTransaction;

/** Commands in, one certificate at a time: dedupe, decide, and a transaction for the registry. */
final class Certificates implements Processor<String, byte[], String, SpecificRecord> {
    static final String STATES = "certificates";
    static final String ANSWERS = "answers";
    static final String TO_REGISTRY = "to-registry";
    static final String TO_ANSWERS = "to-answers";

    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final Source SOURCE = new Source("kafka-streams-peer", "1");
    private static final int WAITING_MAX = 64;

    private final AvroSerde<IssueCertificate> commands;
    private final Rules rules;
    private ProcessorContext<String, SpecificRecord> context;
    private KeyValueStore<String, CertificateState> states;
    private KeyValueStore<String, CommandAnswered> answers; // by certificate and command

    Certificates(AvroSerde<IssueCertificate> commands, Rules rules) {
        this.commands = commands;
        this.rules = rules;
    }

    @Override
    public void init(ProcessorContext<String, SpecificRecord> processorContext) {
        context = processorContext;
        states = context.getStateStore(STATES);
        answers = context.getStateStore(ANSWERS);
    }

    /** One command, on its way through. */
    private static final class Arrived {
        Record<String, byte[]> record;
        IssueCertificate command;
        UUID certificateId;
        UUID commandId;
        byte[] hash;
    }

    @Override
    public void process(Record<String, byte[]> record) {
        Arrived arrived = read(record);
        if (arrived == null) {
            return;
        }
        CertificateState state = states.get(record.key());
        if (state == null) {
            state = newState(arrived.certificateId);
        }
        CommandAnswered answered = answers.get(answerKey(arrived));
        if (answered != null) {
            repeat(arrived, answered);
        } else if (!isUnderWay(arrived, state)) {
            accept(arrived, state);
        }
    }

    private Arrived read(Record<String, byte[]> record) {
        try {
            Arrived arrived = new Arrived();
            arrived.record = record;
            arrived.command = commands.decode(record.value());
            arrived.certificateId = arrived.command.getCertificateId();
            arrived.commandId = arrived.command.getMetadata().getId();
            arrived.hash = Ids.sha256(record.value(), AvroSerde.FRAME_BYTES);
            if (!arrived.certificateId.toString().equals(record.key())) {
                throw new IllegalArgumentException("the key is not the certificate");
            }
            return arrived;
        } catch (RuntimeException error) {
            LOG.warn("{} cannot be read", context.recordMetadata().orElseThrow(), error);
            return null;
        }
    }

    // --- Was it seen? ---

    private static String answerKey(Arrived arrived) {
        return arrived.record.key() + arrived.commandId;
    }

    private void repeat(Arrived arrived, CommandAnswered answered) {
        if (ByteBuffer.wrap(arrived.hash).equals(answered.getPayloadHash())) {
            forward(arrived, TO_ANSWERS, answered, answered.getMetadata());
        } else {
            LOG.warn("{}: another command had this id", arrived.commandId);
        }
    }

    private static boolean isUnderWay(Arrived arrived, CertificateState state) {
        CurrentSubmission current = state.getWork().getCurrent();
        if (current != null && isSame(arrived, current.getCommand())) {
            return true;
        }
        return state.getWork().getWaiting().stream().anyMatch(waiting -> isSame(arrived, waiting));
    }

    private static boolean isSame(Arrived arrived, WaitingCommand command) {
        if (!command.getCommandId().equals(arrived.commandId)) {
            return false;
        }
        if (!command.getPayloadHash().equals(ByteBuffer.wrap(arrived.hash))) {
            LOG.warn("{}: another command had this id", arrived.commandId);
        }
        return true;
    }

    // --- What comes of it. ---

    private void accept(Arrived arrived, CertificateState state) {
        CertificateWork work = state.getWork();
        boolean idle = work.getCurrent() == null && state.getModel().getSuspension() == null;
        if (!idle || !work.getWaiting().isEmpty()) {
            if (work.getWaiting().size() >= WAITING_MAX) {
                reject(arrived, state, Reason.TooManyWaiting);
                return;
            }
            work.getWaiting().add(entry(arrived));
            states.put(arrived.record.key(), state);
            return;
        }
        Reason refusal = state.getModel().getIssued() != null
                ? Reason.AlreadyIssued : rules.refusal(arrived.command);
        if (refusal != null) {
            reject(arrived, state, refusal);
        } else {
            submit(arrived, state);
        }
    }

    private void submit(Arrived arrived, CertificateState state) {
        UUID submissionId = Ids.named(arrived.certificateId, arrived.commandId.toString());
        long sequence = state.getWork().getSequence() + 1;
        Operation operation = new Operation();
        operation.setIssue(issue(arrived));
        SubmitTransaction submit = new SubmitTransaction(
                child(arrived, "registry.commands.SubmitTransaction"), submissionId,
                arrived.certificateId, sequence, arrived.command.getRegistry(), operation);
        state.getWork().setSequence(sequence);
        state.getWork().setCurrent(
                new CurrentSubmission(entry(arrived), submissionId, sequence, false));
        states.put(arrived.record.key(), state);
        forward(arrived, TO_REGISTRY, submit, submit.getMetadata());
    }

    private static IssueOperation issue(Arrived arrived) {
        IssueCertificate command = arrived.command;
        return new IssueOperation(command.getCertificateType(), command.getGridArea(),
                command.getPeriodStart(), command.getPeriodEnd(), command.getQuantity(),
                command.getAssetId(), command.getAttributes(),
                Ids.named(arrived.certificateId, arrived.commandId + "/slice/0"),
                command.getOwner());
    }

    private void reject(Arrived arrived, CertificateState state, Reason reason) {
        CommandAnswered answer = new CommandAnswered(
                child(arrived, "certificates.answers.CommandAnswered"), arrived.commandId,
                arrived.certificateId, Verdict.Rejected, reason, null, List.of(),
                state.getModel().getVersion(), ByteBuffer.wrap(arrived.hash));
        answers.put(answerKey(arrived), answer);
        forward(arrived, TO_ANSWERS, answer, answer.getMetadata());
    }

    // --- What is written. ---

    private static CertificateState newState(UUID certificateId) {
        CertificateModel model = new CertificateModel(
                0L, null, false, null, new ArrayList<>(), new ArrayList<>());
        CertificateWork work = new CertificateWork(0L, null, new ArrayList<>(), false, 0L);
        return new CertificateState(1, certificateId, model, work);
    }

    private WaitingCommand entry(Arrived arrived) {
        byte[] value = arrived.record.value();
        ByteBuffer bytes = ByteBuffer.wrap(
                Arrays.copyOfRange(value, AvroSerde.FRAME_BYTES, value.length));
        List<certificates.state.Header> headers = new ArrayList<>();
        for (Header header : arrived.record.headers()) {
            headers.add(new certificates.state.Header(
                    header.key(), ByteBuffer.wrap(header.value())));
        }
        return new WaitingCommand(arrived.commandId, ByteBuffer.wrap(arrived.hash),
                "certificates.commands.IssueCertificate", AvroSerde.schemaId(value), bytes,
                context.recordMetadata().orElseThrow().offset(), headers);
    }

    private Metadata child(Arrived arrived, String type) {
        Metadata parent = arrived.command.getMetadata();
        boolean isRoot = parent.getCorrelationId() == null;
        UUID root = isRoot ? parent.getId() : parent.getCorrelationId();
        return new Metadata(
                Ids.named(arrived.certificateId, parent.getId() + "/" + type + "/0"),
                Instant.ofEpochMilli(context.currentSystemTimeMs()), SOURCE, parent.getId(), root,
                parent.getChannel());
    }

    private void forward(Arrived arrived, String to, SpecificRecord value, Metadata metadata) {
        Headers headers = new RecordHeaders();
        headers.add("ce_id", text(metadata.getId().toString()));
        headers.add("ce_type", text(value.getSchema().getFullName()));
        for (Header header : arrived.record.headers()) {
            headers.add(header);
        }
        long timestamp = context.currentSystemTimeMs();
        context.forward(new Record<>(arrived.record.key(), value, timestamp, headers), to);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

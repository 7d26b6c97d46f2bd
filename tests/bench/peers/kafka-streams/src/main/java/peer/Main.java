package peer;

import certificates.answers.CommandAnswered;
import certificates.commands.IssueCertificate;
import certificates.state.CertificateState;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import registry.commands.SubmitTransaction;

/** Runs until it is told to end; its settings are in the environment. */
public final class Main {
    private Main() {}

    private static String setting(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is not set");
        }
        return value;
    }

    public static void main(String[] arguments) throws InterruptedException {
        SchemaRegistry registry = new SchemaRegistry(setting("MILLRACE_SCHEMA_REGISTRY_URL"));
        KafkaStreams streams = new KafkaStreams(topology(registry), properties());
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(
                new Thread(() -> streams.close(Duration.ofSeconds(30))));
        streams.start();
        ended.await();
        if (streams.state() == KafkaStreams.State.ERROR) {
            System.exit(1);
        }
    }

    private static Topology topology(SchemaRegistry registry) {
        String prefix = setting("PEER_TOPICS_PREFIX");
        boolean onDisk = setting("PEER_STORE").equals("rocksdb");
        Rules rules = new Rules(Map.of("DK1", Set.of("issuer-dk1")), Set.of("narnia"));
        AvroSerde<IssueCertificate> commands = new AvroSerde<>(IssueCertificate.class, registry);
        AvroSerde<CertificateState> states = new AvroSerde<>(CertificateState.class, registry);
        AvroSerde<CommandAnswered> answers = new AvroSerde<>(CommandAnswered.class, registry);
        AvroSerde<SubmitTransaction> submits = new AvroSerde<>(SubmitTransaction.class, registry);
        Topology topology = new Topology();
        topology.addSource("commands", Serdes.String().deserializer(),
                Serdes.ByteArray().deserializer(), prefix + "certificates.commands");
        topology.addProcessor("decide", () -> new Certificates(commands, rules), "commands");
        topology.addStateStore(store(Certificates.STATES, states, onDisk), "decide");
        topology.addStateStore(store(Certificates.ANSWERS, answers, onDisk), "decide");
        topology.addSink(Certificates.TO_REGISTRY, prefix + "registry.commands",
                Serdes.String().serializer(), submits.serializer(), "decide");
        topology.addSink(Certificates.TO_ANSWERS, prefix + "certificates.answers",
                Serdes.String().serializer(), answers.serializer(), "decide");
        return topology;
    }

    private static <T extends SpecificRecordBase> StoreBuilder<?> store(
            String name, AvroSerde<T> serde, boolean onDisk) {
        KeyValueBytesStoreSupplier supplier = onDisk
                ? Stores.persistentKeyValueStore(name) : Stores.inMemoryKeyValueStore(name);
        return Stores.keyValueStoreBuilder(supplier, Serdes.String(), serde);
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, setting("PEER_APPLICATION"));
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG,
                setting("MILLRACE_KAFKA_BOOTSTRAP_SERVERS"));
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, setting("PEER_THREADS"));
        properties.put(StreamsConfig.STATE_DIR_CONFIG, setting("PEER_STATE_DIR"));
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedMemory.class);
        properties.put(BoundedMemory.MEMORY_MIB, setting("PEER_ROCKSDB_MIB"));
        // A certificate is seldom written twice within a commit.
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 * 1024);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG),
                "earliest");
        // A process that starts again takes over at once what it had.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
                "peer");
        return properties;
    }
}

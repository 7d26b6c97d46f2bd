package peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** Generated classes in Confluent's wire format: a zero, the schema's id, Avro. */
final class AvroSerde<T extends SpecificRecordBase> implements Serde<T> {
    static final int FRAME_BYTES = 5;
    private static final int USUAL_BYTES = 1024;

    /** What is kept from one record to the next; a serde serves all threads. */
    private final class Codec {
        final SpecificDatumWriter<T> writer = new SpecificDatumWriter<>(schema, data);
        final Map<Integer, SpecificDatumReader<T>> readers = new HashMap<>(); // by writer's schema
        final ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
        BinaryEncoder encoder;
        BinaryDecoder decoder;

        byte[] encode(T value) throws IOException {
            out.reset();
            out.write(frame, 0, FRAME_BYTES);
            encoder = EncoderFactory.get().binaryEncoder(out, encoder);
            writer.write(value, encoder);
            encoder.flush();
            return out.toByteArray();
        }

        T decode(byte[] bytes) throws IOException {
            if (bytes.length < FRAME_BYTES || bytes[0] != 0) {
                throw new SerializationException("not in Confluent's wire format");
            }
            int id = schemaId(bytes);
            SpecificDatumReader<T> reader = readers.get(id);
            if (reader == null) {
                reader = new SpecificDatumReader<>(registry.schemaOf(id), schema, data);
                readers.put(id, reader);
            }
            int length = bytes.length - FRAME_BYTES;
            decoder = DecoderFactory.get().binaryDecoder(bytes, FRAME_BYTES, length, decoder);
            return reader.read(null, decoder);
        }
    }

    private final SchemaRegistry registry;
    private final Schema schema;
    private final SpecificData data;
    private final byte[] frame;
    private final ThreadLocal<Codec> codecs = ThreadLocal.withInitial(Codec::new);

    AvroSerde(Class<T> type, SchemaRegistry registry) {
        this.registry = registry;
        this.data = SpecificData.getForClass(type);
        this.schema = data.getSchema(type);
        int id = registry.idOf(schema.getFullName());
        this.frame = ByteBuffer.allocate(FRAME_BYTES).put((byte) 0).putInt(id).array();
    }

    static int schemaId(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt(1);
    }

    T decode(byte[] bytes) {
        try {
            return bytes == null ? null : codecs.get().decode(bytes);
        } catch (IOException error) {
            throw new SerializationException(error);
        }
    }

    byte[] encode(T value) {
        try {
            return value == null ? null : codecs.get().encode(value);
        } catch (IOException error) {
            throw new SerializationException(error);
        }
    }

    @Override
    public Serializer<T> serializer() {
        return (topic, value) -> encode(value);
    }

    @Override
    public Deserializer<T> deserializer() {
        return (topic, bytes) -> decode(bytes);
    }
}

package peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;

/** A schema registry with Confluent's interface. Nothing is ever registered. */
final class SchemaRegistry {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String url;
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build();
    private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();

    SchemaRegistry(String url) {
        this.url = url;
    }

    /** The id of the schema that lies in schemas/, whose subject is its full name. */
    int idOf(String fullName) {
        String path = "/" + fullName.replace('.', '/') + ".avsc";
        try (InputStream file = SchemaRegistry.class.getResourceAsStream(path)) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            String body = JSON.createObjectNode().put("schema", text).toString();
            HttpRequest.Builder request = request("/subjects/" + fullName + "?normalize=true");
            request.header("content-type", "application/vnd.schemaregistry.v1+json");
            return ask(request.POST(HttpRequest.BodyPublishers.ofString(body))).get("id").asInt();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    Schema schemaOf(int id) {
        return schemas.computeIfAbsent(id, wanted -> {
            JsonNode answer = ask(request("/schemas/ids/" + wanted).GET());
            return new Schema.Parser().parse(answer.get("schema").asText());
        });
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(LIMIT);
    }

    private JsonNode ask(HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(
                        answer.uri() + ": " + answer.statusCode() + " " + answer.body());
            }
            return JSON.readTree(answer.body());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(error);
        }
    }
}

package peer;

import certificates.commands.IssueCertificate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import millrace.Attribute;
import millrace.Reason;

/** What an IssueCertificate must keep to. */
final class Rules {
    private static final Instant LAST_START = Instant.parse("9999-12-31T23:59:59Z");
    private static final Duration PERIOD_MIN = Duration.ofMinutes(1);
    private static final Duration PERIOD_MAX = Duration.ofHours(1);
    private static final long QUANTITY_MAX = 4_294_967_295L;
    private static final int ATTRIBUTES_MAX = 32;
    private static final int ATTRIBUTE_BYTES_MAX = 256;
    private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9_:.-]{1,128}");

    private final Map<String, Set<String>> issuers; // by grid area
    private final Set<String> registries;

    Rules(Map<String, Set<String>> issuers, Set<String> registries) {
        this.issuers = issuers;
        this.registries = registries;
    }

    /** Why it is refused; null: it is not. */
    Reason refusal(IssueCertificate command) {
        Set<String> allowed = issuers.getOrDefault(command.getGridArea(), Set.of());
        if (!allowed.contains(command.getRequestedBy())) {
            return Reason.NotIssuer;
        }
        if (!registries.contains(command.getRegistry())) {
            return Reason.UnknownRegistry;
        }
        if (!isPeriod(command.getPeriodStart(), command.getPeriodEnd())) {
            return Reason.InvalidPeriod;
        }
        if (command.getQuantity() < 1 || command.getQuantity() > QUANTITY_MAX) {
            return Reason.InvalidQuantity;
        }
        if (!OWNER.matcher(command.getOwner()).matches()) {
            return Reason.UnknownOwner;
        }
        return areAttributes(command.getAttributes()) ? null : Reason.TooLarge;
    }

    private static boolean isPeriod(Instant start, Instant end) {
        if (start.toEpochMilli() < 0 || start.isAfter(LAST_START)
                || start.getNano() != 0 || end.getNano() != 0) {
            return false;
        }
        Duration length = Duration.between(start, end);
        return length.compareTo(PERIOD_MIN) >= 0 && length.compareTo(PERIOD_MAX) <= 0;
    }

    private static boolean areAttributes(List<Attribute> attributes) {
        if (attributes.size() > ATTRIBUTES_MAX) {
            return false;
        }
        for (Attribute attribute : attributes) {
            if (bytes(attribute.getKey()) > ATTRIBUTE_BYTES_MAX
                    || bytes(attribute.getValue()) > ATTRIBUTE_BYTES_MAX) {
                return false;
            }
        }
        return true;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}

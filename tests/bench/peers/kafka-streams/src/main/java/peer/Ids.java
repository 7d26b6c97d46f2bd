package peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Ids that anyone can compute, and hashes. */
final class Ids {
    private static final ThreadLocal<MessageDigest> SHA_1 = digest("SHA-1");
    private static final ThreadLocal<MessageDigest> SHA_256 = digest("SHA-256");

    private Ids() {}

    private static ThreadLocal<MessageDigest> digest(String algorithm) {
        return ThreadLocal.withInitial(() -> {
            try {
                return MessageDigest.getInstance(algorithm);
            } catch (NoSuchAlgorithmException error) {
                throw new IllegalStateException(error);
            }
        });
    }

    /** UUIDv5 (RFC 9562). */
    static UUID named(UUID space, String name) {
        MessageDigest digest = SHA_1.get();
        digest.update(ByteBuffer.allocate(16)
                .putLong(space.getMostSignificantBits())
                .putLong(space.getLeastSignificantBits())
                .array());
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(name.getBytes(StandardCharsets.UTF_8)));
        long most = hash.getLong() & ~0xF000L | 0x5000L;
        long least = hash.getLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L;
        return new UUID(most, least);
    }

    static byte[] sha256(byte[] bytes, int from) {
        MessageDigest digest = SHA_256.get();
        digest.update(bytes, from, bytes.length - from);
        return digest.digest();
    }
}

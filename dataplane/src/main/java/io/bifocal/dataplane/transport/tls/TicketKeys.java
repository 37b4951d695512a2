package io.bifocal.dataplane.transport.tls;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import io.netty.handler.codec.quic.SslSessionTicketKey;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What sessions are sealed with that clients keep: the first key seals, all of them open. Proxies
 * with the same keys resume each other's sessions.
 *
 * <p>A key is configured with 16 bytes of name, 32 for HMAC and 32 for AES. Netty's library takes
 * 16 of each, so these are the first; Envoy, which uses all, cannot open what they seal.
 */
record TicketKeys(List<ByteString> keys) {
  private static final int CONFIGURED = 80;
  private static final int NAME = OpenSslSessionTicketKey.NAME_SIZE;
  private static final int HALF = 32;

  static final TicketKeys NONE = new TicketKeys(List.of());

  TicketKeys {
    keys = List.copyOf(keys);
  }

  /** Reads and checks, in Envoy's words. */
  static TicketKeys read(TlsSessionTicketKeys config) throws ConfigException {
    List<ByteString> keys = new ArrayList<>();
    for (DataSource source : config.getKeysList()) {
      ByteString key = DataSources.readWatched(source);
      if (key.size() != CONFIGURED) {
        throw new ConfigException(
            "Incorrect TLS session ticket key length. Length %d, expected length %d."
                .formatted(key.size(), CONFIGURED));
      }
      keys.add(key);
    }
    return new TicketKeys(keys);
  }

  /**
   * The same for those only that judge clients in one way: what another way of judging lets in must
   * open nothing here, since a client that resumes is not asked for its certificate again.
   */
  TicketKeys of(ByteString judging) {
    return new TicketKeys(keys.stream().map(key -> derived(key, judging)).toList());
  }

  private static ByteString derived(ByteString key, ByteString judging) {
    HashFunction mac = Hashing.hmacSha512(key.toByteArray());
    byte[] secrets = mac.hashBytes(judging.toByteArray()).asBytes();
    byte[] name = mac.hashBytes(secrets).asBytes();
    return ByteString.copyFrom(name, 0, NAME).concat(ByteString.copyFrom(secrets));
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  OpenSslSessionTicketKey[] ofLibrary() {
    return keys.stream()
        .map(
            key ->
                new OpenSslSessionTicketKey(
                    part(key, 0, NAME),
                    part(key, NAME, OpenSslSessionTicketKey.HMAC_KEY_SIZE),
                    part(key, NAME + HALF, OpenSslSessionTicketKey.AES_KEY_SIZE)))
        .toArray(OpenSslSessionTicketKey[]::new);
  }

  /** The same for QUIC, whose library has a type of its own. */
  SslSessionTicketKey[] ofQuic() {
    return Arrays.stream(ofLibrary())
        .map(key -> new SslSessionTicketKey(key.name(), key.hmacKey(), key.aesKey()))
        .toArray(SslSessionTicketKey[]::new);
  }

  private static byte[] part(ByteString key, int from, int length) {
    return key.substring(from, from + length).toByteArray();
  }

  @Override
  public String toString() { // without the keys
    return "TicketKeys[" + keys.size() + "]";
  }
}

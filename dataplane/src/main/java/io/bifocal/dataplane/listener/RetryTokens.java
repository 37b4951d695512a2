package io.bifocal.dataplane.listener;

import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The tokens by which clients prove that they are at their address, where they must: elsewhere they
 * are taken at their word. Confined to its loop.
 */
final class RetryTokens implements QuicTokenHandler {
  private static final Duration LIFE = Duration.ofSeconds(30);
  private static final String ALGORITHM = "HmacSHA256";
  private static final int TAG = 16;
  private static final int HEAD = TAG + Long.BYTES;

  private final Loop loop;
  private final Mac mac;

  /** Of a worker. */
  RetryTokens(Loop loop) {
    this.loop = loop;
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Who must bring one has been asked before. */
  @Override
  public boolean writeToken(ByteBuf out, ByteBuf id, InetSocketAddress address) {
    return false;
  }

  /** Writes one for a client. */
  void write(ByteBuf out, ByteBuf id, InetSocketAddress address) {
    byte[] original = bytes(id);
    long now = loop.nanoTime();
    out.writeBytes(tag(now, original, address)).writeLong(now).writeBytes(original);
  }

  @Override
  public int validateToken(ByteBuf token, InetSocketAddress address) {
    if (token.readableBytes() <= HEAD) {
      return -1;
    }
    byte[] tag = new byte[TAG];
    token.readBytes(tag);
    long at = token.readLong();
    boolean ours = MessageDigest.isEqual(tag, tag(at, bytes(token), address));
    return ours && loop.nanoTime() - at <= LIFE.toNanos() ? HEAD : -1;
  }

  @Override
  public int maxTokenLength() {
    return HEAD + Quic.MAX_CONN_ID_LEN;
  }

  private static byte[] bytes(ByteBuf of) {
    byte[] bytes = new byte[of.readableBytes()];
    of.getBytes(of.readerIndex(), bytes);
    return bytes;
  }

  private byte[] tag(long at, byte[] original, InetSocketAddress address) {
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      mac.update((byte) (at >>> shift));
    }
    mac.update((byte) (address.getPort() >>> Byte.SIZE));
    mac.update((byte) address.getPort());
    mac.update((byte) original.length);
    mac.update(original);
    mac.update(address.getAddress().getAddress());
    return Arrays.copyOf(mac.doFinal(), TAG);
  }
}

package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * As much of DER as it takes to put an old private key into a PKCS #8 envelope, and to read what
 * the JDK leaves unread of certificates.
 */
final class Der {
  static final int BOOLEAN = 0x01;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int NULL = 0x05;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int ENUMERATED = 0x0A;
  static final int BMP_STRING = 0x1E;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;
  static final int CONTEXT_0 = 0xA0;

  private Der() {}

  /** One value: what it is, and its content. */
  record Value(int tag, ByteString content) {}

  /** Encodes a value whose content is these, one after the other. */
  static byte[] encode(int tag, byte[]... content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int length = Arrays.stream(content).mapToInt(part -> part.length).sum();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = (32 - Integer.numberOfLeadingZeros(length) + 7) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    for (byte[] part : content) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /**
   * The values that stand one after the other.
   *
   * @throws IllegalArgumentException when that is not what they are
   */
  static List<Value> decode(byte[] bytes) {
    List<Value> values = new ArrayList<>();
    int at = 0;
    try {
      while (at < bytes.length) {
        int tag = bytes[at++] & 0xFF;
        int length = bytes[at++] & 0xFF;
        if (length > 0x80) {
          int count = length & 0x7F;
          length = 0;
          for (int i = 0; i < count; i++) {
            length = Math.addExact(Math.multiplyExact(length, 256), bytes[at++] & 0xFF);
          }
        }
        if (length > bytes.length - at) {
          throw new IllegalArgumentException("a DER value ends early");
        }
        values.add(new Value(tag, ByteString.copyFrom(bytes, at, length)));
        at += length;
      }
    } catch (ArrayIndexOutOfBoundsException | ArithmeticException e) {
      throw new IllegalArgumentException("a DER value is broken", e);
    }
    return values;
  }
}

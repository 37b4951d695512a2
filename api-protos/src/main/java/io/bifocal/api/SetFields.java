package io.bifocal.api;

import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;

/**
 * Which fields are set in a message, by what it writes: reflection would tell as well, but makes
 * the JVM load the classes of all fields that there could be, with all their methods, and keep
 * them. What is written is looked at and forgotten.
 */
public final class SetFields extends OutputStream {
  private enum Awaiting {
    TAG,
    VARINT,
    LENGTH
  }

  /** Envoy's numbers are below it; what is not known here may have any. */
  static final int NUMBERS = 1024;

  private final BitSet numbers = new BitSet();

  private Awaiting awaiting = Awaiting.TAG;
  private long varint;
  private int shift;

  /** Groups of unknown fields that are open: what is in them is not the message's own. */
  private int groups;

  /** Bytes of a value that are still to come. */
  private long skipped;

  private SetFields() {}

  /**
   * The numbers, below 1024, of the fields that are set in the message itself. A scalar that has
   * its default is not set, unless the field tells the two apart (a oneof's member).
   */
  public static BitSet of(Message message) {
    SetFields fields = new SetFields();
    try {
      message.writeTo(fields);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing here throws one
    }
    return fields.numbers;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int at = offset;
    while (at < end) {
      if (skipped > 0) {
        long some = Math.min(skipped, end - at);
        skipped -= some;
        at += (int) some;
      } else {
        take(bytes[at++]);
      }
    }
  }

  private void take(byte b) {
    varint |= (b & 0x7fL) << shift;
    shift += 7;
    if (b < 0) {
      return;
    }
    switch (awaiting) {
      case TAG -> tag((int) varint);
      case VARINT -> awaiting = Awaiting.TAG;
      case LENGTH -> {
        skipped = varint;
        awaiting = Awaiting.TAG;
      }
    }
    varint = 0;
    shift = 0;
  }

  private void tag(int tag) {
    int number = WireFormat.getTagFieldNumber(tag);
    if (groups == 0 && number < NUMBERS) {
      numbers.set(number);
    }
    switch (WireFormat.getTagWireType(tag)) {
      case WireFormat.WIRETYPE_VARINT -> awaiting = Awaiting.VARINT;
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> awaiting = Awaiting.LENGTH;
      case WireFormat.WIRETYPE_FIXED32 -> skipped = Integer.BYTES;
      case WireFormat.WIRETYPE_FIXED64 -> skipped = Long.BYTES;
      case WireFormat.WIRETYPE_START_GROUP -> groups++;
      case WireFormat.WIRETYPE_END_GROUP -> groups--;
      default -> throw new IllegalStateException("no message writes such a tag: " + tag);
    }
  }
}

package io.bifocal.dataplane.observe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A sink that remembers what it was given, and fails when told to. */
final class ScriptedSink implements Sink {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  boolean failing;
  boolean closed;
  int writes;

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    if (failing) {
      throw new IOException("No space left on device");
    }
    writes++;
    while (bytes.hasRemaining()) {
      written.write(bytes.get());
    }
  }

  String text() {
    return written.toString(UTF_8);
  }

  @Override
  public void close() {
    closed = true;
  }
}

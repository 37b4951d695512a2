package io.bifocal.dataplane.observe;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where written lines end up. */
interface Sink extends Closeable {
  /** Writes all of it. May block. */
  void write(ByteBuffer bytes) throws IOException;

  /** Opens what a path names. */
  @FunctionalInterface
  interface Opener {
    Sink open(String path) throws IOException;
  }

  /** Appends to files; the process's own streams are used, not opened again. */
  static Sink open(String path) throws IOException {
    return switch (path) {
      case "/dev/stdout" -> of(FileDescriptor.out);
      case "/dev/stderr" -> of(FileDescriptor.err);
      default ->
          of(
              FileChannel.open(
                  Path.of(path),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.APPEND),
              true);
    };
  }

  private static Sink of(FileDescriptor descriptor) {
    @SuppressWarnings("resource") // a standard stream is never closed
    FileChannel channel = new FileOutputStream(descriptor).getChannel();
    return of(channel, false);
  }

  private static Sink of(WritableByteChannel channel, boolean close) {
    return new Sink() {
      @Override
      public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }

      @Override
      public void close() throws IOException {
        if (close) {
          channel.close();
        }
      }
    };
  }
}

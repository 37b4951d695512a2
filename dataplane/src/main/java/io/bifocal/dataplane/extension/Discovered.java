package io.bifocal.dataplane.extension;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An extension whose configuration is discovered. Until there is one, and after it was removed, the
 * default holds, if there is any. Confined to the control loop, but for {@link #current}.
 *
 * @param <C> what a configuration becomes
 */
public final class Discovered<C> implements AutoCloseable {
  /** What whoever wants an extension makes of its configuration. */
  public interface Reader<C> {
    /** Whether there are extensions that are configured by this type. */
    boolean knows(String typeUrl);

    /**
     * Reads a configuration.
     *
     * @throws ConfigException when it cannot be taken
     */
    C read(Any config) throws ConfigException;

    /** Something that was read is not, or no longer, in force. */
    default void release(C read) {}
  }

  private final Reader<C> reader;
  private final TypeUrls types;
  private final @Nullable C otherwise;
  private final Consumer<Discovered<?>> onClose;
  private volatile @Nullable C current;
  private boolean closed;

  Discovered(
      Reader<C> reader, TypeUrls types, @Nullable C otherwise, Consumer<Discovered<?>> onClose) {
    this.reader = reader;
    this.types = types;
    this.otherwise = otherwise;
    this.onClose = onClose;
  }

  /** What holds now, or null while there is nothing; from any thread. */
  public @Nullable C current() {
    return current;
  }

  /** What a configuration becomes; nothing has changed yet. */
  C read(Any config) throws ConfigException {
    types.check(config.getTypeUrl());
    return reader.read(config);
  }

  @SuppressWarnings("unchecked") // what its own reader has read
  void apply(Object read) {
    replace((C) read);
  }

  void applyDefault() {
    replace(otherwise);
  }

  @SuppressWarnings("unchecked") // what its own reader has read
  void release(Object read) {
    reader.release((C) read);
  }

  private void replace(@Nullable C next) {
    C before = current;
    current = next;
    if (before != null && before != next && before != otherwise) {
      reader.release(before);
    }
  }

  /** Nobody wants it any more; harmless twice. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      onClose.accept(this);
      replace(null);
      if (otherwise != null) {
        reader.release(otherwise);
      }
    }
  }
}

package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.Subscription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A source that serves one subscription and fetches for it by itself, until it is closed. */
abstract sealed class SoleSource implements Source permits FileSource, RestSource {
  private @Nullable SoleSubscription<?> subscription;
  private boolean closed;

  final <T extends Message> Subscription serve(SoleSubscription<T> sole) {
    subscription = sole;
    return sole;
  }

  /** The subscription to fetch for; null when there is none, or none any more. */
  final @Nullable SoleSubscription<?> served() {
    return closed ? null : subscription;
  }

  @Override
  public final List<ResourceStatus> statuses() {
    return subscription == null ? List.of() : subscription.statuses();
  }

  @Override
  public final void close() {
    closed = true;
    stop();
    if (subscription != null) {
      subscription.close();
    }
  }

  /** Nothing is to be fetched any more. */
  abstract void stop();
}

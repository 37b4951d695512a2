package io.bifocal.api.json;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import org.jspecify.annotations.Nullable;

/** Durations and times as JSON writes them, with 0, 3, 6 or 9 digits after the point. */
final class TimeText {
  private TimeText() {}

  /** Null if the value is outside what the text can say. */
  static @Nullable String of(Message message) {
    if (message instanceof Duration duration && Durations.isValid(duration)) {
      return Durations.toString(duration);
    }
    if (message instanceof Timestamp time && Timestamps.isValid(time)) {
      return Timestamps.toString(time);
    }
    return null;
  }
}

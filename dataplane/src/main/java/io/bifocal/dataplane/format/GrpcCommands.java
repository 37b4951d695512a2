package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.bifocal.dataplane.stream.StreamInfo;

/** How a call ended; nothing of a request that is no call. */
final class GrpcCommands {
  static final Command NUMBER = Command.number(GrpcCommands::number);

  private GrpcCommands() {}

  /** {@code GRPC_STATUS(CAMEL_STRING|SNAKE_STRING|NUMBER)}. */
  static Command status(String format) throws ConfigException {
    return switch (format) {
      case "", "CAMEL_STRING" -> Command.text(stream -> text(stream, true));
      case "SNAKE_STRING" -> Command.text(stream -> text(stream, false));
      case "NUMBER" -> NUMBER;
      default ->
          throw new ConfigException(
              "GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER.");
    };
  }

  private static long number(StreamInfo stream) {
    return GrpcStatus.isCall(stream.requestHeaders) ? GrpcStatus.numberOf(stream) : -1;
  }

  private static String text(StreamInfo stream, boolean camel) {
    long number = number(stream);
    if (number < 0) {
      return "";
    }
    GrpcStatus status = GrpcStatus.of(number);
    if (status == null) {
      return Long.toString(number);
    }
    return camel ? status.camel() : status.name();
  }
}
